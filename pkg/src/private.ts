import type { VaultHandle } from '../wasm/sealed_notes.js';
import { asBytes, asText, asVersion } from './check.js';
import { call } from './error.js';
import type { Access, Bytes, Id, Place, PrivateDraft, PrivateNote, SealedPrivateNote } from './types.js';

/** @internal `writtenAt` crosses the boundary in seconds. */
export type Raw<T extends { writtenAt: Date }> = Omit<T, 'writtenAt'> & { writtenAt: number };

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
    const note = call(() => this.#handle.openPrivate(asBytes(bytes), record, asText(access, 'access')) as Raw<PrivateNote>);
    return { ...note, writtenAt: new Date(note.writtenAt * 1000) };
  }

  /** Seals an unsaved text, for autosaving every few seconds; each replaces the one before. */
  async sealDraft({ baseVersion, text, ...place }: PrivateDraft): Promise<Bytes> {
    return call(() => this.#handle.sealPrivateDraft(place, asVersion(baseVersion), asText(text, 'text')) as Bytes);
  }

  async openDraft(bytes: Uint8Array): Promise<PrivateDraft> {
    return call(() => this.#handle.openPrivateDraft(asBytes(bytes)) as PrivateDraft);
  }
}
