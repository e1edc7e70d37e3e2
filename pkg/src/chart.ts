import type { Recipients, VaultHandle } from '../wasm/sealed_notes.js';
import { all, each, type Items, only, settled, slices } from './batch.js';
import { asBytes, asText, asVersion } from './check.js';
import { call, SealedNotesError } from './error.js';
import { KnownAuthor, recipients, type VerifiedIdentity } from './identity.js';
import { readPage } from './page.js';
import type { Access, BatchOptions, Bytes, ChartDraft, ChartRecord, Grant, GrantRequest, Id, Place, Reader, Receipt, SealedChartRecord, SealedVersion, SharedVersion } from './types.js';

/** As many grants go with a seal; more would block the page for longer than it may be. */
const AT_ONCE = 16;

type RawReader = Omit<Reader, 'grantedAt' | 'expires'> & { grantedAt: number; expires?: number };
type RawRevocation = SealedChartRecord & { receipt: Omit<Receipt, 'revokedAt'> & { revokedAt: number } };

const date = (seconds: number): Date => new Date(seconds * 1000);

/**
 * The chart: what others may have to read. The author alone reads by default; each recipient gets one grant.
 * A record has 1 to 64 sections of at most 1 MiB each. Their names are visible to the server: name the part,
 * not the patient.
 */
export class Chart {
  readonly #handle: VaultHandle;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
  }

  /** @internal */
  static of(handle: VaultHandle): Chart {
    return new Chart(handle);
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
    return only(this.#openShared([version], access));
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
    return slices(records, options, (slice: SharedVersion[]) => this.#openShared(slice, options.access ?? 'listing'));
  }

  #openShared(slice: SharedVersion[], access: Access): (ChartRecord | SealedNotesError)[] {
    const opened: (ChartRecord | SealedNotesError)[] = [];
    for (let from = 0; from < slice.length; ) {
      const { author } = slice[from] as SharedVersion;
      let to = from + 1;
      while (slice[to]?.author === author) to++;
      const [some, handle] = [slice.slice(from, to), KnownAuthor.handle(author)];
      const [bytes, grants] = [some.map((version) => asBytes(version.bytes)), some.map((version) => asBytes(version.grant))];
      const records = some.map((version) => version.record);
      opened.push(...readPage(call(() => this.#handle.openShared(bytes, grants, handle, records, asText(access, 'access')))));
      from = to;
    }
    return opened;
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
    return slices(versions, options, (slice: Uint8Array[]): (Grant[] | SealedNotesError)[] => {
      try {
        const grants = this.#share(slice, list, 0, grantTo.length);
        return slice.map((_, index) => grants.slice(index * grantTo.length, (index + 1) * grantTo.length));
      } catch (error) {
        // Whichever of them does not open must not keep the others from being granted.
        if (!(error instanceof SealedNotesError)) throw error;
        return slice.map((version) => settled(() => this.#share([version], list, 0, grantTo.length)));
      }
    });
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
