import type { VaultHandle } from '../wasm/sealed_notes.js';
import { asBytes, asText, asVersion } from './check.js';
import { call } from './error.js';
import { KnownAuthor, recipients, type VerifiedIdentity } from './identity.js';
import type { Raw } from './private.js';
import type { Access, Bytes, ChartDraft, ChartRecord, Grant, GrantRequest, Id, Place, Reader, Receipt, SealedChartRecord } from './types.js';

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
    return call(() => this.#handle.sealChart(place, sections, final, recipients(grantTo)) as SealedChartRecord);
  }

  /** Seals the version after `previous`. Nobody reads it who is not in `grantTo`. */
  async edit(
    previous: Uint8Array,
    { sections, grantTo, final = false }: { sections: Record<string, string>; grantTo?: GrantRequest[]; final?: boolean },
  ): Promise<SealedChartRecord> {
    return call(() => this.#handle.editChart(asBytes(previous), sections, final, recipients(grantTo)) as SealedChartRecord);
  }

  /**
   * Opens one's own record. `record` is the one that was asked for: a server could hand out another one of yours.
   *
   * @throws {@link SealedNotesError} `tampered` for another record than `record`; `rolled_back` for a version that the ledger
   *   knows to be old, unless `access` says so
   */
  async open(bytes: Uint8Array, { record, access = 'newest' }: { record?: Id; access?: Access } = {}): Promise<ChartRecord> {
    const opened = call(() => this.#handle.openChart(asBytes(bytes), record, asText(access, 'access')) as Raw<ChartRecord>);
    return { ...opened, writtenAt: date(opened.writtenAt) };
  }

  /**
   * Opens what `author` granted to this vault: the sections that the grant names. `record` is the one that was asked for.
   *
   * @throws {@link SealedNotesError} `tampered` for another record than `record`; `rolled_back` for a version older than one
   *   that was opened before, unless `access` says so
   */
  async openShared(input: { bytes: Uint8Array; grant: Uint8Array; author: VerifiedIdentity | KnownAuthor; record?: Id; access?: Access }): Promise<ChartRecord> {
    const { bytes, grant, author, record, access = 'newest' } = input;
    const handle = KnownAuthor.handle(author);
    const opened = call(() => this.#handle.openShared(asBytes(bytes), asBytes(grant), handle, record, asText(access, 'access')) as Raw<ChartRecord>);
    return { ...opened, writtenAt: date(opened.writtenAt) };
  }

  /** Grants further recipients the version in `bytes`, which stays as it is. */
  async share(bytes: Uint8Array, grantTo: GrantRequest[]): Promise<Grant[]> {
    return call(() => this.#handle.share(asBytes(bytes), recipients(grantTo)) as Grant[]);
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
