import { forgetThisDevice, lock, type Session } from '../../state.ts';
import { OwnFingerprint } from '../../ui/fingerprint.tsx';
import { IdleSettings } from '../../ui/idle.tsx';

export function ProfileSection({ session }: { session: Session }) {
  const { vault, handle } = session;
  return (
    <>
      <section class="card stack">
        <h2>Your fingerprint</h2>
        <p>
          Colleagues who know you as <strong>{handle}</strong> ask for these digits before they share with you. Read
          them aloud on a call, or let them scan the code from this screen.
        </p>
        <OwnFingerprint handle={handle} value={vault.fingerprint} testId="own-fingerprint" />
        <p class="muted">
          Account <code data-testid="own-account">{vault.account}</code>
        </p>
      </section>
      <section class="card stack">
        <h2>This device</h2>
        <p>
          Locking wipes the keys from memory and takes every text off the screen. Unsaved text comes back as a draft.
          Ctrl+Shift+L (⌘⇧L) does it from anywhere.
        </p>
        <IdleSettings />
        <p>
          Spell checking is your browser's own. Keep it on its basic setting: the “enhanced” one of some browsers sends
          what you type to their makers.
        </p>
        <p>Forgetting also removes the account secret from this device: the next log-in asks for it.</p>
        <div class="actions">
          <button type="button" onClick={() => lock()}>
            Lock now
          </button>
          <button type="button" class="quiet" data-testid="forget-device" onClick={() => forgetThisDevice()}>
            Forget this device
          </button>
        </div>
      </section>
    </>
  );
}
