import type { OwnDataHandle, VaultHandle } from '../wasm/sealed_notes.js';
import { breathe } from './batch.js';
import { asBytes } from './check.js';
import { call, SealedNotesError } from './error.js';
import type { Bytes } from './types.js';

/** Takes about 4 milliseconds: the page is not blocked for longer. */
const STEP = 2 ** 21;

/**
 * Bytes of the app's own that belong to the owner of the vault, such as a search index, or a queue of what waits for a
 * connection: at most 1 GiB each. Nobody else can open them, and there is no way to add a reader. They are not in the ledger:
 * where a server keeps them, it can hand out an older state. Made by {@link Vault.ownData}.
 */
export class OwnData {
  readonly #vault: VaultHandle;
  readonly name: string;
  #handle: OwnDataHandle | undefined;
  #epoch = 0;
  #running: Promise<Bytes> | undefined;

  private constructor(vault: VaultHandle, name: string) {
    this.#vault = vault;
    this.name = name;
  }

  /** @internal */
  static of(vault: VaultHandle, name: string): OwnData {
    const made = new OwnData(vault, name);
    made.#use();
    return made;
  }

  /** @internal Wipes its keys. They are made anew if the vault is still open. */
  discard(): void {
    this.#handle?.free();
    this.#handle = undefined;
  }

  // After a rotation it is the new keys that seal.
  #use(): OwnDataHandle {
    const epoch = call(() => this.#vault.epoch());
    if (!this.#handle || epoch !== this.#epoch) {
      this.discard();
      this.#handle = call(() => this.#vault.ownData(this.name));
      this.#epoch = epoch;
    }
    return this.#handle;
  }

  /**
   * Seals `bytes`, which must not change meanwhile.
   *
   * @param into where to put the result, from its start on: a buffer that is used again saves as much time as sealing takes
   * @returns the sealed bytes: the beginning of `into`, or new
   */
  async seal(bytes: Uint8Array, into?: Uint8Array): Promise<Bytes> {
    asBytes(bytes);
    return this.#inTurn(async (handle) => {
      const out = room(
        call(() => handle().beginSeal(bytes.length)),
        bytes,
        into,
      );
      while (!call(() => handle().seal(bytes, out, STEP))) await breathe();
      return out;
    });
  }

  /**
   * Opens what {@link OwnData.seal} gave, under the same name. Nothing is given out before all of it was found genuine.
   *
   * @param into where to put the text; needs up to an eighth more room than it has, for the padding
   * @throws {@link SealedNotesError} `tampered`; `into` is wiped then
   */
  async open(sealed: Uint8Array, into?: Uint8Array): Promise<Bytes> {
    asBytes(sealed);
    return this.#inTurn(async (handle) => {
      const out = room(
        call(() => handle().beginOpen(sealed)),
        sealed,
        into,
      );
      try {
        for (;;) {
          const length = call(() => handle().open(sealed, out, STEP));
          if (length !== undefined) return out.subarray(0, length);
          await breathe();
        }
      } catch (error) {
        out.fill(0);
        throw error;
      }
    });
  }

  // They share one buffer.
  async #inTurn(run: (handle: () => OwnDataHandle) => Promise<Bytes>): Promise<Bytes> {
    while (this.#running) await this.#running.catch(() => undefined);
    const handle = this.#use();
    const running = run(() => {
      if (this.#handle !== handle) throw new SealedNotesError('locked', 'The vault was locked meanwhile. Unlock it, and begin again.');
      return handle;
    });
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = undefined;
    }
  }
}

function room(length: number, from: Uint8Array, into: Uint8Array | undefined): Bytes {
  if (!into) return new Uint8Array(length);
  const out = asBytes(into).subarray(0, length) as Bytes;
  if (out.length < length) throw new SealedNotesError('invalid_input', `The buffer has ${into.length} bytes, and ${length} are needed.`);
  const overlaps = out.buffer === from.buffer && out.byteOffset < from.byteOffset + from.length && from.byteOffset < out.byteOffset + length;
  if (overlaps) throw new SealedNotesError('invalid_input', 'The buffer must not overlap the bytes that are read.');
  return out;
}
