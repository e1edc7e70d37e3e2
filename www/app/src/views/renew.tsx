import { useState } from 'preact/hooks';
import { dropRequest } from '../device.ts';
import { Notice, PageTitle } from '../ui/fields.tsx';
import { KitConflict } from '../ui/kit-conflict.tsx';
import { KitSteps } from '../ui/kit.tsx';
import { NewPassphrase, useNewPassphrase } from '../ui/new-passphrase.tsx';
import { Page } from '../ui/page.tsx';
import { Outcome, type StageName } from '../ui/stage.tsx';
import { useAction } from '../hooks.ts';
import { usePreparedKit } from '../prepared-kit.ts';
import { endRequestsToTrustees } from '../requests.ts';
import { lock, type Session } from '../state.ts';
import { introduceDevice } from '../ways-in.ts';

/** Back in, but without a working kit: a new one is made before all else. */
export function RenewView({ session }: { session: Session }) {
  const preparing = usePreparedKit();
  const { kit, conflict } = preparing;
  const storeIt = async (): Promise<void> => {
    const { handle, by, vault } = session;
    if (!(await preparing.store())) return;
    if (by === 'trustees') {
      await dropRequest(handle);
      await endRequestsToTrustees(vault.account).catch(() => undefined);
    }
    await introduceDevice();
  };
  if (conflict) {
    return (
      <Page view="renew" width="narrow">
        <PageTitle>Make your recovery kit</PageTitle>
        <KitConflict conflict={conflict} onAgain={preparing.discard} />
      </Page>
    );
  }
  if (kit) {
    return (
      <Page view="kit">
        <PageTitle>Save your new recovery kit</PageTitle>
        <p class="no-print">
          {session.by === 'passphrase' || session.by === 'passkey'
            ? 'A sheet that lets you back in, whatever happens to your memory or your devices. '
            : 'It replaces the old one as soon as you have confirmed it. Until then, the old way in works as before. '}
          It is in effect when you have typed two groups from your copy.
        </p>
        <KitSteps
          handle={session.handle}
          fingerprint={session.vault.fingerprint}
          accountSecret={kit.accountSecret}
          recoveryCode={kit.recoveryCode}
          action="Open Sealed Notes"
          busy={preparing.busy}
          error={preparing.error}
          onConfirmed={storeIt}
        />
        <LeaveIt />
      </Page>
    );
  }
  return <Explain session={session} onPrepare={preparing.prepare} busy={preparing.busy} error={preparing.error} />;
}

const LeaveIt = () => (
  <p class="actions no-print">
    <button type="button" class="quiet" data-testid="renew-lock" onClick={() => lock()}>
      Lock, and do this later
    </button>
  </p>
);

interface ExplainProps {
  session: Session;
  busy: boolean;
  error: string;
  onPrepare: ReturnType<typeof usePreparedKit>['prepare'];
}

function Explain({ session, busy, error, onPrepare }: ExplainProps) {
  const { by, handle, vault, nextPassphrase } = session;
  const chooses = by === 'recovery-code' || (by === 'trustees' && nextPassphrase === undefined);
  const passphrase = useNewPassphrase();
  const choosing = useAction();
  const [stage, setStage] = useState<StageName>();

  const prepare = (event: Event): void => {
    event.preventDefault();
    choosing.run(async () => {
      const chosen = chooses ? await passphrase.take() : nextPassphrase;
      try {
        await onPrepare(() =>
          vault.prepareKit({ onProgress: setStage, ...(chosen === undefined ? {} : { passphrase: chosen }) }),
        );
      } finally {
        setStage(undefined);
      }
    });
  };

  return (
    <Page view="renew" width="narrow" busy={busy}>
      <PageTitle>{chooses ? 'Choose a new passphrase' : 'Make your recovery kit'}</PageTitle>
      {by === 'recovery-code' && (
        <Notice>
          <p data-testid="renew-why">
            <strong>You are in.</strong> You came by your recovery code, which works once. Choose a new passphrase now,
            and save the new kit that comes with it; then your notes are before you.
          </p>
        </Notice>
      )}
      {by === 'trustees' && (
        <Notice>
          <p data-testid="renew-why">
            <strong>You are in.</strong> Your trustees let you back.{' '}
            {chooses
              ? 'Choose a new passphrase now, and save the new kit that comes with it.'
              : 'The passphrase you chose for your request becomes yours with the new kit; save that now.'}{' '}
            They can let you in again should you need it: their shares stay good.
          </p>
        </Notice>
      )}
      {by !== 'recovery-code' && by !== 'trustees' && (
        <Notice>
          <p data-testid="renew-why">
            <strong>One thing is missing:</strong> your account has no confirmed recovery kit, so a forgotten passphrase
            or a lost device could cost you your notes. It takes two minutes. Your passphrase stays as it is.
          </p>
        </Notice>
      )}
      <form class="card stack" onSubmit={prepare}>
        {chooses && <NewPassphrase label="New passphrase" account={handle} onValue={passphrase.onValue} />}
        <Outcome error={choosing.error || error} stage={stage} />
        <div class="actions">
          <button type="submit" class="primary" data-testid="prepare-kit" disabled={busy || choosing.busy}>
            {busy ? 'Making the kit…' : 'Make the new kit'}
          </button>
          <button type="button" class="quiet" data-testid="renew-lock" onClick={() => lock()}>
            Lock, and do this later
          </button>
        </div>
        {by === 'recovery-code' && (
          <p class="hint">Until the new kit is confirmed, the recovery code you used keeps working.</p>
        )}
        {by === 'trustees' && (
          <p class="hint">Until the new kit is confirmed, your request keeps working: you can come back to it.</p>
        )}
      </form>
    </Page>
  );
}
