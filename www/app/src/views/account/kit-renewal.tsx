import { useState } from 'preact/hooks';
import { usePreparedKit } from '../../prepared-kit.ts';
import type { Session } from '../../state.ts';
import { FormError, Notice } from '../../ui/fields.tsx';
import { CheckIcon } from '../../ui/icons.tsx';
import { KitSteps } from '../../ui/kit.tsx';
import { KitConflict } from '../../ui/kit-conflict.tsx';
import { StepTitle } from '../../ui/step-title.tsx';

interface RenewalProps {
  session: Session;
  onClose: () => void;
}

/** A new recovery code in place of the old one. Account secret, passphrase and keys stay. */
export function KitRenewal({ session, onClose }: RenewalProps) {
  const preparing = usePreparedKit();
  const { kit, busy, error, conflict } = preparing;
  const [done, setDone] = useState(false);
  const make = (): Promise<boolean> => preparing.prepare(() => session.vault.prepareKit());

  if (done) {
    return (
      <section class="card stack" data-testid="kit-renewed">
        <StepTitle>The new kit is in effect</StepTitle>
        <p class="verified" role="status">
          <CheckIcon /> The code on the old kit opens nothing any more.
        </p>
        <p>
          Destroy the old kit, and keep the new one where you keep what must not be lost: on paper, apart from your
          devices.
        </p>
        <div class="actions">
          <button type="button" class="primary" data-testid="renewal-close" onClick={onClose}>
            Back to ways to unlock
          </button>
        </div>
      </section>
    );
  }
  if (conflict) return <KitConflict conflict={conflict} onAgain={preparing.discard} />;
  if (kit) {
    return (
      <section class="stack" data-testid="kit-renewal">
        <StepTitle>Your new kit</StepTitle>
        <div class="no-print">
          <Notice>
            <p>Nothing has changed yet: until the last step the old kit works, and this one does not.</p>
          </Notice>
        </div>
        <KitSteps
          handle={session.handle}
          fingerprint={session.vault.fingerprint}
          accountSecret={kit.accountSecret}
          recoveryCode={kit.recoveryCode}
          action="Put the new kit into effect"
          busy={busy}
          error={error}
          onConfirmed={async () => setDone(await preparing.store())}
        />
        <div class="actions no-print">
          <button type="button" class="quiet" data-testid="renewal-cancel" disabled={busy} onClick={onClose}>
            Cancel, and keep the old kit
          </button>
        </div>
      </section>
    );
  }
  return (
    <section class="card stack" data-testid="kit-renewal">
      <StepTitle>Make a new kit</StepTitle>
      <p>
        For when the old one is lost, cannot be read, or may have been seen. You get a new recovery code; the account
        secret and your passphrase stay. The old code stops working once you have confirmed the new one.
      </p>
      <p>
        Might somebody have copied the old kit <strong>and</strong> know your passphrase? Then a new kit is not enough:
        go to <strong>Devices</strong>, “My device was stolen”, which makes new keys.
      </p>
      <FormError text={error} reserved />
      <div class="actions">
        <button type="button" class="primary" data-testid="prepare-kit" disabled={busy} onClick={make}>
          {busy ? 'Making it…' : 'Make a new kit'}
        </button>
        <button type="button" class="quiet" data-testid="renewal-close" onClick={onClose}>
          Not now
        </button>
      </div>
    </section>
  );
}
