import { describeRequest, Holders, OpenedWillHandle, OwnRequestHandle, ShareHandle, Shares } from '../wasm/sealed_notes.js';
import { only } from './batch.js';
import { asBytes, asOneOf, asText } from './check.js';
import { call, SealedNotesError } from './error.js';
import { Identity, VerifiedIdentity } from './identity.js';
import { init } from './init.js';
import { readNotes, readPage } from './page.js';
import { stretchFor, stretchNew } from './stretch.js';
import type { Bytes, ChartRecord, DealKind, DeviceAnswer, Id, OnProgress, PrivateNote, ShareFor, WillScope } from './types.js';

interface Place {
  account: Id;
  kind: DealKind;
  deal: Id;
  threshold: number;
  count: number;
  number: number;
}

/** One of `count` shares, of which `threshold` open something together. Alone it tells nothing. */
export class Share implements Place {
  #handle: ShareHandle | undefined;
  /** Whose. */
  readonly account: Id;
  readonly kind: DealKind;
  readonly deal: Id;
  readonly threshold: number;
  readonly count: number;
  readonly number: number;

  private constructor(handle: ShareHandle) {
    this.#handle = handle;
    const place = call(() => handle.place() as Place);
    this.account = place.account;
    this.kind = place.kind;
    this.deal = place.deal;
    this.threshold = place.threshold;
    this.count = place.count;
    this.number = place.number;
  }

  /**
   * Reads a printed share of `owner`.
   *
   * @throws {@link SealedNotesError} `invalid_share` for a typing error, `wrong_share` if `owner` did not sign it
   */
  static async fromText({ owner, text }: { owner: Identity; text: string }): Promise<Share> {
    return call(() => new Share(ShareHandle.fromText(Identity.handle(owner), asText(text, 'text'))));
  }

  /** @internal */
  static of(handle: ShareHandle): Share {
    return new Share(handle);
  }

  /** @internal */
  static handle(share: Share): ShareHandle {
    if (!(#handle in share)) throw new SealedNotesError('invalid_input', 'A Share is opened by a vault, by a request or from printed text.');
    if (!share.#handle) throw new SealedNotesError('locked', 'This share was discarded, or its vault was locked. Open it again.');
    return share.#handle;
  }

  /** Wipes it. Enough shares together are a key: do this once they were used. Locking a vault does it for those it opened. */
  discard(): void {
    this.#handle?.free();
    this.#handle = undefined;
  }
}

/** @internal */
export function shareList(shares: readonly Share[]): Shares {
  const handles = shares.map((share) => Share.handle(share)); // before there is anything to wipe
  const list = new Shares();
  for (const handle of handles) list.add(handle);
  return list;
}

/** @internal */
export function holders(people: readonly ShareFor[]): Holders {
  const list = new Holders();
  for (const { name, to } of people) {
    if (to) list.withAccount(asText(name, 'name'), VerifiedIdentity.handle(to));
    else list.onPaper(asText(name, 'name'));
  }
  return list;
}

/** Account, kind and code of a request that somebody else made. */
export async function inspectRequest(request: Uint8Array): Promise<{ account: Id; kind: 'device' | 'trustees' | 'will'; code: string }> {
  await init();
  return call(() => describeRequest(asBytes(request)) as { account: Id; kind: 'device' | 'trustees' | 'will'; code: string });
}

/**
 * A request for a way in, with the key that opens its answers: of a new device to another one of the account, or of somebody
 * who lost every other way to her trustees. Send `bytes` to the server; read `code` aloud or show it as a QR code.
 */
export class UnlockRequest {
  #handle: OwnRequestHandle | undefined;
  readonly account: Id;
  readonly bytes: Bytes;
  /** 4 groups of 4: 80 bits of the request's hash. Not a secret. */
  readonly code: string;

  private constructor(handle: OwnRequestHandle) {
    this.#handle = handle;
    this.bytes = handle.bytes() as Bytes;
    const { account, code } = call(() => describeRequest(this.bytes) as { account: Id; code: string });
    this.account = account;
    this.code = code;
  }

  static async make({ account, kind }: { account: Id; kind: 'device' | 'trustees' }): Promise<UnlockRequest> {
    await init();
    const trustees = asOneOf(kind, ['device', 'trustees'], 'kind') === 'trustees';
    return call(() => new UnlockRequest(OwnRequestHandle.make(asText(account, 'account'), trustees)));
  }

  /** Takes up a request that was kept on this device. Throws `wrong_passphrase`. */
  static async resume({ bytes, kept, passphrase }: { bytes: Uint8Array; kept: Uint8Array; passphrase: string }): Promise<UnlockRequest> {
    const stretched = await stretchFor(passphrase, [kept]);
    return call(() => new UnlockRequest(OwnRequestHandle.resume(asBytes(bytes), asBytes(kept), stretched)));
  }

  #use(): OwnRequestHandle {
    if (!this.#handle) throw new SealedNotesError('invalid_input', 'This request was discarded. Make another.');
    return this.#handle;
  }

  /** The key under a passphrase of one's choice, to be kept on this device while trustees take their days. */
  async keep({ passphrase, onProgress }: { passphrase: string; onProgress?: OnProgress }): Promise<Bytes> {
    const stretched = await stretchNew(passphrase, onProgress);
    return call(() => this.#use().keep(stretched) as Bytes);
  }

  /**
   * What another device answered. Unlock with its account secret and the passphrase: that is what proves it. Pass its
   * `seen` too: a new device remembers nothing itself that a server could not roll back.
   */
  async openDeviceAnswer(answer: Uint8Array): Promise<DeviceAnswer> {
    return call(() => this.#use().openDeviceAnswer(asBytes(answer)) as DeviceAnswer);
  }

  /** The share in a trustee's answer. */
  async openShare(answer: Uint8Array): Promise<Share> {
    return call(() => Share.of(this.#use().openShare(asBytes(answer))));
  }

  /** Wipes the key. */
  discard(): void {
    this.#handle?.free();
    this.#handle = undefined;
  }
}

/** A professional will that its executors opened: it reads what its scope names, and can do nothing else. */
export class ProfessionalWill {
  readonly #handle: OpenedWillHandle;
  readonly account: Id;
  readonly scope: WillScope;

  private constructor(handle: OpenedWillHandle, account: Id) {
    this.#handle = handle;
    this.account = account;
    this.scope = handle.includesPrivate() ? 'chart-and-private' : 'chart';
  }

  /**
   * @param input.owner key log of whoever issued it
   * @throws {@link SealedNotesError} `too_few_shares`, `wrong_share`, `wrong_shares`
   */
  static async open({ will, owner, shares }: { will: Uint8Array; owner: Identity; shares: Share[] }): Promise<ProfessionalWill> {
    return call(() => new ProfessionalWill(OpenedWillHandle.open(asBytes(will), Identity.handle(owner), shareList(shares)), owner.account));
  }

  async openChart(bytes: Uint8Array): Promise<ChartRecord> {
    return only(readPage(call(() => this.#handle.openChart(asBytes(bytes)))));
  }

  /** Throws `out_of_scope` unless the will's scope includes the private drawer. */
  async openPrivate(bytes: Uint8Array): Promise<PrivateNote> {
    return only(readNotes(call(() => this.#handle.openPrivate(asBytes(bytes)))));
  }

  /** Wipes its keys. */
  close(): void {
    this.#handle.close();
  }
}
