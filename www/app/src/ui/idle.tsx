import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import {
  IDLE_MINUTES,
  type IdleMinutes,
  type IdleSettings as Settings,
  idleSettings,
  IdleWatch,
  keepIdleSettings,
  LOCKS,
} from '../idle.ts';
import { lock, type Session } from '../state.ts';
import { Dialog } from './dialog.tsx';

/** Watches whether somebody is there, and says so before it locks. */
export function IdleGuard({ session }: { session: Session }) {
  const [left, setLeft] = useState<number>();
  const watch = useRef<IdleWatch | undefined>(undefined);
  const { account } = session.vault;
  // Not after the next frame: a page in the background has none.
  useLayoutEffect(() => {
    const made = new IdleWatch(account, {
      onWarning: setLeft,
      onLock: (elsewhere) => {
        lock({ endLogin: !elsewhere }).catch(() => undefined);
      },
    });
    watch.current = made;
    return () => made.close();
  }, [account]);
  return left === undefined ? null : <Warning seconds={left} onStay={() => watch.current?.stay()} />;
}

/** Said aloud a few times only: a countdown that talks every second is no help. */
const announced = (seconds: number): number => [10, 30].find((mark) => seconds <= mark) ?? 60;

function Warning({ seconds, onStay }: { seconds: number; onStay: () => void }) {
  const stay = useRef<HTMLButtonElement>(null);
  useEffect(() => stay.current?.focus(), []);
  return (
    <Dialog title="Still there?" testId="idle-warning" onClose={onStay}>
      <p>
        Sealed Notes locks in{' '}
        <strong class="countdown" data-testid="idle-countdown">
          {seconds}
        </strong>{' '}
        {seconds === 1 ? 'second' : 'seconds'}. What you typed is kept as a sealed draft, and you come back to this
        page.
      </p>
      <p class="heard" role="status">
        Locks in {announced(seconds)} seconds. Any key keeps it open.
      </p>
      <div class="actions">
        <button ref={stay} type="button" class="primary" data-testid="stay-unlocked" onClick={onStay}>
          Stay unlocked
        </button>
        <button
          type="button"
          data-testid="idle-lock-now"
          {...{ [LOCKS]: '' }}
          onClick={() => {
            lock().catch(() => undefined);
          }}
        >
          Lock now
        </button>
      </div>
    </Dialog>
  );
}

/** For this device alone. */
export function IdleSettings() {
  const [settings, setSettings] = useState(idleSettings);
  const [done, setDone] = useState('');
  const change = (changed: Partial<Settings>): void => {
    const next = { ...settings, ...changed };
    keepIdleSettings(next);
    setSettings(next);
    setDone('Kept on this device.');
  };
  return (
    <div class="stack">
      <div class="field idle-minutes">
        <label for="idle-minutes">Lock by itself after</label>
        <select
          id="idle-minutes"
          data-testid="idle-minutes"
          value={String(settings.minutes)}
          onChange={(event) => change({ minutes: Number(event.currentTarget.value) as IdleMinutes })}
        >
          {IDLE_MINUTES.map((minutes) => (
            <option key={minutes} value={String(minutes)}>
              {minutes === 60 ? '1 hour' : `${minutes} minutes`} without a touch
            </option>
          ))}
        </select>
      </div>
      <label class="check">
        <input
          type="checkbox"
          data-testid="lock-when-hidden"
          checked={settings.whenHidden}
          onChange={(event) => change({ whenHidden: event.currentTarget.checked })}
        />
        <span>
          Also when it has been out of sight for 20 seconds: another tab in front, the window minimised or covered, or
          the screen switched off
        </span>
      </label>
      <p class="status" role="status" data-testid="idle-status">
        {done}
      </p>
    </div>
  );
}
