/** Locks after a while without a hand on mouse or keyboard, in every tab of the account at once. */
import { local } from './local.ts';

const MINUTES = 'sealed-notes.idle-minutes';
const WHEN_HIDDEN = 'sealed-notes.lock-when-hidden';

export const IDLE_MINUTES = [2, 5, 10, 15, 30, 60] as const;
export type IdleMinutes = (typeof IDLE_MINUTES)[number];

export interface IdleSettings {
  minutes: IdleMinutes;
  /** Also when no tab of it has been on the screen for a moment. */
  whenHidden: boolean;
}

/** Kept per device: a phone in a pocket is not a computer in a locked practice. */
export const idleSettings = (): IdleSettings => ({
  minutes: IDLE_MINUTES.find((minutes) => String(minutes) === local.get(MINUTES)) ?? 10,
  whenHidden: local.get(WHEN_HIDDEN) === 'yes',
});

export function keepIdleSettings({ minutes, whenHidden }: IdleSettings): void {
  local.set(MINUTES, String(minutes));
  local.set(WHEN_HIDDEN, whenHidden ? 'yes' : 'no');
}

export const WARN_MS = 60_000;
export const HIDDEN_MS = 20_000;
const TICK_MS = 1_000;
/** How often the other tabs are told. */
const TELL_MS = 2_000;

/** What tabs of one account tell each other. */
type Message = 'active' | 'visible' | 'lock';

/**
 * Any of these means that somebody is here, until a lock was announced: a shaken table moves a mouse, too. Dictation comes
 * as input, without a key.
 */
const SIGNS = ['input', 'pointerdown', 'touchstart', 'pointermove', 'wheel', 'scroll'] as const;

interface Told {
  /** Seconds until it locks, once that is near. */
  onWarning: (seconds: number | undefined) => void;
  /** `elsewhere`: another tab has locked, and ends the login that they share. */
  onLock: (elsewhere: boolean) => void;
}

/** Marks what locks, in the announcement itself. */
export const LOCKS = 'data-locks';
const isForLocking = ({ target }: Event): boolean => target instanceof Element && target.closest(`[${LOCKS}]`) !== null;

export class IdleWatch {
  #active = Date.now();
  #visible = Date.now();
  #hidden = document.hidden;
  #told = { active: 0, visible: 0 };
  #warned = false;
  #lockedByOther = false;
  readonly #channel: BroadcastChannel | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    account: string,
    private readonly tell: Told,
  ) {
    if (typeof BroadcastChannel !== 'undefined') {
      this.#channel = new BroadcastChannel(`sealed-notes ${account}`);
      this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    }
    for (const name of SIGNS) addEventListener(name, this.#onSign, { capture: true, passive: true });
    addEventListener('keydown', this.#onKey, { capture: true });
    addEventListener('click', this.#onClick, { capture: true });
    document.addEventListener('visibilitychange', this.#tick);
    // After sleep, or when the page is thawed, timers come late: the clock counts, not the ticks.
    this.#timer = setInterval(this.#tick, TICK_MS);
  }

  /** Somebody is here. */
  stay(): void {
    if (this.#isOver()) return this.#lock();
    this.#active = Date.now();
    this.#say('active');
    this.#warn(undefined);
  }

  /** The account was locked here, by hand or otherwise: in the other tabs as well. */
  close(): void {
    clearInterval(this.#timer);
    for (const name of SIGNS) removeEventListener(name, this.#onSign, { capture: true });
    removeEventListener('keydown', this.#onKey, { capture: true });
    removeEventListener('click', this.#onClick, { capture: true });
    document.removeEventListener('visibilitychange', this.#tick);
    if (!this.#lockedByOther) this.#channel?.postMessage('lock' satisfies Message);
    this.#channel?.close();
  }

  readonly #onSign = (): void => {
    if (!this.#warned) this.stay();
  };
  readonly #onKey = (event: KeyboardEvent): void => {
    if (this.#warned) {
      if (event.key === 'Tab' || isForLocking(event)) return;
      // It answers the question, and is not to be typed into the note behind it.
      event.preventDefault();
    }
    this.stay();
  };
  readonly #onClick = (event: MouseEvent): void => {
    if (!this.#warned || !isForLocking(event)) this.stay();
  };

  readonly #tick = (): void => {
    const now = Date.now();
    if (this.#isOver()) return this.#lock();
    const wasHidden = this.#hidden;
    this.#hidden = document.hidden;
    if (!this.#hidden) {
      if (wasHidden && this.#isOutOfSight(now)) return this.#lock();
      this.#visible = now;
      this.#say('visible');
    } else if (this.#isOutOfSight(now)) {
      return this.#lock();
    }
    const left = this.#active + idleSettings().minutes * 60_000 - now;
    this.#warn(left <= WARN_MS ? Math.max(1, Math.ceil(left / 1_000)) : undefined);
  };

  #hear(message: Message): void {
    if (message === 'lock') {
      this.#lockedByOther = true;
      this.tell.onLock(true);
    } else if (message === 'visible') {
      this.#visible = Date.now();
    } else if (!this.#isOver()) {
      this.#active = Date.now();
      this.#warn(undefined);
    }
  }

  #isOver(): boolean {
    return Date.now() - this.#active >= idleSettings().minutes * 60_000;
  }

  #isOutOfSight(now: number): boolean {
    return idleSettings().whenHidden && now - this.#visible >= HIDDEN_MS;
  }

  #warn(seconds: number | undefined): void {
    if (seconds === undefined && !this.#warned) return;
    this.#warned = seconds !== undefined;
    this.tell.onWarning(seconds);
  }

  #say(message: 'active' | 'visible'): void {
    const now = Date.now();
    if (Math.abs(now - this.#told[message]) < TELL_MS) return;
    this.#told[message] = now;
    this.#channel?.postMessage(message);
  }

  #lock(): void {
    this.tell.onLock(false);
  }
}
