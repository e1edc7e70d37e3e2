import type { ComponentChildren } from 'preact';
import type { Outdated } from '../outdated.ts';
import { lock } from '../state.ts';
import { Notice } from './fields.tsx';

const WHY: Record<Outdated, ComponentChildren> = {
  'new-keys': (
    <>
      <strong>Another device or tab gave this account new keys</strong> since you unlocked it here, so nothing more can
      be saved. What you typed stays here as a sealed draft. Lock, and unlock with the new passphrase; on another
      device, with the account secret of the new kit too. Your draft is there again.
    </>
  ),
  revoked: (
    <>
      <strong>This device was removed from your account.</strong> What you typed stays here as a sealed draft. If the
      device is yours and safe, lock, and unlock with passphrase and account secret: it comes back as a new device, and
      your draft with it.
    </>
  ),
  switched: (
    <>
      <strong>Another account was opened in this browser,</strong> which holds one login at a time, so nothing more can
      be saved from here. What you typed stays on this device as a sealed draft. Lock, and unlock this account again:
      your draft is there again.
    </>
  ),
};

/** Above every page, until she locks. */
export const OutdatedBanner = ({ why }: { why: Outdated }) => (
  <div class="outdated no-print" role="alert" data-testid="outdated" data-why={why}>
    <Notice kind="warning">
      <p>{WHY[why]}</p>
      <div class="actions">
        <button type="button" data-testid="outdated-lock" onClick={() => lock()}>
          Lock, to unlock again
        </button>
      </div>
    </Notice>
  </div>
);
