import { lock } from '../state.ts';
import { Notice } from './fields.tsx';

/** What is open here is not the newest state: nothing can be changed before it was opened again. */
export const ChangedElsewhere = ({ children }: { children?: preact.ComponentChildren }) => (
  <Notice kind="warning">
    <p>
      <strong>Another device gave this account new keys</strong> since you unlocked it here. Lock, and unlock with the
      new passphrase and kit.
    </p>
    {children}
    <div class="actions">
      <button type="button" data-testid="lock-and-unlock" onClick={() => lock()}>
        Lock, to unlock again
      </button>
    </div>
  </Notice>
);

interface ConflictProps {
  conflict: 'changed' | 'rotated';
  onAgain: () => void;
}

/** A prepared kit that can no longer come into effect. */
export const KitConflict = ({ conflict, onAgain }: ConflictProps) => (
  <div class="stack" data-testid="kit-conflict">
    {conflict === 'rotated' ? (
      <ChangedElsewhere>
        <p>The kit you just made is not in effect: destroy it. Your former kit still works. Then start again.</p>
      </ChangedElsewhere>
    ) : (
      <Notice kind="warning">
        <p>
          <strong>Something else in this account was changed while you made the kit,</strong> here or on another device.
          The kit you just made is not in effect: destroy it. Your former kit still works.
        </p>
        <div class="actions">
          <button type="button" data-testid="start-again" onClick={onAgain}>
            Start again
          </button>
        </div>
      </Notice>
    )}
  </div>
);
