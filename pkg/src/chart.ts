import type { Recipients, VaultHandle } from '../wasm/sealed_notes.js';
import { all, each, type Items, only, slices, together } from './batch.js';
import { asBytes, asText, asVersion } from './check.js';
import { call, SealedNotesError } from './error.js';
import { KnownAuthor, recipients, type VerifiedIdentity } from './identity.js';
import { readPage } from './page.js';
import type { Access, BatchOptions, Bytes, ChartDraft, ChartRecord, Grant, GrantRequest, Id, Place, Reader, Receipt, SealedChartRecord, SealedVersion, SharedVersion } from './types.js';
import type { Work, Workers } from './workers.js';

/** As many grants go with a seal; more would block the page for longer than it may be. */
const AT_ONCE = 16;

type RawReader = Omit<Reader, 'grantedAt' | 'expires'> & { grantedAt: number; expires?: number };
type RawRevocation = SealedChartRecord & { receipt: Omit<Receipt, 'revokedAt'> & { revokedAt: number } };

/** Where workers fail, as many are suddenly done here. */
const OF_WORKERS = 128;

/** Neighbours that have something in common. */
function runs<T>(items: T[], common: (item: T) => unknown): T[][] {
  const found: T[][] = [];
  for (const item of items) {
    const last = found.at(-1);
    if (last && common(last[0] as T) === common(item)) last.push(item);
    else found.push([item]);
  }
  return found;
}

const opening: Work<SharedVersion, ChartRecord> = {
  bytes: ({ bytes, grant }) => [bytes, grant],
  parts: (slice) =>
    runs(slice, ({ author }) => author).map((some) => {
      const { author } = some[0] as SharedVersion;
      return {
        kind: 'open',
        about: author,
        sealed: (session) => session.opening(KnownAuthor.handle(author)),
        arrays: [...some.map(({ bytes }) => bytes), ...some.map(({ grant }) => grant)],
      };
    }),
  // Why something does not open is found out here, where the ledger writes it down.
  results: (pages) => pages.flatMap((page) => readPage(page).map((record) => (record instanceof SealedNotesError ? undefined : record))),
};

const date = (seconds: number): Date => new Date(seconds * 1000);

/**
 * The chart: what others may have to read. The author alone reads by default; each recipient gets one grant.
 * A record has 1 to 64 sections of at most 1 MiB each. Their names are visible to the server: name the part,
 * not the patient.
 */
export class Chart {
  readonly #handle: VaultHandle;

  readonly #workers: Workers;

  private constructor(handle: VaultHandle, workers: Workers) {
    this.#handle = handle;
    this.#workers = workers;
  }

  /** @internal */
  static of(handle: VaultHandle, workers: Workers): Chart {
    return new Chart(handle, workers);
  }

  /** Seals version 1 of a record. Pass `record` when a draft of it exists. */
  async seal({
    sections,
    grantTo,
    final = false,
    ...place
  }: Place & { record?: Id; sections: Record<string, string>; grantTo?: GrantRequest[]; final?: boolean }): Promise<SealedChartRecord> {
    return this.#sealed(grantTo, (list) => this.#handle.sealChart(place, sections, final, list) as SealedChartRecord);
  }

  async #sealed(grantTo: GrantRequest[] = [], seal: (list: Recipients) => SealedChartRecord): Promise<SealedChartRecord> {
    const list = call(() => recipients(grantTo));
    if (grantTo.length <= AT_ONCE) return call(() => seal(list));
    const sealed = call(() => seal(recipients()));
    const sliced = slices(grantTo.keys(), {}, (some) => this.#share([sealed.bytes], list, some[0] as number, some.length));
    return { ...sealed, grants: await all(sliced, grantTo.length, {}) };
  }

  /** Seals the version after `previous`. Nobody reads it who is not in `grantTo`. */
  async edit(
    previous: Uint8Array,
    { sections, grantTo, final = false }: { sections: Record<string, string>; grantTo?: GrantRequest[]; final?: boolean },
  ): Promise<SealedChartRecord> {
    const bytes = asBytes(previous);
    return this.#sealed(grantTo, (list) => this.#handle.editChart(bytes, sections, final, list) as SealedChartRecord);
  }

