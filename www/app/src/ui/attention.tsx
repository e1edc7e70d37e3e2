import { listRequests, refuseRequest } from '../devices.ts';
import { useAction, useLoad } from '../hooks.ts';
import { showMoment } from '../model.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { isOpen, isReady, ownWill } from '../wills.ts';
import { FormError, Notice } from './fields.tsx';

const load = async (session: Session) => {
  const hasWill = session.vault.deals().some(({ kind }) => kind === 'will');
  const [requests, will] = await Promise.all([listRequests(), hasWill ? ownWill() : null]);
  return {
    claims: (will?.claims ?? []).filter(isOpen),
    own: requests.filter(({ kind, account }) => kind === 'trustees' && account === session.vault.account),
    others: requests.filter(({ account, answered }) => account !== session.vault.account && !answered),
  };
};

/** What cannot wait: somebody is about to open something of hers, or waits for her share. */
export function Attention({ session }: { session: Session }) {
  const { value, reload } = useLoad(() => load(session), [session]);
  const { busy, error, run } = useAction();
  if (!value) return null;
  const stop = (request: string): void => {
    run(async () => {
      await refuseRequest(request);
      reload();
    });
  };
  return (
    <>
      {value.claims.map((claim) => (
        <Notice kind="warning" key={claim.request}>
          <div class="attention" data-testid="claim-banner">
            <p>
              <strong>{claim.handle} has claimed your professional will.</strong>{' '}
              {isReady(claim)
                ? 'The wait is over: your executors can open it now.'
                : `From ${showMoment(new Date(claim.readyAt))} on your executors can open it.`}{' '}
              You are here, so cancel it unless you agreed.
            </p>
            <div class="actions">
              <button
                type="button"
                class="danger"
                data-testid="banner-cancel-claim"
                disabled={busy}
                onClick={() => stop(claim.request)}
              >
                Cancel this claim
              </button>
              <a href={link('account', 'will')}>Professional will</a>
            </div>
          </div>
        </Notice>
      ))}
      {value.own.map((row) => (
        <Notice kind="warning" key={row.request}>
          <div class="attention" data-testid="trustees-banner">
            <p>
              <strong>Somebody asks your trustees to open your account,</strong> since {showMoment(row.createdAt)}. If
              that was not you, stop it and tell your trustees.
            </p>
            <div class="actions">
              <button
                type="button"
                class="danger"
                data-testid="banner-stop-request"
                disabled={busy}
                onClick={() => stop(row.request)}
              >
                Stop it
              </button>
            </div>
          </div>
        </Notice>
      ))}
      {value.others.length > 0 && (
        <Notice>
          <p data-testid="asked-banner">
            {[...new Set(value.others.map(({ handle }) => handle))].join(', ')}: a request waits for your share.{' '}
            <a href={link('account', 'others')}>Look at it</a>
          </p>
        </Notice>
      )}
      <FormError text={error} />
    </>
  );
}
