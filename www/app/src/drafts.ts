/** Sealed drafts: kept on this device until the server has acknowledged them, and sent again until it does. */
import { del, fromBase64, getAll, hasStatus, isUnreachable, put, toBase64 } from './api.ts';
import { type DrawerName, dropUnsent, keepUnsent, type UnsentDraft, unsentDrafts } from './device.ts';

const RETRY_EVERY_MS = 5_000;

export interface FoundDraft {
  record: string;
  sealed: Uint8Array;
  /** A different draft of the same note that was made on another device meanwhile. */
  other?: Uint8Array;
}

export class Drafts {
  readonly #unsent = new Map<string, UnsentDraft>();
  readonly #onServer = new Map<string, string>();
  readonly #queue = new Map<string, Promise<unknown>>();
  readonly #keeping = new Set<Promise<unknown>>();
  readonly #ready: Promise<void>;
  /** Refused, not unreachable: the same bytes would be refused again. They are tried anew after the next unlock. */
  readonly #refused = new WeakSet<UnsentDraft>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Called with the record whose draft has reached the server after all. */
  readonly sent = new Set<(record: string) => void>();

  constructor(readonly account: string) {
    this.#ready = unsentDrafts(account).then(
      (rows) => {
        for (const row of rows) this.#unsent.set(row.key, row);
      },
      () => undefined,
    );
    this.#timer = setInterval(this.retry, RETRY_EVERY_MS);
    addEventListener('online', this.retry);
  }

  async list(drawer: DrawerName): Promise<FoundDraft[]> {
    await this.#ready;
    const rows = await getAll<{ record: string; sealed: string }>(`/${drawer}/drafts`, 'drafts');
    const found = new Map(
      rows.map(({ record, sealed }): [string, FoundDraft] => [record, { record, sealed: fromBase64(sealed) }]),
    );
    for (const { record, sealed } of rows) this.#onServer.set(this.#key(drawer, record), sealed);
    for (const mine of this.#unsent.values()) {
      if (mine.drawer !== drawer) continue;
      const theirs = rows.find(({ record }) => record === mine.record)?.sealed;
      const elsewhere = theirs !== undefined && theirs !== mine.replaces;
      if (mine.sealed && theirs === toBase64(mine.sealed)) {
        // It had arrived; the page was closed before the answer came.
        await this.#settled(mine);
      } else if (mine.sealed) {
        found.set(mine.record, {
          record: mine.record,
          sealed: mine.sealed,
          ...(elsewhere ? { other: fromBase64(theirs) } : {}),
        });
      } else if (elsewhere) {
        await this.#settled(mine);
      } else {
        found.delete(mine.record);
      }
    }
    return [...found.values()];
  }

  /** Resolves once the draft is safe, and says where. */
  async put(drawer: DrawerName, record: string, sealed: Uint8Array): Promise<'server' | 'device'> {
    return this.#send({ key: this.#key(drawer, record), account: this.account, drawer, record, sealed });
  }

  async remove(drawer: DrawerName, record: string): Promise<void> {
    const key = this.#key(drawer, record);
    await this.#ready;
    if (!this.#unsent.has(key) && !this.#onServer.has(key) && !this.#queue.has(key)) return;
    await this.#send({ key, account: this.account, drawer, record });
  }

  readonly retry = async (): Promise<void> => {
    for (const draft of [...this.#unsent.values()]) {
      if (this.#queue.has(draft.key) || this.#refused.has(draft)) continue;
      const reached = await this.#enqueue(draft).catch(() => false);
      if (reached) for (const tell of this.sent) tell(draft.record);
    }
  };

  /** Resolves when everything is kept on this device and nothing is on its way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#keeping);
    await Promise.allSettled(this.#queue.values());
  }

  close(): void {
    clearInterval(this.#timer);
    removeEventListener('online', this.retry);
  }

  #key(drawer: DrawerName, record: string): string {
    return `${this.account}/${drawer}/${record}`;
  }

  async #send(draft: UnsentDraft): Promise<'server' | 'device'> {
    await this.#ready;
    const replaces = this.#onServer.get(draft.key);
    const row = replaces === undefined ? draft : { ...draft, replaces };
    this.#unsent.set(row.key, row);
    const keeping = keepUnsent(row).then(
      () => true,
      () => false,
    );
    this.#keeping.add(keeping);
    // Not one after the other: a page that is being closed may not live to see the first one end.
    const [kept, sent] = await Promise.allSettled([keeping, this.#enqueue(row)]);
    this.#keeping.delete(keeping);
    if (sent.status === 'fulfilled') return 'server';
    if (kept.status === 'fulfilled' && kept.value && isUnreachable(sent.reason)) return 'device';
    throw sent.reason;
  }

  /** One request at a time per draft, so that an older one never overtakes a newer one. */
  #enqueue(row: UnsentDraft): Promise<boolean> {
    const { key } = row;
    const turn = (this.#queue.get(key) ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        if (this.#unsent.get(key) !== row) return false;
        try {
          await this.#store(row);
        } catch (error) {
          if (!isUnreachable(error)) this.#refused.add(row);
          throw error;
        }
        await this.#settled(row);
        return true;
      })
      .finally(() => {
        if (this.#queue.get(key) === turn) this.#queue.delete(key);
      });
    this.#queue.set(key, turn);
    return turn;
  }

  async #store({ key, drawer, record, sealed }: UnsentDraft): Promise<void> {
    const path = `/${drawer}/drafts/${record}`;
    if (sealed) {
      const text = toBase64(sealed);
      await put(path, { sealed: text });
      this.#onServer.set(key, text);
    } else {
      await del(path).catch((error) => {
        if (!hasStatus(error, 404)) throw error;
      });
      this.#onServer.delete(key);
    }
  }

  async #settled(row: UnsentDraft): Promise<void> {
    if (this.#unsent.get(row.key) !== row) return;
    this.#unsent.delete(row.key);
    await Promise.allSettled(this.#keeping);
    if (this.#unsent.has(row.key)) return;
    await dropUnsent(row.key).catch(() => undefined);
  }
}
