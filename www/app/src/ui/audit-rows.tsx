import type { ComponentType } from 'preact';
import type { LedgerEventKind } from 'sealed-notes';
import { type Audit, type AuditRow, byDay, deviceName, say, sayRecord } from '../audit.ts';
import { clientName } from '../clients.ts';
import { showDate } from '../model.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import {
  CheckIcon,
  CrossIcon,
  EyeIcon,
  ListIcon,
  LockIcon,
  PaperIcon,
  PenIcon,
  PeopleIcon,
  ServerIcon,
  ShareIcon,
} from './icons.tsx';
import { MarkTag } from './mark-tag.tsx';

const ICONS: Record<LedgerEventKind, ComponentType> = {
  put: PenIcon,
  granted: PeopleIcon,
  revoked: LockIcon,
  opened: EyeIcon,
  'opened-shared': EyeIcon,
  'open-failed': CrossIcon,
  listed: ListIcon,
  exported: ShareIcon,
  printed: PaperIcon,
  'keys-rotated': LockIcon,
  verified: CheckIcon,
  'rollback-accepted': ServerIcon,
};

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

interface RowsProps {
  session: Session;
  audit: Audit;
  rows: AuditRow[];
}

/** Newest first, day by day. */
export const AuditDays = ({ session, audit, rows }: RowsProps) => (
  <div class="audit-days" data-testid="audit-list">
    {byDay(rows).map(({ day, rows }) => (
      <section key={day} class="audit-day" aria-label={showDate(day)}>
        <h3>{showDate(day)}</h3>
        <ol class="list">
          {rows.map((row) => (
            <Row key={row.key} session={session} audit={audit} row={row} />
          ))}
        </ol>
      </section>
    ))}
  </div>
);

function Row({ session, audit, row }: { session: Session; audit: Audit; row: AuditRow }) {
  const Icon = ICONS[row.kind];
  const record = sayRecord(row, session);
  const href = linkOf(row, session);
  return (
    <li
      class={row.marks.length > 0 ? 'audit-row marked' : 'audit-row'}
      data-testid="audit-row"
      data-kind={row.kind}
      data-entry={row.sequence}
    >
      <time dateTime={row.at.toISOString()} class="muted">
        {time.format(row.at)}
      </time>
      <div class="audit-what">
        <p>
          <Icon /> <span>{say(row, audit.people)}</span>
        </p>
        {record && <p class="audit-record">{href ? <a href={href}>{record}</a> : record}</p>}
        {row.marks.length > 0 && (
          <p class="audit-marks">
            {row.marks.map((mark) => (
              <MarkTag key={mark} mark={mark} />
            ))}
          </p>
        )}
      </div>
      <p class="muted audit-device">
        {deviceName(row, audit.devices)} · entry {row.sequence}
      </p>
    </li>
  );
}

/** Where it can be looked at, if it can. */
function linkOf({ kind, record, client }: AuditRow, { vault }: Session): string | undefined {
  if (!record) return undefined;
  if (kind === 'opened-shared') return link('shared', record);
  if (!client || !clientName(vault, client)) return undefined;
  return record === client ? link('clients', client) : link('clients', client, record);
}
