import { useState } from 'preact/hooks';
import { type Audit, type AuditRow, type Filter, toCsv } from '../audit.ts';
import { fromBase64, get } from '../api.ts';
import { useAction } from '../hooks.ts';
import { today } from '../model.ts';
import type { Session } from '../state.ts';
import { Dialog } from './dialog.tsx';
import { download } from './download.ts';
import { FormError, Notice } from './fields.tsx';

interface ExportProps {
  session: Session;
  audit: Audit;
  /** What the filters let through. */
  rows: AuditRow[];
  filter: Filter;
  onPrint: () => void;
}

export function AuditExport({ session, audit, rows, filter, onPrint }: ExportProps) {
  const [open, setOpen] = useState(false);
  return (
    <div class="actions no-print">
      <button type="button" data-testid="audit-export" onClick={() => setOpen(true)}>
        Export…
      </button>
      <button type="button" class="quiet" data-testid="audit-print" disabled={rows.length === 0} onClick={onPrint}>
        Print
      </button>
      {open && (
        <ExportDialog session={session} audit={audit} rows={rows} filter={filter} onClose={() => setOpen(false)} />
      )}
    </div>
  );
}

const dayAfter = (date: string): Date => {
  const next = new Date(`${date}T00:00:00`);
  next.setDate(next.getDate() + 1);
  return next;
};

function ExportDialog({
  session,
  audit,
  rows,
  filter,
  onClose,
}: Omit<ExportProps, 'onPrint'> & { onClose: () => void }) {
  const { busy, error, run } = useAction();
  const [done, setDone] = useState('');
  const { from, to } = filter;
  const csv = (): Promise<void> =>
    run(async () => {
      await session.ledger.note({ kind: 'exported', detail: 'audit-csv' });
      download(`sealed-notes-audit-${today()}.csv`, toCsv(rows, audit, session), 'text/csv;charset=utf-8');
      setDone('The CSV file is in your downloads.');
    });
  const bundle = (): Promise<void> =>
    run(async () => {
      const { ledger, vault } = session;
      // Its own export is in it, where the server can be reached.
      await ledger.note({ kind: 'exported', detail: 'audit-bundle' });
      await ledger.flush().catch(() => undefined);
      const { keyLog } = await get<{ keyLog: string[] }>(`/accounts/by-id/${vault.account}/keys`);
      const bytes = await ledger.export(
        keyLog.map(fromBase64),
        from ? new Date(`${from}T00:00:00`) : undefined,
        to ? dayAfter(to) : undefined,
      );
      download(bundleName(), bytes, 'application/octet-stream');
      setDone('The bundle is in your downloads.');
    });
  const dates = from || to ? ` from ${from || 'the beginning'} to ${to || 'today'}` : '';
  return (
    <Dialog title="Export" testId="export-dialog" onClose={onClose}>
      <section class="stack">
        <h3>For a spreadsheet</h3>
        <p>
          {rows.length === 1 ? 'The 1 event' : `The ${rows.length.toLocaleString()} events`} that the filters let
          through, as CSV. No text of a note is in it.
        </p>
        <Notice kind="warning">
          <p>The file is not sealed and names clients and colleagues. Keep it as you keep the chart.</p>
        </Notice>
        <div class="actions">
          <button type="button" data-testid="export-csv" disabled={busy || rows.length === 0} onClick={csv}>
            Save as CSV
          </button>
        </div>
      </section>
      <section class="stack">
        <h3>For an auditor</h3>
        <p>
          The whole signed chain, and what happened{dates} in the open: ids, kinds and times, no names and no text. The
          dates apply; the other filters do not, since a chain with gaps proves nothing.
        </p>
        <p>
          Whoever has it checks it offline and without any key: that every entry is signed by your account, that none is
          missing or changed.
        </p>
        <pre class="code" data-testid="verify-command" tabIndex={0}>
          cargo run -p verify-ledger -- {bundleName()}
        </pre>
        <div class="actions">
          <button type="button" data-testid="export-bundle" disabled={busy} onClick={bundle}>
            Save the bundle
          </button>
        </div>
      </section>
      <FormError text={error} />
      <p class="status" role="status" data-testid="export-done">
        {done}
      </p>
    </Dialog>
  );
}

const bundleName = (): string => `sealed-notes-ledger-${today()}.bundle`;
