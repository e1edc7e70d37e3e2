/** The account's ledger: followed since unlocking, written with every save, and in batches for what was opened. */
import { inspect, type LedgerEntry, type LedgerNote, type Receipt, type Vault } from 'sealed-notes';
import { ApiError, fromBase64, get, getAll, hasStatus, isUnreachable, post, toBase64 } from './api.ts';
import { hasCode } from './errors.ts';
import { type Outdated, refusal } from './outdated.ts';
import { markOutdated, whyOutdated } from './state.ts';
import { keepEntries, keepInstead, keptLedger, Waiting } from './kept-ledger.ts';

/** Events that wait are sent when there are so many, or the first of them is so old. */
const BATCH = 50;
const EVERY_MS = 15_000;
const TICK_MS = 250;
/** How often an entry is written anew because another device was faster. */
const TRIES = 8;
/** Versions in one entry, where a ledger begins with what is there already. */
const AT_ONCE = 200;

/** What is stored in one request with its entry. */
export interface Stored {
  versions?: Uint8Array[];
  grants?: Uint8Array[];
  revoked?: Receipt[];
}

/** How the server's ledger differs from the one this device knows. */
export type Broken = 'rolled_back' | 'forked' | 'tampered';

const BROKEN: Record<Broken, string> = {
  rolled_back: 'the ledger on the server ends before what this device has seen',
  forked: 'the ledger on the server is another one than this device has seen',
  tampered: 'the ledger on the server is not as you wrote it',
};

class BrokenLedgerError extends ApiError {
  constructor(readonly why: Broken) {
    super(0, 'ledger_broken', `Not stored: ${BROKEN[why]}. Your text is kept as a draft; see the notice above.`);
  }

  override get unreachable(): boolean {
    return false;
  }
}

const same = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one !== undefined && one.length === other?.length && one.every((byte, at) => byte === other[at]);

/** Whether both are one attempt at the same thing: a note that is saved again is uploaded in the same bytes. */
const isSame = (one: Stored, other: Stored): boolean => same(one.versions?.[0], other.versions?.[0]);

export class LedgerKeeper {
  /** All that were followed, from the first. */
  #entries: Uint8Array[] = [];
  #read: LedgerEntry[] = [];
  #broken: Broken | undefined;
  /** Whether the server may have entries, or an entry of ours, that were not followed. */
  #isBehind = true;
  #unanswered: { entry: Uint8Array; stored: Stored } | undefined;
  #arrived: Stored | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #kept = 0;
  #since = 0;
  #notBefore = 0;
  readonly #waiting: Waiting;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #listeners = new Set<() => void>();
  /** Followed, or at least tried. */
  readonly ready: Promise<void>;

