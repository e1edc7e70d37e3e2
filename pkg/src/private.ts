import type { VaultHandle } from '../wasm/sealed_notes.js';
import { all, each, type Items, only, slices } from './batch.js';
import { asBytes, asText, asVersion } from './check.js';
import { call, type SealedNotesError } from './error.js';
import { readNotes } from './page.js';
import type { Access, BatchOptions, Bytes, Id, Place, PrivateDraft, PrivateNote, SealedPrivateNote, SealedVersion } from './types.js';

/**
 * The private drawer: psychotherapy notes (45 CFR 164.501). Sealed for their author alone; there is no way to
 * add a reader. A text holds at most 1 MiB of UTF-8.
 */
export class PrivateDrawer {
  readonly #handle: VaultHandle;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
  }

  /** @internal */
  static of(handle: VaultHandle): PrivateDrawer {
    return new PrivateDrawer(handle);
  }

  /** Seals version 1 of a note. Pass `record` when a draft of it exists. */
  async seal({ text, final = false, ...place }: Place & { record?: Id; text: string; final?: boolean }): Promise<SealedPrivateNote> {
    return call(() => this.#handle.sealPrivate(place, asText(text, 'text'), final) as SealedPrivateNote);
  }

  /** Seals the version after `previous`, which stays as it is. */
  async edit(previous: Uint8Array, { text, final = false }: { text: string; final?: boolean }): Promise<SealedPrivateNote> {
    return call(() => this.#handle.editPrivate(asBytes(previous), asText(text, 'text'), final) as SealedPrivateNote);
  }

  /**
   * Opens one's own note. `record` is the one that was asked for: a server could hand out another one of yours.
   *
   * @throws {@link SealedNotesError} `tampered` for another record than `record`; `rolled_back` for a version that the ledger
   *   knows to be old, unless `access` says so
   */
  async open(bytes: Uint8Array, { record, access = 'newest' }: { record?: Id; access?: Access } = {}): Promise<PrivateNote> {
    return only(this.#open([{ bytes, ...(record !== undefined && { record }) }], access));
  }

  /**
   * Opens many notes, such as a list of them; what does not open is the error in its place. For more than fit into memory,
   * {@link openEach}.
   */
  async openMany(notes: readonly SealedVersion[], options: BatchOptions & { access?: Access } = {}): Promise<(PrivateNote | SealedNotesError)[]> {
    return all(this.#slices(notes, options), notes.length, options);
  }

  /** The same one after the other, as they are opened, and no faster than they are taken: `for await (const note of …)`. */
  openEach(notes: Items<SealedVersion>, options: BatchOptions & { access?: Access } = {}): AsyncGenerator<PrivateNote | SealedNotesError, void, undefined> {
    return each(this.#slices(notes, options));
  }

  #slices(notes: Items<SealedVersion>, options: BatchOptions & { access?: Access }) {
    return slices(notes, options, (slice: SealedVersion[]) => this.#open(slice, options.access ?? 'listing'));
  }

  #open(notes: SealedVersion[], access: Access): (PrivateNote | SealedNotesError)[] {
    const [bytes, records] = [notes.map((note) => asBytes(note.bytes)), notes.map((note) => note.record)];
    return readNotes(call(() => this.#handle.openPrivate(bytes, records, asText(access, 'access'))));
  }

  /** Seals an unsaved text, for autosaving every few seconds; each replaces the one before. */
  async sealDraft({ baseVersion, text, ...place }: PrivateDraft): Promise<Bytes> {
    return call(() => this.#handle.sealPrivateDraft(place, asVersion(baseVersion), asText(text, 'text')) as Bytes);
  }

  async openDraft(bytes: Uint8Array): Promise<PrivateDraft> {
    return call(() => this.#handle.openPrivateDraft(asBytes(bytes)) as PrivateDraft);
  }
}
