/// <reference lib="esnext.disposable" preserve="true" />
import { Identities, VaultHandle } from '../wasm/sealed_notes.js';
import { Chart } from './chart.js';
import { asBytes, asCount, asOneOf, asText, seconds } from './check.js';
import { call } from './error.js';
import { Groups } from './groups.js';
import { Identity, VerifiedIdentity } from './identity.js';
import { init } from './init.js';
import { PreparedKit } from './kit.js';
import { Ledger } from './ledger.js';
import { OwnData } from './own-data.js';
import { PrivateDrawer } from './private.js';
import { holders, Share, shareList } from './share.js';
import { stretchFor, stretchNew } from './stretch.js';
import { Trust } from './trust.js';
import type { Bytes, Deal, DealKind, Dealt, Device, Id, IssuedWill, OnProgress, Seen, ShareFor, TrustedAs, UnlockSlot, VaultChange, WillScope } from './types.js';
import { Workers } from './workers.js';

/** A new account: keep `accountSecret` and `recoveryCode` with the person, send the other bytes to the server. */
export interface CreatedVault {
  vault: Vault;
  /** Needed with the passphrase on every new device: 8 groups of 4 letters and digits. */
  accountSecret: string;
  /**
   * Opens the account without a passphrase, once: 10 groups of 4, for paper alone. The vault seals nothing until it was
   * typed back: {@link Vault.confirmRecoveryCode}.
   */
  recoveryCode: string;
  /** Public keys, for others. */
  keyLogEntry: Bytes;
  sealedVault: Bytes;
  /** Passphrase slot and recovery code. */
  slots: Bytes[];
}

/** What is stored of an account, whichever way it is unlocked. */
export interface StoredVault {
  sealedVault: Uint8Array;
  slots: Uint8Array[];
  /**
   * The newest {@link Vault.generation} that this device saw, or another one sent with its answer. An older vault, from before
   * a way in was removed or somebody was verified, is refused as `rolled_back`, and so is a ledger that ends before.
   */
  seen?: Seen | undefined;
}

const date = (seconds: number): Date => new Date(seconds * 1000);
type Seconds<T, K extends keyof T> = { [P in keyof T]: P extends K ? (undefined extends T[P] ? number | undefined : number) : T[P] };

/** What an account's keys live in. The keys stay inside WebAssembly; this object is a handle. */
export class Vault {
  readonly #handle: VaultHandle;
  readonly #workers: Workers;
  /** Kits that are not in effect yet hold the next keys, shares a part of somebody's: locking wipes them too. */
  readonly #opened = new Set<PreparedKit | Share | OwnData>();
  readonly account: Id;
  /** The digits that others compare before they share: 8 groups of 5. */
  readonly fingerprint: string;
  readonly private: PrivateDrawer;
  readonly chart: Chart;
  readonly ledger: Ledger;
  readonly trust: Trust;
  readonly groups: Groups;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
    this.account = handle.account();
    this.fingerprint = handle.fingerprint();
    this.private = PrivateDrawer.of(handle);
    this.#workers = new Workers(handle);
    this.chart = Chart.of(handle, this.#workers);
    this.ledger = Ledger.of(handle);
    this.trust = Trust.of(handle);
    this.groups = Groups.of(handle);
  }