  constructor(
    readonly vault: Vault,
    readonly device: string,
  ) {
    this.#waiting = new Waiting(vault.account);
    this.ready = this.#inTurn(() => this.#begin()).catch(() => undefined);
    this.#timer = setInterval(this.#tick, TICK_MS);
    document.addEventListener('visibilitychange', this.#onHide);
    addEventListener('pagehide', this.#onLeave);
    addEventListener('online', this.#onLeave);
  }

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  get broken(): Broken | undefined {
    return this.#broken;
  }

  /** Stores something together with the entry that names it, behind whatever another device has written meanwhile. */
  store(stored: Stored, send: (ledger: string) => Promise<unknown>): Promise<void> {
    return this.#inTurn(() => this.#store(stored, send));
  }

  /** Sends what waits. Also done before locking, and when the page is left. */
  readonly flush = (): Promise<void> =>
    this.#inTurn(async () => {
      if (this.#broken || whyOutdated()) return;
      while (this.vault.ledger.pending > 0) await this.#store({}, (entry) => post('/ledger', { entry }));
    });

  /** Where another tab has ended the login, what waits is kept for the next time: sending it would log in once more. */
  readonly beforeLock = async (isLoggedIn: boolean): Promise<void> => {
    const kept = this.#keepWaiting();
    if (isLoggedIn) await this.flush().catch(() => undefined);
    await kept;
  };

  /** Writes down versions that are stored already. */
  enter(versions: Uint8Array[]): Promise<void> {
    return this.store({ versions }, (entry) => post('/ledger', { entry }));
  }

  /** Writes down what the library cannot see. */
  async note(note: LedgerNote): Promise<void> {
    await this.vault.ledger.note(note);
    await this.#keepWaiting();
  }

  /** Takes over what other devices wrote. */
  readonly catchUp = (): Promise<void> => this.#inTurn(() => this.#catchUp());

  /** Every entry with its events, oldest first. */
  async read(): Promise<LedgerEntry[]> {
    await this.ready;
    const fresh = this.#entries.slice(this.#read.length);
    if (fresh.length > 0) this.#read.push(...(await this.vault.ledger.read(fresh)));
    return this.#read;
  }

  /** For an auditor: the whole chain, and the events of the entries between two moments. */
  async export(
    keyLog: Uint8Array[],
    from: Date | undefined,
    until: Date | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const dates = { ...(from ? { from } : {}), ...(until ? { until } : {}) };
    return this.vault.ledger.export({ keyLog, entries: this.#entries, ...dates });
  }

  /** Asks the server again whether its ledger is the one that this device knows. */
  async lookAgain(): Promise<void> {
    await this.#inTurn(() => {
      this.#broken = undefined;
      return this.#catchUp();
    });
    this.#tell();
  }

  /** The owner's choice: goes on with the ledger that the server has now. */
  accept(): Promise<void> {
    return this.#inTurn(async () => {
      const { ledger, account } = this.vault;
      const entries: Uint8Array[] = [];
      for (let after: number | null = 0; after !== null;) {
        const page: Page = await get(`/ledger?after=${after}`);
        entries.push(...page.entries.map(fromBase64));
        after = page.next;
      }
      await ledger.accept(entries);
      this.#entries = entries;
      this.#read = [];
      this.#broken = undefined;
      await keepInstead(account, ledger.head && { account, ...ledger.head }, entries);
      if (!ledger.head) await this.#enterWhatIsThere();
      await this.#store({}, (entry) => post('/ledger', { entry }));
      this.#tell();
    });
  }

