import { useState } from 'preact/hooks';
import { useAction, useLoad } from '../../hooks.ts';
import { distrust, normalHandle, type Person, personByAccount, personByHandle } from '../../people.ts';
import type { Session } from '../../state.ts';
import { ConfirmButton } from '../../ui/confirm.tsx';
import { FormError, Loading, TextField } from '../../ui/fields.tsx';
import { StandingTag, KeysDialog, VerifyPerson } from '../../ui/standing.tsx';

interface Trusted {
  account: string;
  /** None where the server has no valid keys for it. */
  practice: Person | undefined;
}

const load = async ({ vault }: Session): Promise<Trusted[]> => {
  const accounts = vault.trust.list().flatMap(({ account, as }) => (as === 'practice' ? account : []));
  return Promise.all(
    accounts.map(async (account) => ({
      account,
      practice: await personByAccount(vault, account).catch(() => undefined),
    })),
  );
};

const vouchesFor = ({ identity }: Person): string => {
  const now = new Date();
  const count = identity.members.filter(({ until, expires }) => !until && (!expires || expires > now)).length;
  return count === 1 ? 'Vouches for 1 person' : `Vouches for ${count} people`;
};

/** Practices whose fingerprint was compared: whom they endorse is verified. */
export function TrustedPractices({ session }: { session: Session }) {
  const trusted = useLoad(() => load(session), [session.vault]);
  const [adding, setAdding] = useState(false);
  const [deciding, setDeciding] = useState<Person>();
  const settled = (): void => {
    setDeciding(undefined);
    setAdding(false);
    trusted.reload();
  };
  return (
    <section class="card stack" aria-labelledby="trusted-heading" data-testid="trusted-practices">
      <h2 id="trusted-heading">Practices you trust</h2>
      <p>Compare a practice's fingerprint once, and everybody it vouches for is verified, as long as it does.</p>
      <FormError text={trusted.error} />
      {trusted.loading && !trusted.value && <Loading />}
      {trusted.value && trusted.value.length > 0 && (
        <ul class="members">
          {trusted.value.map(({ account, practice }) => (
            <li key={account} data-testid="trusted-practice">
              <div class="stack tight">
                <p>
                  <strong>{practice?.handle ?? `Account ${account.slice(0, 8)}…`}</strong>
                </p>
                {practice && <p class="muted">{vouchesFor(practice)}</p>}
                {practice ? (
                  <p>
                    <StandingTag person={practice} />
                  </p>
                ) : (
                  <p class="warn">The server's keys for it are not valid.</p>
                )}
              </div>
              <div class="actions">
                {practice && !practice.verified && (
                  <button type="button" data-testid="decide-practice" onClick={() => setDeciding(practice)}>
                    What to do…
                  </button>
                )}
                <ConfirmButton
                  label="Stop trusting…"
                  testId="distrust-practice"
                  class="quiet"
                  title={`Stop trusting ${practice?.handle ?? 'this practice'}?`}
                  action="Stop trusting it"
                  danger
                  onConfirm={async () => {
                    await distrust(session.vault, account);
                    trusted.reload();
                  }}
                >
                  <p>
                    Whom you know through it alone is no longer verified. Before you share with them, or open what they
                    shared, you compare their own fingerprint.
                  </p>
                </ConfirmButton>
              </div>
            </li>
          ))}
        </ul>
      )}
      {adding ? (
        <TrustForm session={session} onTrusted={settled} onCancel={() => setAdding(false)} />
      ) : (
        <div class="actions">
          <button type="button" data-testid="trust-practice" onClick={() => setAdding(true)}>
            Trust a practice
          </button>
        </div>
      )}
      {deciding && (
        <KeysDialog
          session={session}
          person={deciding}
          as="practice"
          onVerified={settled}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </section>
  );
}

function TrustForm({
  session,
  onTrusted,
  onCancel,
}: {
  session: Session;
  onTrusted: () => void;
  onCancel: () => void;
}) {
  const [handle, setHandle] = useState('');
  const [practice, setPractice] = useState<Person>();
  const { busy, error, run, setError } = useAction();
  const find = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const found = await personByHandle(session.vault, normalHandle(handle));
      const isOwn = session.vault.groups.list().some(({ account }) => account === found.account);
      if (isOwn) setError('You keep this one yourself: whom it vouches for is verified already.');
      else if (found.as === 'practice' && found.verified) setError('You trust this practice already.');
      else if (found.as) setError(`You have compared this fingerprint as a ${found.as}'s: it cannot vouch for others.`);
      else setPractice(found);
    });
  };
  return practice ? (
    <>
      <VerifyPerson
        session={session}
        person={{ ...practice, state: practice.voucher ? 'unverified' : practice.state }}
        as="practice"
        onVerified={onTrusted}
        onLeave={onCancel}
      />
      <div class="actions">
        <button type="button" class="quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </>
  ) : (
    <form class="stack" onSubmit={find}>
      <TextField
        label="The practice's handle"
        testId="practice-handle"
        value={handle}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        required
        onValue={setHandle}
      />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="find-practice" disabled={busy}>
          Find
        </button>
        <button type="button" class="quiet" disabled={busy} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
