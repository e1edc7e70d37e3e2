import type { PreparedKitHandle, VaultHandle } from '../wasm/sealed_notes.js';
import { asText } from './check.js';
import { call, SealedNotesError } from './error.js';
import type { Deal, VaultChange } from './types.js';

/**
 * A new recovery kit that is not in effect yet: show it, {@link PreparedKit.confirm} the code as typed from it, store
 * {@link PreparedKit.change} in one request, then {@link PreparedKit.commit}. Whatever stops in between, the account is as it
 * was before, or as it is after, and never without a working kit.
 */
export class PreparedKit {
  #handle: PreparedKitHandle | undefined;
  readonly #vault: VaultHandle;
  /** Generation of the vault that it was made from: what the server must still hold when it is stored. */
  readonly expects: number;
  /** 8 groups of 4. New after a rotation, else as before. */
  readonly accountSecret: string;
  /** 10 groups of 4. */
  readonly recoveryCode: string;
  /** Trustees whose shares a rotation makes worthless: deal anew. */
  readonly ended: Deal[];

  private constructor(handle: PreparedKitHandle, vault: VaultHandle) {
    this.#handle = handle;
    this.#vault = vault;
    this.expects = call(() => vault.generation());
    const parts = call(() => handle.parts() as { accountSecret: string; recoveryCode: string; ended: (Omit<Deal, 'dealtAt'> & { dealtAt: number })[] });
    this.accountSecret = parts.accountSecret;
    this.recoveryCode = parts.recoveryCode;
    this.ended = parts.ended.map((deal) => ({ ...deal, dealtAt: new Date(deal.dealtAt * 1000) }));
  }

  /** @internal */
  static of(handle: PreparedKitHandle, vault: VaultHandle): PreparedKit {
    return new PreparedKit(handle, vault);
  }

  #use(): PreparedKitHandle {
    if (!this.#handle) throw new SealedNotesError('invalid_input', 'This kit is in effect already, or was discarded. Prepare another.');
    return this.#handle;
  }

  /** Takes the code as typed from the new kit. */
  async confirm(code: string): Promise<void> {
    call(() => this.#use().confirm(asText(code, 'code')));
  }

  /** What to store, in one request. The same bytes each time, so that a lost answer can be asked for again. */
  async change(): Promise<VaultChange> {
    return call(() => this.#use().change() as VaultChange);
  }

  /** Once it is stored: the vault goes on with it. */
  async commit(): Promise<void> {
    const handle = this.#use();
    this.#handle = undefined; // taken, whatever becomes of it
    call(() => this.#vault.commit(handle));
  }

  /** Wipes it. The vault stays as it is. */
  discard(): void {
    this.#handle?.free();
    this.#handle = undefined;
  }
}
