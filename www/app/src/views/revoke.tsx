import { useState } from 'preact/hooks';
import type { NoteEditor } from '../editor.ts';
import { useAction } from '../hooks.ts';
import { showMoment } from '../model.ts';
import { type ReaderRow, revoke } from '../sharing.ts';
import type { Session } from '../state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { CopyButton, FormError } from '../ui/fields.tsx';
import { showVersions } from './readers.tsx';

interface RevokeProps {
  session: Session;
  editor: NoteEditor;
  reader: ReaderRow;
  rows: ReaderRow[];
  onRevoked: () => void;
  onClose: () => void;
}

interface Line {
  name: string;
  value: string;
  testId?: string;
}

export function RevokeDialog({ session, editor, reader, rows, onRevoked, onClose }: RevokeProps) {
  const [receipt, setReceipt] = useState<Line[]>();
  const { busy, error, run } = useAction();
  const confirm = (): void => {
    run(async () => {
      if (!editor.head) return;
      const { record, bytes } = editor.head;
      const done = await revoke(session, record, bytes, reader.account, rows);
      setReceipt([
        { name: 'Record', value: done.receipt.record },
        { name: 'Revoked for', value: `${reader.handle} (account ${reader.account})` },
        ...(reader.person ? [{ name: 'Fingerprint', value: reader.person.identity.fingerprint }] : []),
        {
          name: 'Revoked at',
          value: `${showMoment(done.receipt.revokedAt)} (${done.receipt.revokedAt.toISOString()})`,
        },
        {
          name: 'Versions they could already have read',
          value: done.receipt.versions.join(', ') || 'none',
          testId: 'receipt-versions',
        },
        { name: 'Replaced by version', value: String(done.receipt.replacedBy), testId: 'receipt-replaced-by' },
      ]);
      await editor.rebase(done);
      onRevoked();
    });
  };
  return (
    <Dialog
      title={receipt ? 'Receipt of revocation' : `Revoke ${reader.handle}?`}
      testId="revoke-dialog"
      onClose={onClose}
    >
      {receipt ? (
        <ReceiptView lines={receipt} />
      ) : (
        <div class="stack">
          <div class="pair">
            <section class="card">
              <h3>What it does</h3>
              <p>
                The note becomes a new version under fresh keys. {reader.handle} gets no key for it or for anything you
                save later, and the server stops serving them every version.
              </p>
            </section>
            <section class="card">
              <h3>What it cannot do</h3>
              <p>
                {reader.handle} could read {showVersions(reader.versions)} until now, and may have kept a copy. Nothing
                can take back what was read.
              </p>
            </section>
          </div>
          <FormError text={error} />
          <div class="actions">
            <button type="button" class="danger" data-testid="confirm-revoke" disabled={busy} onClick={confirm}>
              Revoke
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function ReceiptView({ lines }: { lines: Line[] }) {
  const text = (): string =>
    ['Sealed Notes: receipt of revocation', ...lines.map(({ name, value }) => `${name}: ${value}`)].join('\n');
  return (
    <section class="stack receipt" aria-label="Receipt" data-testid="receipt">
      <dl>
        {lines.map(({ name, value, testId }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd data-testid={testId}>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="actions no-print">
        <CopyButton label="Copy" testId="copy-receipt" text={text} />
        <button type="button" data-testid="print-receipt" onClick={() => print()}>
          Print
        </button>
      </div>
    </section>
  );
}
