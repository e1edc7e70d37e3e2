import { useState } from 'preact/hooks';
import type { Audit } from '../audit.ts';
import { clientName } from '../clients.ts';
import { useAction } from '../hooks.ts';
import { checkReaders, type UnexpectedReader } from '../reader-check.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { FormError } from './fields.tsx';
import { CheckIcon, WarnIcon } from './icons.tsx';

/** Asks the server who can read each note, and compares that with the ledger. */
export function ReaderCheck({ session, people }: { session: Session; people: Audit['people'] }) {
  const [found, setFound] = useState<UnexpectedReader[]>();
  const [progress, setProgress] = useState('');
  const { busy, error, run } = useAction();
  const check = (): Promise<void> =>
    run(async () => {
      const handleOf = (account: string): string => people.get(account)?.handle ?? 'somebody';
      setFound(await checkReaders(session, handleOf, (done, all) => setProgress(`${done} of ${all} progress notes`)));
    });
  return (
    <section class="card stack no-print" aria-labelledby="reader-check-heading">
      <h3 id="reader-check-heading">Are there readers that you did not choose?</h3>
      <p>
        Asks the server for the readers of every progress note, and compares them with the grants and revocations in
        your ledger.
      </p>
      <div class="actions">
        <button type="button" data-testid="check-readers" disabled={busy} onClick={check}>
          Compare all readers
        </button>
        <span role="status" class="muted" data-testid="check-progress">
          {progress}
        </span>
      </div>
      <FormError text={error} />
      {found?.length === 0 && (
        <p class="verified" data-testid="readers-fine">
          <CheckIcon /> The server lists exactly the readers that your ledger names.
        </p>
      )}
      {found && found.length > 0 && (
        <ul class="findings" data-testid="unexpected-readers">
          {found.map(({ record, client, account, handle, problem }) => (
            <li key={`${record} ${account}`} data-problem={problem}>
              <p>
                <WarnIcon />{' '}
                <strong>
                  {problem === 'unexplained'
                    ? `${handle} can read a note, and no entry of your ledger says so.`
                    : `Your ledger says that ${handle} can read a note; the server does not list it.`}
                </strong>
              </p>
              {client && (
                <p>
                  <a href={link('clients', client, record)}>
                    Progress note, {clientName(session.vault, client) ?? 'a client'}
                  </a>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