  static #of(handle: VaultHandle, seen?: Seen): Vault {
    try {
      if (seen) handle.expect(seen);
      return new Vault(handle);
    } catch (error) {
      handle.free();
      throw error;
    }
  }

  /**
   * Makes a new account. Takes about a third of a second: the passphrase is stretched with Argon2id (64 MiB), in browsers in
   * a worker that is thrown away.
   *
   * @param input.passphrase at least 12 characters
   * @param input.tenant id of the hosting platform
   */
  static async create(input: { passphrase: string; tenant?: Id; onProgress?: OnProgress }): Promise<CreatedVault> {
    const tenant = input.tenant === undefined ? undefined : asText(input.tenant, 'tenant');
    const stretched = await stretchNew(input.passphrase, input.onProgress);
    return call(() => {
      const created = VaultHandle.create(stretched, tenant);
      const parts = created.parts() as Omit<CreatedVault, 'vault'>;
      return { vault: new Vault(created.intoVault()), ...parts };
    });
  }

  /**
   * Opens a sealed vault with passphrase and account secret.
   *
   * @throws {@link SealedNotesError} `wrong_passphrase` when passphrase or account secret is wrong (which one is
   * not told), `invalid_account_secret` for a typing error in it.
   */
  static async unlock(input: StoredVault & { passphrase: string; accountSecret: string; onProgress?: OnProgress }): Promise<Vault> {
    const { passphrase, slots, seen, onProgress } = input;
    const [sealedVault, accountSecret] = [asBytes(input.sealedVault), asText(input.accountSecret, 'accountSecret')];
    const stretched = await stretchFor(passphrase, slots, onProgress);
    return call(() => Vault.#of(VaultHandle.unlock(sealedVault, slots, stretched, accountSecret), seen));
  }

  /**
   * Opens a sealed vault with what {@link evaluatePasskey} gave, and overwrites it with zeros.
   *
   * @throws {@link SealedNotesError} `wrong_passkey`
   */
  static async unlockWithPasskey({ prf, sealedVault, slots, seen }: StoredVault & { prf: Uint8Array }): Promise<Vault> {
    try {
      await init();
      return call(() => Vault.#of(VaultHandle.unlockWithPasskey(asBytes(sealedVault), slots, asBytes(prf)), seen));
    } finally {
      prf.fill(0);
    }
  }

  /**
   * Opens a sealed vault with the recovery code of its kit. The code works once: the vault opens everything and seals nothing
   * until a new kit was made ({@link Vault.prepareKit}), confirmed and stored.
   *
   * @throws {@link SealedNotesError} `wrong_recovery_code`, `invalid_recovery_code` for a typing error
   */
  static async unlockWithRecoveryCode({ recoveryCode, sealedVault, slots, seen }: StoredVault & { recoveryCode: string }): Promise<Vault> {
    await init();
    return call(() => Vault.#of(VaultHandle.unlockWithRecoveryCode(asBytes(sealedVault), slots, asText(recoveryCode, 'recoveryCode')), seen));
  }

  /**
   * Opens a sealed vault with the shares of its trustees.
   *
   * @param input.owner the account's own key log: every share is signed by it
   * @throws {@link SealedNotesError} `too_few_shares`, `wrong_share` (which one is in the message), `wrong_shares`
   */
  static async unlockWithShares({ owner, shares, sealedVault, slots, seen }: StoredVault & { owner: Identity; shares: Share[] }): Promise<Vault> {
    await init();
    return call(() => Vault.#of(VaultHandle.unlockWithShares(asBytes(sealedVault), slots, Identity.handle(owner), shareList(shares)), seen));
  }

  /**
   * Goes on with a newer save of this vault that another device made; whether it was newer. Do this before each change.
   *
   * @throws {@link SealedNotesError} `rotated` when the account was given new keys since: lock, and unlock again
   */
  async refresh(sealedVault: Uint8Array): Promise<boolean> {
    return call(() => this.#handle.refresh(asBytes(sealedVault)));
  }

  get locked(): boolean {
    return this.#handle.locked();
  }

  /** Wipes every key from memory. Later calls reject with code `locked`. */
  lock(): void {
    this.#handle.lock();
    this.#workers.end();
    for (const opened of this.#opened) opened.discard();
    this.#opened.clear();
  }

  #keep<T extends PreparedKit | Share | OwnData>(opened: T): T {
    this.#opened.add(opened);
    return opened;
  }

  /** Bytes of the app's own, sealed for the owner of this vault: `name`, of at most 64 bytes, says which. */
  ownData(name: string): OwnData {
    const known = [...this.#opened].find((opened) => opened instanceof OwnData && opened.name === name) as OwnData | undefined;
    return known ?? this.#keep(OwnData.of(this.#handle, asText(name, 'name')));
  }

  /** Oneself, as others' records want a reader and one's own an author. */
  get self(): VerifiedIdentity {
    return call(() => VerifiedIdentity.of(this.#handle.ownIdentity()));
  }

  /** Number of the newest save of the vault. */
  get generation(): number {
    return call(() => this.#handle.generation());
  }

  /** Number of the newest generation of keys: 1, and one more for each rotation. */
  get epoch(): number {
    return call(() => this.#handle.epoch());
  }

  /** Whether there is a confirmed way back into the account. Until then drafts can be sealed, and nothing else. */
  get hasConfirmedRecovery(): boolean {
    return call(() => this.#handle.hasConfirmedRecovery());
  }

  /** Every way to unlock. */
  unlockSlots(): UnlockSlot[] {
    const slots = call(() => this.#handle.unlockSlots() as Seconds<UnlockSlot, 'addedAt' | 'checkedAt'>[]);
    return slots.map(({ addedAt, checkedAt, ...slot }) => ({ ...slot, addedAt: date(addedAt), ...(checkedAt === undefined ? {} : { checkedAt: date(checkedAt) }) }));
  }

  /** Every device that unlocked this vault, by the names its owner gave. */
  devices(): Device[] {
    return call(() => this.#handle.devices() as Seconds<Device, 'addedAt'>[]).map((device) => ({ ...device, addedAt: date(device.addedAt) }));
  }

  /** Whom shares were dealt to. */
  deals(): Deal[] {
    return call(() => this.#handle.deals() as Seconds<Deal, 'dealtAt'>[]).map((deal) => ({ ...deal, dealtAt: date(deal.dealtAt) }));
  }

  /** The account secret, to print it again. */
  async revealAccountSecret(): Promise<string> {
    return call(() => this.#handle.revealAccountSecret());
  }

  /** Whether an account secret, as typed from a kit, is this account's. Throws `invalid_account_secret` for a typing error. */
  async checkAccountSecret(typed: string): Promise<boolean> {
    return call(() => {
      try {
        this.#handle.checkAccountSecret(asText(typed, 'accountSecret'));
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === 'wrong_passphrase') return false;
        throw error;
      }
    });
  }

  /** Replaces the passphrase; no note is touched. */
  async changePassphrase(input: { current: string; next: string; slots: Uint8Array[]; onProgress?: OnProgress }): Promise<VaultChange> {
    const { slots, onProgress } = input;
    const current = await stretchFor(input.current, slots, onProgress);
    const next = await stretchNew(input.next, onProgress).catch((error: unknown) => {
      current.free();
      throw error;
    });
    return call(() => this.#handle.changePassphrase(slots, current, next) as VaultChange);
  }

  /** Replaces the passphrase of whoever forgot it and came in another way. */
  async setPassphrase({ next, onProgress }: { next: string; onProgress?: OnProgress }): Promise<VaultChange> {
    const stretched = await stretchNew(next, onProgress);
    return call(() => this.#handle.setPassphrase(stretched) as VaultChange);
  }

  /** Adds what {@link createPasskey} made as a way to unlock. `name` is what its owner knows it by. */
  async addPasskey({ name, credential, salt, prf }: { name: string; credential: Uint8Array; salt: Uint8Array; prf: Uint8Array }): Promise<VaultChange> {
    try {
      return call(() => this.#handle.addPasskey(asText(name, 'name'), asBytes(credential), asBytes(salt), asBytes(prf)) as VaultChange);
    } finally {
      prf.fill(0);
    }
  }

  /** Removes a way to unlock. A recovery code stays, and a passphrase or a passkey: else `last_way_back`. */
  async removeSlot(slot: Id): Promise<VaultChange> {
    return call(() => this.#handle.removeSlot(asText(slot, 'slot')) as VaultChange);
  }

  /**
   * Shows that the code on the kit opens this account, and notes the day. The first time it lets the vault seal; later it is
   * the drill, which changes nothing else.
   */
  async confirmRecoveryCode({ code, slots }: { code: string; slots: Uint8Array[] }): Promise<VaultChange> {
    return call(() => this.#handle.confirmRecoveryCode(slots, asText(code, 'code')) as VaultChange);
  }

  /** A new recovery code, and a new passphrase if one is given. In effect once it is confirmed, stored and committed. */
  async prepareKit({ passphrase, onProgress }: { passphrase?: string; onProgress?: OnProgress } = {}): Promise<PreparedKit> {
    const stretched = passphrase === undefined ? undefined : await stretchNew(passphrase, onProgress);
    return this.#keep(PreparedKit.of(call(() => this.#handle.prepareKit(stretched)), this.#handle));
  }

  /**
   * Rotation: new keys for all that is written from now on, a new account secret, passphrase slot and recovery code. Passkeys
   * and trustees are removed, to be added anew; `forget` are devices that are gone. What was written before stays readable.
   *
   * @param input.stolenSince from when on somebody else may have had the old keys: others refuse what they signed as of then
   */
  async prepareRotation({ passphrase, forget = [], stolenSince, onProgress }: { passphrase: string; forget?: Id[]; stolenSince?: Date; onProgress?: OnProgress }): Promise<PreparedKit> {
    const stretched = await stretchNew(passphrase, onProgress);
    return this.#keep(PreparedKit.of(call(() => this.#handle.prepareRotation(stretched, forget, seconds(stolenSince))), this.#handle));
  }

  /**
   * Seals the vault anew as it is: with how far its ledger goes by now. Store it after {@link Ledger.accept}, or other devices
   * go on expecting what was given up.
   */
  async reseal(): Promise<VaultChange> {
    return call(() => this.#handle.reseal() as VaultChange);
  }

  /** Remembers a device by name, or renames it. */
  async addDevice({ device, name }: { device: Id; name: string }): Promise<VaultChange> {
    return call(() => this.#handle.addDevice(asText(device, 'device'), asText(name, 'name')) as VaultChange);
  }

  /** Forgets a device. What it learned is worthless only after a rotation. */
  async forgetDevice(device: Id): Promise<VaultChange> {
    return call(() => this.#handle.forgetDevice(asText(device, 'device')) as VaultChange);
  }

  /** Lets `threshold` of these people together open the account, in place of the former trustees. Store the shares first. */
  async dealTrustees({ threshold, people }: { threshold: number; people: ShareFor[] }): Promise<Dealt> {
    return call(() => this.#handle.dealTrustees(asCount(threshold, 'threshold'), holders(people)) as Dealt);
  }

  /**
   * A professional will: `threshold` of these executors together can read what `scope` names, once the server let
   * `waitingDays` pass since a claim. That wait is the server's promise, not cryptography. Replaces the former will.
   */
  async issueWill(input: { scope: WillScope; waitingDays: number; threshold: number; executors: ShareFor[] }): Promise<IssuedWill> {
    const withPrivate = asOneOf(input.scope, ['chart', 'chart-and-private'], 'scope') === 'chart-and-private';
    const [days, threshold] = [asCount(input.waitingDays, 'waitingDays'), asCount(input.threshold, 'threshold')];
    return call(() => this.#handle.issueWill(withPrivate, days, threshold, holders(input.executors)) as IssuedWill);
  }

  /** Forgets the will; delete it on the server as well. */
  async revokeWill(): Promise<VaultChange> {
    return call(() => this.#handle.revokeWill() as VaultChange);
  }

  /** Opens a share that `owner` dealt to this account. */
  async openShare({ owner, kind, deal, sealed }: { owner: Identity; kind: DealKind; deal: Id; sealed: Uint8Array }): Promise<Share> {
    return this.#keep(call(() => Share.of(this.#handle.openShare(Identity.handle(owner), asText(kind, 'kind'), asText(deal, 'deal'), asBytes(sealed)))));
  }

  /**
   * Seals a share to whoever made `request` and read its code aloud.
   *
   * @throws {@link SealedNotesError} `wrong_code`: the request is not the one whose code was read
   */
  async answerWithShare({ share, request, code }: { share: Share; request: Uint8Array; code: string }): Promise<Bytes> {
    return call(() => this.#handle.answerWithShare(Share.handle(share), asBytes(request), asText(code, 'code')) as Bytes);
  }

  /** Seals the account secret to a new device of this account, whose request shows `code`. Throws `wrong_code`. */
  async answerDevice({ request, code }: { request: Uint8Array; code: string }): Promise<Bytes> {
    return call(() => this.#handle.answerDevice(asBytes(request), asText(code, 'code')) as Bytes);
  }

  /** A request to the other executors of `account`'s will, to be answered to this account. */
  async claimWill(account: Id): Promise<Bytes> {
    return call(() => this.#handle.claimWill(asText(account, 'account')) as Bytes);
  }

  /** Whether a request is a claim with this account's key: a server could show another in the place of {@link Vault.claimWill}'s. */
  async madeRequest(request: Uint8Array): Promise<boolean> {
    return call(() => this.#handle.madeRequest(asBytes(request)));
  }

  /** Opens an answer to a request that {@link Vault.claimWill} made. */
  async openAnswer({ request, answer }: { request: Uint8Array; answer: Uint8Array }): Promise<Share> {
    return this.#keep(call(() => Share.of(this.#handle.openAnswer(asBytes(request), asBytes(answer)))));
  }

  /** Signs a server's challenge (32 bytes) for `origin`: a login without a password ever reaching a server. */
  async login({ challenge, origin }: { challenge: Uint8Array; origin: string }): Promise<Bytes> {
    return call(() => this.#handle.login(asBytes(challenge), asText(origin, 'origin')) as Bytes);
  }

  /**
   * Trusts `identity` if `fingerprint` is what its owner read out. Store the change, and other devices trust it too.
   *
   * @param as what it is trusted as; of a practice, whom it endorses is trusted too
   * @param name what she is known by, such as the handle she was looked up under. Compare it with {@link Trust.list} whenever
   *   a handle is looked up again: a server could answer with another person who is trusted too
   * @throws {@link SealedNotesError} `fingerprint_mismatch`; `rolled_back` or `forked` if the key log is not the one that was
   *   seen before: the digits are the same for both
   */
  async confirm(identity: Identity, fingerprint: string, as: TrustedAs = 'person', name?: string): Promise<VaultChange & { verified: VerifiedIdentity }> {
    return call(() => {
      const handle = Identity.handle(identity);
      const change = this.#handle.confirm(handle, asText(fingerprint, 'fingerprint'), asText(as, 'as'), name) as VaultChange;
      const verified = this.#handle.standing(handle, new Identities()).verified();
      if (!verified) throw new Error('a confirmed identity is pinned');
      return { ...change, verified: VerifiedIdentity.of(verified) };
    });
  }

  /**
   * The identity, if its fingerprint was compared or one of `practices` endorses it, with the keys it has now. Where it is
   * none, {@link Trust.standing} says why.
   */
  async verified(identity: Identity, practices: readonly Identity[] = []): Promise<VerifiedIdentity | undefined> {
    const standing = await this.trust.standing(identity, practices);
    return standing.standing === 'verified' ? standing.identity : undefined;
  }
}

// Browsers without `using` have no such symbol. Not in a static block: Safari before 16.4 could not even parse that.
if (Symbol.dispose) Object.defineProperty(Vault.prototype, Symbol.dispose, { value: Vault.prototype.lock });

export interface Vault extends Disposable {}