  close(): void {
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#onHide);
    removeEventListener('pagehide', this.#onLeave);
    removeEventListener('online', this.#onLeave);
    this.#waiting.close();
    this.#entries = [];
    this.#read = [];
  }

  async #begin(): Promise<void> {
    const { ledger, account } = this.vault;
    const { entries, head } = await keptLedger(account);
    // Before following: that takes off what had been stored after all.
    await this.#waiting.takeOver(async (sealed) => {
      await ledger.restore(sealed);
      return ledger.pendingSealed();
    });
    try {
      if (head) await ledger.expect(head);
      await ledger.follow(entries, { all: false });
    } catch {
      // What is kept here may be damaged. The server is asked for the rest, and the head says whether it is the same.
    }
    this.#entries = entries.slice(0, ledger.head?.sequence ?? 0);
    await this.#catchUp();
    if (!ledger.head) await this.#enterWhatIsThere();
  }

  async #catchUp(): Promise<void> {
    if (this.#broken) throw new BrokenLedgerError(this.#broken);
    const { ledger } = this.vault;
    const last = this.#entries.at(-1);
    try {
      // The last one is asked for once more: without it, a server that went back would seem to have nothing new.
      for (let after: number | null = Math.max(0, this.#entries.length - 1), isFirst = true; after !== null;) {
        const page: Page = await get(`/ledger?after=${after}`);
        const fresh = page.entries.map(fromBase64);
        if (isFirst && last && !same(fresh.shift(), last)) {
          throw new BrokenLedgerError(page.entries.length === 0 ? 'rolled_back' : 'forked');
        }
        isFirst = false;
        after = page.next;
        await this.#follow(fresh, after === null);
      }
    } catch (error) {
      const code = (['rolled_back', 'forked', 'tampered'] as const).find((code) => hasCode(error, code));
      const why = error instanceof BrokenLedgerError ? error.why : code;
      if (!why) throw error;
      await checkLogin(this.vault);
      this.#broken = why;
      this.#tell();
      throw new BrokenLedgerError(why);
    }
    this.#isBehind = false;
    if (!ledger.head) return;
    const unanswered = this.#unanswered;
    this.#unanswered = undefined;
    if (unanswered && this.#entries.some((entry) => same(entry, unanswered.entry))) this.#arrived = unanswered.stored;
  }

  async #follow(fresh: Uint8Array[], all: boolean): Promise<void> {
    const { ledger, account } = this.vault;
    const before = this.#entries.length;
    try {
      await ledger.follow(fresh, { all });
    } finally {
      const followed = fresh.slice(0, (ledger.head?.sequence ?? 0) - before);
      this.#entries.push(...followed);
      if (ledger.head && followed.length > 0) keepEntries({ account, ...ledger.head }, followed);
      if (followed.length > 0) this.#tell();
    }
  }

  async #store(stored: Stored, send: (ledger: string) => Promise<unknown>): Promise<void> {
    const { ledger } = this.vault;
    if (this.#broken) throw new BrokenLedgerError(this.#broken);
    for (let tries = 1; ; tries += 1) {
      if (this.#isBehind) await this.#catchUp();
      if (this.#arrived && isSame(this.#arrived, stored)) {
        this.#arrived = undefined;
        return;
      }
      const entry = await ledger.seal({ ...stored, device: this.device });
      if (!entry) return;
      this.#keepWaiting(); // with the entry it is in: whether its answer comes is not known
      try {
        await send(toBase64(entry));
      } catch (error) {
        this.#isBehind = true;
        if (isUnreachable(error)) this.#unanswered = { entry, stored };
        if (!isOutOfDate(error) || tries === TRIES) throw error;
        const before = this.#entries.length;
        await this.#catchUp();
        if (this.#entries.length === before) throw error;
        continue;
      }
      await ledger.stored(entry);
      this.#entries.push(entry);
      if (ledger.head) keepEntries({ account: this.vault.account, ...ledger.head }, [entry]);
      this.#keepWaiting();
      this.#tell();
      return;
    }
  }

  /** A ledger that begins later than its account: names the versions that are there, so that they can be missed. */
  async #enterWhatIsThere(): Promise<void> {
    const [notes, records] = await Promise.all([
      getAll<{ sealed: string }>('/private/notes', 'notes'),
      getAll<{ sealed: string }>('/chart/records', 'records'),
    ]);
    const versions: Uint8Array[] = [];
    for (const { sealed } of [...notes, ...records]) {
      const bytes = fromBase64(sealed);
      if (await inspect(bytes).catch(() => undefined)) versions.push(bytes);
    }
    for (let at = 0; at < versions.length; at += AT_ONCE) {
      await this.#store({ versions: versions.slice(at, at + AT_ONCE) }, (entry) => post('/ledger', { entry }));
    }
  }

  readonly #tick = (): void => {
    if (this.vault.locked) return;
    const { pending } = this.vault.ledger;
    const now = Date.now();
    if (pending !== this.#kept) this.#keepWaiting();
    this.#since = pending === 0 ? 0 : this.#since || now;
    if (pending === 0 || this.#broken || now < this.#notBefore) return;
    if (pending < BATCH && now - this.#since < EVERY_MS) return;
    this.#notBefore = now + EVERY_MS;
    this.flush().then(
      () => (this.#notBefore = 0),
      () => undefined,
    );
  };

  readonly #onHide = (): void => {
    if (document.visibilityState === 'hidden') this.#onLeave();
  };

  readonly #onLeave = (): void => {
    if (this.vault.locked) return;
    this.#keepWaiting();
    this.flush().catch(() => undefined);
  };

  async #keepWaiting(): Promise<void> {
    if (this.vault.locked) return;
    this.#kept = this.vault.ledger.pending;
    await this.#waiting.keep(await this.vault.ledger.pendingSealed());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.catch(() => undefined).then(work);
    this.#last = turn;
    return turn;
  }

  #tell(): void {
    for (const tell of this.#listeners) tell();
  }
}

/** Before the server is blamed: with another account's login, or new keys, nothing fits either. Throws if that is so. */
async function checkLogin(vault: Vault): Promise<void> {
  const me = await get<{ account: string; vault: string }>('/me');
  let why: Outdated | undefined = me.account === vault.account ? undefined : 'switched';
  await vault.refresh(fromBase64(me.vault)).catch((error) => {
    if (hasCode(error, 'rotated')) why = 'new-keys';
  });
  if (!why) return;
  markOutdated(why);
  throw refusal(why);
}

interface Page {
  entries: string[];
  next: number | null;
}

/** Whether it was refused for the ledger's sake: of a version or a vault, the server names another thing that it has. */
const isOutOfDate = (error: unknown): boolean =>
  hasStatus(error, 409) &&
  error instanceof ApiError &&
  error.current?.version === undefined &&
  error.current?.generation === undefined;
