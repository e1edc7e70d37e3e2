import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import {
  type Audit,
  type AuditRow,
  filtered,
  type Filter,
  type Mark,
  MARKS,
  NO_FILTER,
  readAudit,
} from '../../audit.ts';
import { useLoad, useSubscription } from '../../hooks.ts';
import { showDate, showMoment } from '../../model.ts';
import type { About } from '../../router.ts';
import type { Session } from '../../state.ts';
import { AuditExport } from '../../ui/audit-export.tsx';
import { AuditFilters } from '../../ui/audit-filters.tsx';
import { AuditDays } from '../../ui/audit-rows.tsx';
import { CrossReferences } from '../../ui/cross-references.tsx';
import { FormError, Loading } from '../../ui/fields.tsx';
import { CheckIcon } from '../../ui/icons.tsx';
import { MarkTag } from '../../ui/mark-tag.tsx';
import { ReaderCheck } from '../../ui/reader-check.tsx';

/** Rows that are on the page at first, and that each further step adds. */
const STEP = 200;

export function AuditSection({ session, about }: { session: Session; about: About | undefined }) {
  const { ledger } = session;
  const audit = useLoad(() => readAudit(session), [session.vault]);
  useSubscription(ledger.subscribe);
  return (
    <section class="stack audit" aria-labelledby="audit-heading">
      <div class="list-head">
        <h2 id="audit-heading">Audit</h2>
        <button
          type="button"
          class="no-print"
          data-testid="reload-audit"
          disabled={audit.loading}
          onClick={audit.reload}
        >
          {audit.loading ? 'Loading…' : 'Refresh'}
        </button>
      </div>
      <p class="aside">
        Your ledger: what was done with your records on any of your devices, each entry signed and chained to the one
        before, so that a server cannot remove or change one unnoticed. Only you can read it. What colleagues open
        stands in their ledgers, not in yours.
      </p>
      <FormError text={audit.error} />
      {!audit.value && audit.loading && <Loading />}
      {audit.value && <Ledger session={session} audit={audit.value} about={about} />}
    </section>
  );
}

function Ledger({ session, audit, about }: { session: Session; audit: Audit; about: About | undefined }) {
  const [filter, setFilter] = useState<Filter>(() => ({ ...NO_FILTER, ...(about && { [about.kind]: about.id }) }));
  const [limit, setLimit] = useState(STEP);
  const printing = useRef(false);
  const rows = useMemo(() => filtered(audit.rows, filter), [audit, filter]);
  const change = (next: Filter): void => {
    setFilter(next);
    setLimit(STEP);
  };
  const { pending } = session.ledger.vault.ledger;
  useEffect(() => {
    if (!printing.current) return;
    printing.current = false;
    print();
  }, [limit]);
  const printAll = (): void => {
    if (limit >= rows.length) print();
    else {
      printing.current = true;
      setLimit(rows.length);
    }
  };
  if (audit.rows.length === 0) {
    return (
      <div class="empty" data-testid="audit-empty">
        <h3>Nothing in your ledger yet</h3>
        <p>
          From the first client you add, everything you save, open, share, take back, export or print is listed here,
          with day, time and device. No text of a note is in it.
        </p>
      </div>
    );
  }
  return (
    <>
      <StandsOut rows={audit.rows} onShow={(mark) => change({ ...NO_FILTER, mark })} />
      <AuditFilters session={session} audit={audit} filter={filter} onChange={change} />
      <div class="audit-bar">
        <p role="status" data-testid="audit-count">
          {rows.length === audit.rows.length
            ? `${count(rows.length)}`
            : `${count(rows.length)} of ${audit.rows.length.toLocaleString()}`}
          {pending > 0 && <span class="muted"> · {pending} more wait for the server</span>}
        </p>
        <AuditExport session={session} audit={audit} rows={rows} filter={filter} onPrint={printAll} />
      </div>
      <p class="print-only">
        {session.handle}, printed {showMoment(new Date())}
        {filter.from && `, from ${showDate(filter.from)}`}
        {filter.to && `, to ${showDate(filter.to)}`}.
      </p>
      {rows.length === 0 ? (
        <div class="empty" data-testid="audit-nothing">
          <h3>Nothing fits these filters</h3>
          <p>Widen the dates, or choose another person, client or kind.</p>
          <div class="actions">
            <button type="button" data-testid="audit-clear-empty" onClick={() => change(NO_FILTER)}>
              Show everything
            </button>
          </div>
        </div>
      ) : (
        <AuditDays session={session} audit={audit} rows={rows.slice(0, limit)} />
      )}
      {rows.length > limit && (
        <div class="actions no-print">
          <button type="button" data-testid="audit-more" onClick={() => setLimit(limit + STEP)}>
            Show {Math.min(STEP, rows.length - limit)} older
          </button>
          <span class="muted">
            {limit} of {rows.length.toLocaleString()} shown
          </span>
        </div>
      )}
      <ReaderCheck session={session} people={audit.people} />
      <CrossReferences audit={audit} />
    </>
  );
}

const count = (rows: number): string => (rows === 1 ? '1 event' : `${rows.toLocaleString()} events`);

function StandsOut({ rows, onShow }: { rows: AuditRow[]; onShow: (mark: Mark) => void }) {
  const counts = useMemo(() => {
    const counts = new Map<Mark, number>();
    for (const { marks } of rows) for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1);
    return [...counts];
  }, [rows]);
  if (counts.length === 0) {
    return (
      <p class="health good no-print" data-testid="stands-out-none">
        <CheckIcon /> Nothing stands out: every record opened, every reader is verified, no new device.
      </p>
    );
  }
  return (
    <ul class="stands-out no-print" aria-label="What stands out" data-testid="stands-out">
      {counts.map(([mark, times]) => (
        <li key={mark} data-mark={mark}>
          <MarkTag mark={mark} />
          <strong>{times === 1 ? 'once' : `${times.toLocaleString()} times`}</strong>
          <p class="muted">{MARKS[mark].explain}</p>
          <button type="button" class="link" data-testid={`show-${mark}`} onClick={() => onShow(mark)}>
            Show<span class="visually-hidden"> events marked “{MARKS[mark].word}”</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
