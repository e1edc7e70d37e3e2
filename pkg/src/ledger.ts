import type { VaultHandle } from '../wasm/sealed_notes.js';
import { asBytes, asOneOf, asText } from './check.js';
import { call } from './error.js';
import type { Bytes, Drawer, Finding, Id, LedgerEntry, LedgerEvent, LedgerHead, LedgerNote, ListedHead, Receipt, RecordReader } from './types.js';

type RawEntry = Omit<LedgerEntry, 'madeAt' | 'events'> & { madeAt: number; events: (Omit<LedgerEvent, 'at'> & { at: number })[] };

const date = (seconds: number): Date => new Date(seconds * 1000);

/**
 * The account's signed, hash-chained log: who opened, changed, shared, revoked, exported what and when, and what shows that
 * a server withholds something. Opens write themselves down; what you store is written down by the entry that you store
 * with it: {@link Ledger.seal}, one request, then {@link Ledger.stored}.
 */
export class Ledger {
  readonly #handle: VaultHandle;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
  }

  /** @internal */
  static of(handle: VaultHandle): Ledger {
    return new Ledger(handle);
  }

  /** The last entry this vault has followed. Keep it on the device, and pass it to {@link Ledger.expect} next time. */
  get head(): LedgerHead | undefined {
    return call(() => this.#handle.ledgerHead() as LedgerHead | undefined);
  }

  /** How many events wait to be stored. */
  get pending(): number {
    return call(() => this.#handle.ledgerPending());
  }

  /**
   * A head that this or another device saw, at any time: {@link Ledger.follow} refuses a ledger that ends before it.
   *
   * @throws {@link SealedNotesError} `forked` if the ledger went another way
   */
  async expect(head: LedgerHead): Promise<void> {
    call(() => this.#handle.ledgerExpect(head));
  }

  /**
   * Goes on with the server's entries behind {@link Ledger.head}; how many they were.
   *
   * @param input.all whether the server has no more
   * @throws {@link SealedNotesError} `rolled_back` if the ledger ends before a head that was seen, `forked` if it goes
   * another way, `tampered`
   */
  async follow(entries: Uint8Array[], { all }: { all: boolean }): Promise<number> {
    return call(() => this.#handle.ledgerFollow(entries, all));
  }

  /**
   * The next entry: what waits, and what is stored in the same request. Nothing when there is nothing to write. If the server
   * has a newer entry, follow it and seal again; also if you do not know whether the one before was stored.
   */
  async seal(input: { versions?: Uint8Array[]; grants?: Uint8Array[]; revoked?: Pick<Receipt, 'record' | 'recipient' | 'replacedBy'>[]; device?: Id } = {}): Promise<Bytes | undefined> {
    const { versions = [], grants = [], revoked = [], device } = input;
    const receipts = revoked.map(({ record, recipient, replacedBy }) => ({ record, recipient, replacedBy }));
    return call(() => this.#handle.ledgerSeal(versions, grants, receipts, device) as Bytes | undefined);
  }

  /** The server has stored this entry. */
  async stored(entry: Uint8Array): Promise<void> {
    call(() => this.#handle.ledgerStored(asBytes(entry)));
  }

  /**
   * Writes down what the library cannot see: a print, an export, and with `rollback-accepted` that the owner takes the server's
   * state of a record (its `version` and `hash`; without, that it is gone) for the newest. The last is in effect once it is stored.
   */
  async note(note: LedgerNote): Promise<void> {
    const { kind, detail, client, drawer, record, version, hash, person } = note;
    asOneOf(kind, ['printed', 'exported', 'rollback-accepted'], 'kind');
    call(() => this.#handle.ledgerNote({ kind, detail: asText(detail, 'detail'), client, drawer, record, version, hash, person }));
  }

  /** What waits, sealed for this device to keep until it is stored; nothing if nothing waits. Each replaces the one before. */
  async pendingSealed(): Promise<Bytes | undefined> {
    return call(() => this.#handle.ledgerPendingSealed() as Bytes | undefined);
  }

  /**
   * Goes on with what an earlier run left waiting: {@link Ledger.pendingSealed}; how many events. Call it before
   * {@link Ledger.follow}, which takes off what was stored after all.
   */
  async restore(sealed: Uint8Array): Promise<number> {
    return call(() => this.#handle.ledgerRestore(asBytes(sealed)));
  }

  /**
   * Takes the server's whole ledger for the account's, though it ends before or goes another way than what was seen: the
   * owner's choice, such as after a backup was restored. Writes that down; nothing changes if an entry is refused.
   *
   * @param entries all that the server has, from the first
   */
  async accept(entries: Uint8Array[]): Promise<void> {
    call(() => this.#handle.ledgerAccept(entries));
  }

  /** The events of entries, for an audit view. */
  async read(entries: Uint8Array[]): Promise<LedgerEntry[]> {
    const read = call(() => this.#handle.ledgerRead(entries) as RawEntry[]);
    return read.map((entry) => ({ ...entry, madeAt: date(entry.madeAt), events: entry.events.map((event) => ({ ...event, at: date(event.at) })) }));
  }

  /**
   * What the server's list of one's own records hides, or shows in another state than the ledger says.
   *
   * @param input.heads the newest version of each record, and its hash, as the server lists them
   * @param input.all whether that is all of it: only then can a record be missing
   * @param input.of of what: the drawer if left out, one client's records, or `clients`: the records that have a client's id
   */
  async compare({ drawer, heads, all, of = 'drawer' }: { drawer: Drawer; heads: ListedHead[]; all: boolean; of?: Id | 'clients' | 'drawer' }): Promise<Finding[]> {
    return call(() => this.#handle.ledgerCompare(drawer, heads, all ? asText(of, 'of') : 'none') as Finding[]);
  }

  /** Who was granted a record and not taken off it since, as the ledger says: a server cannot hide a reader. */
  async readers(record: Id): Promise<RecordReader[]> {
    return call(() => this.#handle.ledgerReaders(asText(record, 'record')) as RecordReader[]);
  }

  /**
   * A bundle for an auditor, who checks it without any key: `cargo run -p verify-ledger FILE`. It holds the whole chain, and
   * the events of the entries made from `from` until before `until`.
   */
  async export({ keyLog, entries, from, until }: { keyLog: Uint8Array[]; entries: Uint8Array[]; from?: Date; until?: Date }): Promise<Bytes> {
    const seconds = (at: Date | undefined, otherwise: number): number => (at === undefined ? otherwise : at.getTime() / 1000);
    return call(() => this.#handle.ledgerExport(keyLog, entries, seconds(from, 0), seconds(until, Number.MAX_SAFE_INTEGER)) as Bytes);
  }
}