  /**
   * Opens one's own record. `record` is the one that was asked for: a server could hand out another one of yours.
   *
   * @throws {@link SealedNotesError} `tampered` for another record than `record`; `rolled_back` for a version that the ledger
   *   knows to be old, unless `access` says so
   */
  async open(bytes: Uint8Array, { record, access = 'newest' }: { record?: Id; access?: Access } = {}): Promise<ChartRecord> {
    return only(this.#open([{ bytes, ...(record !== undefined && { record }) }], access));
  }

  /**
   * Opens many of one's own records, such as a whole chart; what does not open is the error in its place. For more than fit
   * into memory, {@link openEach}.
   */
  async openMany(records: readonly SealedVersion[], options: BatchOptions & { access?: Access } = {}): Promise<(ChartRecord | SealedNotesError)[]> {
    return all(this.#slices(records, options), records.length, options);
  }

  /** The same one after the other, as they are opened, and no faster than they are taken: `for await (const record of …)`. */
  openEach(records: Items<SealedVersion>, options: BatchOptions & { access?: Access } = {}): AsyncGenerator<ChartRecord | SealedNotesError, void, undefined> {
    return each(this.#slices(records, options));
  }

  #slices(records: Items<SealedVersion>, options: BatchOptions & { access?: Access }) {
    return slices(records, options, (slice: SealedVersion[]) => this.#open(slice, options.access ?? 'listing'));
  }

  #open(slice: SealedVersion[], access: Access): (ChartRecord | SealedNotesError)[] {
    const [bytes, records] = [slice.map((version) => asBytes(version.bytes)), slice.map((version) => version.record)];
    return readPage(call(() => this.#handle.openChart(bytes, records, asText(access, 'access'))));
  }

  /**
   * Opens what `author` granted to this vault: the sections that the grant names. `record` is the one that was asked for.
   *
   * @throws {@link SealedNotesError} `tampered` for another record than `record`; `rolled_back` for a version older than one
   *   that was opened before, unless `access` says so
   */
  async openShared({ access = 'newest', ...version }: SharedVersion & { access?: Access }): Promise<ChartRecord> {
    return only(this.#openShared([[version, undefined]], access));
  }

  /**
   * Opens many that others granted; what does not open is the error in its place. Grants that were made at once are checked
   * and opened at once, too.
   */
  async openSharedMany(records: readonly SharedVersion[], options: BatchOptions & { access?: Access } = {}): Promise<(ChartRecord | SealedNotesError)[]> {
    return all(this.#sharedSlices(records, options), records.length, options);
  }

  /** The same one after the other, as they are opened, and no faster than they are taken. */
  openSharedEach(records: Items<SharedVersion>, options: BatchOptions & { access?: Access } = {}): AsyncGenerator<ChartRecord | SealedNotesError, void, undefined> {
    return each(this.#sharedSlices(records, options));
  }

  #sharedSlices(records: Items<SharedVersion>, options: BatchOptions & { access?: Access }) {
    return slices(this.#workers.ahead(records, opening), options, (slice) => this.#openShared(slice, options.access ?? 'listing'), OF_WORKERS);
  }

  /** What a worker has opened comes with it; the ledger lets it pass, and writes it down, here. */
  #openShared(slice: [SharedVersion, ChartRecord | undefined][], access: Access): (ChartRecord | SealedNotesError)[] {
    return runs(slice, ([{ author }]) => author).flatMap((some) => {
      const versions = some.map(([version]) => version);
      const elsewhere = some.map(([, record]) => record);
      const [bytes, grants] = [versions.map((version) => asBytes(version.bytes)), versions.map((version) => asBytes(version.grant))];
      const [author, records] = [KnownAuthor.handle((versions[0] as SharedVersion).author), versions.map((version) => version.record)];
      const opened = Uint8Array.from(elsewhere, (record) => (record ? 1 : 0));
      return readPage(call(() => this.#handle.openShared(bytes, grants, author, records, asText(access, 'access'), opened)), elsewhere);
    });
  }

  /** Grants further recipients the version in `bytes`, which stays as it is. */
  async share(bytes: Uint8Array, grantTo: GrantRequest[]): Promise<Grant[]> {
    const list = call(() => recipients(grantTo));
    const sliced = slices(grantTo.keys(), {}, (some) => this.#share([bytes], list, some[0] as number, some.length));
    return all(sliced, grantTo.length, {});
  }

  /**
   * Grants recipients many versions, such as a caseload to a new supervisor: the grants of each version, in order, or why it
   * could not be granted. Store each version's grants with it.
   */
  async shareMany(versions: readonly Uint8Array[], grantTo: GrantRequest[], options: BatchOptions = {}): Promise<(Grant[] | SealedNotesError)[]> {
    return all(this.#shareSlices(versions, grantTo, options), versions.length, options);
  }

  /** The same one version after the other, as they are granted, and no faster than they are taken. */
  shareEach(versions: Items<Uint8Array>, grantTo: GrantRequest[], options: BatchOptions = {}): AsyncGenerator<Grant[] | SealedNotesError, void, undefined> {
    return each(this.#shareSlices(versions, grantTo, options));
  }

  #shareSlices(versions: Items<Uint8Array>, grantTo: GrantRequest[], options: BatchOptions) {
    const list = call(() => recipients(grantTo));
    const sharing: Work<Uint8Array, Grant[]> = {
      bytes: (version) => [version],
      parts: (arrays) => [{ kind: 'share', about: list, sealed: (session) => this.#handle.sharing(session, list), arrays }],
      results: ([grants]) => grants as (Grant[] | undefined)[],
    };
    const run = (slice: [Uint8Array, Grant[] | undefined][]): (Grant[] | SealedNotesError)[] => {
      call(() => this.#handle.account()); // locked: what workers have made by then is not given out either
      const left = slice.flatMap(([version, grants]) => (grants ? [] : [version]));
      const made = left.length === 0 ? [] : together(left, (some) => {
        const grants = this.#share(some, list, 0, grantTo.length);
        return some.map((_, index) => grants.slice(index * grantTo.length, (index + 1) * grantTo.length));
      });
      let at = 0;
      return slice.map(([, grants]) => grants ?? (made[at++] as Grant[] | SealedNotesError));
    };
    return slices(this.#workers.ahead(versions, sharing), options, run, OF_WORKERS);
  }

  #share(versions: Uint8Array[], list: Recipients, from: number, count: number): Grant[] {
    return call(() => this.#handle.share(versions.map(asBytes), list, from, count) as Grant[]);
  }

  /** Who can read, from the grants that the server holds on any version. Every grant's signature is checked. */
  async readers(bytes: Uint8Array, grants: Uint8Array[]): Promise<Reader[]> {
    return call(() => this.#handle.readers(asBytes(bytes), grants) as RawReader[]).map(({ grantedAt, expires, ...reader }) => ({
      ...reader,
      grantedAt: date(grantedAt),
      ...(expires === undefined ? {} : { expires: date(expires) }),
    }));
  }

  /**
   * Takes `recipient` off the record: the next version, under fresh content keys, for those who remain. What
   * she could already have read is in the receipt; nothing can take that back.
   *
   * @param input.grants all grants in force on any version
   * @param input.remaining the identities of the other readers of this version
   */
  async revoke(input: { bytes: Uint8Array; grants: Uint8Array[]; recipient: Id; remaining: VerifiedIdentity[] }): Promise<SealedChartRecord & { receipt: Receipt }> {
    const { bytes, grants, recipient, remaining } = input;
    const { receipt, ...sealed } = call(() => {
      const identities = recipients(remaining.map((to) => ({ to, purpose: 'treatment' })));
      return this.#handle.revoke(asBytes(bytes), grants, recipient, identities) as RawRevocation;
    });
    return { ...sealed, receipt: { ...receipt, revokedAt: date(receipt.revokedAt) } };
  }

  /**
   * Each granted section as a plain COSE_Encrypt (RFC 9052) that any COSE-HPKE library opens with a recipient's
   * key. Sections that nobody was granted are left out.
   */
  async exportSections(bytes: Uint8Array, grants: Uint8Array[]): Promise<Record<string, Bytes>> {
    return call(() => this.#handle.exportSections(asBytes(bytes), grants) as Record<string, Bytes>);
  }

  /** Seals unsaved sections, for autosaving every few seconds; each replaces the one before. */
  async sealDraft({ baseVersion, sections, ...place }: ChartDraft): Promise<Bytes> {
    return call(() => this.#handle.sealChartDraft(place, asVersion(baseVersion), sections) as Bytes);
  }

  async openDraft(bytes: Uint8Array): Promise<ChartDraft> {
    return call(() => this.#handle.openChartDraft(asBytes(bytes)) as ChartDraft);
  }
}
