import { useAction, useSubscription } from '../hooks.ts';
import { checkOwnKeyLog, type KeyLogProblem, keyLogProblem, onKeyLogChange } from '../own-key-log.ts';
import type { Session } from '../state.ts';
import { FormError, Notice } from './fields.tsx';
import { WarnIcon } from './icons.tsx';

const HEADING: Record<KeyLogProblem, string> = {
  rolled_back: 'The server shows an older list of your keys than your vault knows, or has gone back to an older vault.',
  forked: 'The server shows other keys for your account than your vault knows.',
};

/** Above every page: what others are shown as the keys of this account is not what its vault says. */
export function KeyLogBanner({ session }: { session: Session }) {
  useSubscription(onKeyLogChange);
  const { busy, error, run } = useAction();
  const problem = keyLogProblem(session.vault);
  if (!problem) return null;
  return (
    <div class="ledger-banner no-print" role="alert" data-testid="key-log-banner" data-why={problem}>
      <Notice kind="warning">
        <p>
          <WarnIcon /> <strong>{HEADING[problem]}</strong> That happens when a backup is restored. It is also how a
          server would hide that you made new keys, so that colleagues go on trusting stolen ones.
        </p>
        <p>
          Your notes open as before. Tell whoever runs the server, and call colleagues before they share something new
          with you.
        </p>
        <div class="actions">
          <button
            type="button"
            data-testid="check-key-log"
            disabled={busy}
            onClick={() => run(() => checkOwnKeyLog(session.vault))}
          >
            Look again
          </button>
        </div>
        <FormError text={error} />
      </Notice>
    </div>
  );
}
