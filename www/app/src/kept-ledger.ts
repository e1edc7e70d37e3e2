/** What this device keeps of the ledger: entries as the server has them, the last head that was seen, and what still waits. */
import { newId } from 'sealed-notes';
import { type KeptHead, orNothing } from './device.ts';

const all = (account: string): IDBKeyRange => IDBKeyRange.bound([account, 0], [account, Number.MAX_SAFE_INTEGER]);

/** Entries from the first on, and the head: another tab may be a little ahead of either. */
export const keptLedger = async (account: string): Promise<{ entries: Uint8Array[]; head: KeptHead | undefined }> =>
  (await orNothing(async (db) => {
    const [entries, head] = await Promise.all([db.getAll('entries', all(account)), db.get('heads', account)]);
    return { entries, head };
  })) ?? { entries: [], head: undefined };

/** Tabs of one account keep the same entries; the head never goes back, unless the owner said so. */
export async function keepEntries(head: KeptHead, entries: Uint8Array[]): Promise<void> {
  await orNothing(async (db) => {
    const turn = db.transaction(['entries', 'heads'], 'readwrite');
    const [kept, heads] = [turn.objectStore('entries'), turn.objectStore('heads')];
    const first = head.sequence - entries.length + 1;
    for (const [at, entry] of entries.entries()) kept.put(entry, [head.account, first + at]);
    const before = await heads.get(head.account);
    if (!before || before.sequence <= head.sequence) heads.put(head);
    await turn.done;
  });
}

/** In the place of everything that was kept before. */
export async function keepInstead(account: string, head: KeptHead | undefined, entries: Uint8Array[]): Promise<void> {
  await orNothing(async (db) => {
    const turn = db.transaction(['entries', 'heads'], 'readwrite');
    const [kept, heads] = [turn.objectStore('entries'), turn.objectStore('heads')];
    kept.delete(all(account));
    for (const [at, entry] of entries.entries()) kept.put(entry, [account, at + 1]);
    if (head) heads.put(head);
    else heads.delete(account);
    await turn.done;
  });
}

const lockName = (page: string): string => `sealed-notes waiting ${page}`;

/** Runs `work` unless the page that left this is still there, in another tab. */
async function ifLeft(page: string, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  await navigator.locks.request(lockName(page), { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}

/** What one page has waiting. A page that was closed or broke down left it for the next one. */
export class Waiting {
  readonly #page = newId();
  #last: Promise<unknown> = Promise.resolve();
  #isEmpty = true;
  #free: () => void = () => undefined;

  constructor(readonly account: string) {
    navigator.locks?.request(lockName(this.#page), () => new Promise<void>((resolve) => (this.#free = resolve)));
  }

  /** Keeps what waits now; nothing if nothing does. `instead` is another page's, which this now includes. */
  keep(sealed: Uint8Array | undefined, instead?: string): Promise<void> {
    if (!sealed && this.#isEmpty) return Promise.resolve();
    this.#isEmpty = !sealed;
    return this.#inTurn(() =>
      orNothing(async (db) => {
        const turn = db.transaction('waiting', 'readwrite');
        if (sealed) turn.store.put({ page: this.#page, account: this.account, sealed });
        else turn.store.delete(this.#page);
        if (instead) turn.store.delete(instead);
        await turn.done;
      }),
    );
  }

  /** Hands over what other pages left. `restore` is given each, and gives what waits in all. */
  async takeOver(restore: (sealed: Uint8Array) => Promise<Uint8Array | undefined>): Promise<void> {
    const rows = (await orNothing((db) => db.getAllFromIndex('waiting', 'account', this.account))) ?? [];
    for (const { page, sealed } of rows) {
      if (page === this.#page) continue;
      await ifLeft(page, async () => {
        const together = await restore(sealed);
        if (together) await this.keep(together, page);
      });
    }
  }

  close(): void {
    this.#last.finally(() => this.#free());
  }

  #inTurn(work: () => Promise<unknown>): Promise<void> {
    const turn = this.#last.then(work).then(() => undefined);
    this.#last = turn;
    return turn;
  }
}
