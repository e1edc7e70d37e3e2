/// <reference lib="esnext.disposable" preserve="true" />
import { VaultHandle } from '../wasm/sealed_notes.js';
import { Chart } from './chart.js';
import { asBytes, asText } from './check.js';
import { call } from './error.js';
import { Identity, VerifiedIdentity } from './identity.js';
import { init } from './init.js';
import { PrivateDrawer } from './private.js';
import type { Bytes, Id } from './types.js';

/** A new account: keep `accountSecret` with the person, send the other bytes to the server. */
export interface CreatedVault {
  vault: Vault;
  /** Needed with the passphrase on every new device: 8 groups of 4 letters and digits. Without it nobody gets in. */
  accountSecret: string;
  /** Public keys, for others. */
  keyLogEntry: Bytes;
  sealedVault: Bytes;
  slot: Bytes;
}

// One spelling for one passphrase, whatever keyboard it was typed on.
const normalized = (passphrase: string): string => asText(passphrase, 'passphrase').normalize('NFKC');

/** What an account's keys live in. The keys stay inside WebAssembly; this object is a handle. */
export class Vault {
  readonly #handle: VaultHandle;
  readonly account: Id;
  /** The digits that others compare before they share: 8 groups of 5. */
  readonly fingerprint: string;
  /** Oneself, as others' records want a reader and one's own an author. */
  readonly self: VerifiedIdentity;
  readonly private: PrivateDrawer;
  readonly chart: Chart;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
    this.account = handle.account();
    this.fingerprint = handle.fingerprint();
    this.self = VerifiedIdentity.of(handle.ownIdentity());
    this.private = PrivateDrawer.of(handle);
    this.chart = Chart.of(handle);
  }

  static {
    // Browsers without `using` have no such symbol.
    if (Symbol.dispose) Object.defineProperty(this.prototype, Symbol.dispose, { value: this.prototype.lock });
  }

  /**
   * Makes a new account. Takes about a third of a second: the passphrase is stretched with Argon2id (64 MiB).
   *
   * @param input.passphrase at least 12 characters
   * @param input.tenant id of the hosting platform
   */
  static async create(input: { passphrase: string; tenant?: Id }): Promise<CreatedVault> {
    await init();
    return call(() => {
      const created = VaultHandle.create(normalized(input.passphrase), input.tenant);
      const parts = created.parts() as Omit<CreatedVault, 'vault'>;
      return { vault: new Vault(created.intoVault()), ...parts };
    });
  }

  /**
   * Opens a sealed vault.
   *
   * @throws {@link SealedNotesError} `wrong_passphrase` when passphrase or account secret is wrong (which one is
   * not told), `invalid_account_secret` for a typing error in it.
   */
  static async unlock(input: { passphrase: string; accountSecret: string; sealedVault: Uint8Array; slots: Uint8Array[] }): Promise<Vault> {
    await init();
    const { passphrase, accountSecret, sealedVault, slots } = input;
    return call(() => new Vault(VaultHandle.unlock(asBytes(sealedVault), slots, normalized(passphrase), asText(accountSecret, 'accountSecret'))));
  }

  get locked(): boolean {
    return this.#handle.locked();
  }

  /** Wipes every key from memory. Later calls reject with code `locked`. */
  lock(): void {
    this.#handle.lock();
  }

  /** Number of the newest save of the vault. */
  get generation(): number {
    return call(() => this.#handle.generation());
  }

  /** The account secret, to print it again. */
  async revealAccountSecret(): Promise<string> {
    return call(() => this.#handle.revealAccountSecret());
  }

  /** Replaces the passphrase; no note is touched. Store both results at once. */
  async changePassphrase(input: { current: string; next: string; slots: Uint8Array[] }): Promise<{ sealedVault: Bytes; slot: Bytes }> {
    const { current, next, slots } = input;
    return call(
      () => this.#handle.changePassphrase(slots, normalized(current), normalized(next)) as { sealedVault: Bytes; slot: Bytes },
    );
  }

  /** Signs a server's challenge (32 bytes) for `origin`: a login without a password ever reaching a server. */
  async login({ challenge, origin }: { challenge: Uint8Array; origin: string }): Promise<Bytes> {
    return call(() => this.#handle.login(asBytes(challenge), asText(origin, 'origin')) as Bytes);
  }

  /**
   * Trusts `identity` if `fingerprint` is what its owner read out. Store `sealedVault`, and other devices trust it too.
   *
   * @throws {@link SealedNotesError} `fingerprint_mismatch`
   */
  async confirm(identity: Identity, fingerprint: string): Promise<{ verified: VerifiedIdentity; sealedVault: Bytes }> {
    return call(() => {
      const handle = Identity.handle(identity);
      const sealedVault = this.#handle.confirm(handle, asText(fingerprint, 'fingerprint')) as Bytes;
      const verified = this.#handle.verified(handle);
      if (!verified) throw new Error('a confirmed identity is pinned');
      return { verified: VerifiedIdentity.of(verified), sealedVault };
    });
  }

  /** The identity, if its fingerprint was compared before and its keys are still those. */
  async verified(identity: Identity): Promise<VerifiedIdentity | undefined> {
    const handle = call(() => this.#handle.verified(Identity.handle(identity)));
    return handle && VerifiedIdentity.of(handle);
  }
}

export interface Vault extends Disposable {}
