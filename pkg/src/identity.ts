import { checkAccountSecret as check, checkRecoveryCode as checkCode, IdentityHandle, inspect as describe, type KnownAuthorHandle, newId as makeId, Recipients, type VerifiedIdentityHandle } from '../wasm/sealed_notes.js';
import { asBytes, asText, seconds } from './check.js';
import { call, SealedNotesError } from './error.js';
import { init, mustBeReady } from './init.js';
import type { Description, Endorsement, GrantRequest, Id, Membership, Role } from './types.js';

type RawMembership = Pick<Membership, 'account' | 'role'> & { from: number; until?: number; expires?: number };

const date = (seconds: number): Date => new Date(seconds * 1000);

/**
 * Someone's public keys as the server handed them out. They fit the account's id, but nobody has said yet that
 * the account is that person's: nothing can be shared with it. Compare the fingerprint with her on a call, then
 * {@link Vault.confirm}.
 */
export class Identity {
  readonly #handle: IdentityHandle;
  readonly account: Id;
  /** 40 digits in 8 groups of 5. */
  readonly fingerprint: string;
  /** Number of the newest generation of keys. */
  readonly epoch: number;
  /** When those keys were made, as their owner's clock claimed. */
  readonly keysMadeAt: Date;
  /** Everybody whom this account ever endorsed, oldest first: of a practice or team its members. */
  readonly members: readonly Membership[];

  private constructor(handle: IdentityHandle) {
    this.#handle = handle;
    this.account = handle.account();
    this.fingerprint = handle.fingerprint();
    const { epoch, keysMadeAt, members } = call(() => handle.parts() as { epoch: number; keysMadeAt: number; members: RawMembership[] });
    this.epoch = epoch;
    this.keysMadeAt = date(keysMadeAt);
    this.members = members.map(({ from, until, expires, ...member }) => ({
      ...member,
      from: date(from),
      ...(until === undefined ? {} : { until: date(until) }),
      ...(expires === undefined ? {} : { expires: date(expires) }),
    }));
  }

  /** @throws {@link SealedNotesError} `invalid_key` if the keys do not belong to the account. */
  static async fromKeyLog(account: Id, entries: Uint8Array[]): Promise<Identity> {
    await init();
    return new Identity(call(() => IdentityHandle.fromKeyLog(asText(account, 'account'), entries)));
  }

  /** @internal */
  static handle(identity: Identity): IdentityHandle {
    if (!(#handle in identity)) throw new SealedNotesError('invalid_input', 'An Identity is made by Identity.fromKeyLog().');
    return identity.#handle;
  }
}

/**
 * An identity whose fingerprint was compared, or whom a practice endorses: only this can be given a grant. Made by
 * {@link Vault.confirm}, {@link Vault.verified} and {@link Trust.standing}.
 */
export class VerifiedIdentity {
  readonly #handle: VerifiedIdentityHandle;
  readonly account: Id;
  /** 40 digits in 8 groups of 5. */
  readonly fingerprint: string;
  /** The practice that vouches for it; absent where the fingerprint was compared. */
  readonly endorsedBy?: Endorsement;

  private constructor(handle: VerifiedIdentityHandle) {
    this.#handle = handle;
    this.account = handle.account();
    this.fingerprint = handle.fingerprint();
    const endorsed = call(() => handle.endorsedBy() as { practice: Id; role: Role; expires?: number } | undefined);
    if (endorsed) {
      const { expires, ...by } = endorsed;
      this.endorsedBy = { ...by, ...(expires === undefined ? {} : { expires: date(expires) }) };
    }
  }

  /** @internal */
  static of(handle: VerifiedIdentityHandle): VerifiedIdentity {
    return new VerifiedIdentity(handle);
  }

  /** @internal */
  static handle(identity: VerifiedIdentity): VerifiedIdentityHandle {
    if (!(#handle in identity)) {
      throw new SealedNotesError('invalid_input', 'This takes a VerifiedIdentity. Compare the fingerprint and call vault.confirm() first.');
    }
    return identity.#handle;
  }
}

/**
 * Somebody who was verified, by the keys that she had then: what those signed still opens, and nothing is shared with her
 * before her new keys were accepted. Made by {@link Trust.standing}.
 */
export class KnownAuthor {
  readonly #handle: KnownAuthorHandle;
  readonly account: Id;

  private constructor(handle: KnownAuthorHandle) {
    this.#handle = handle;
    this.account = handle.account();
  }

  /** @internal */
  static of(handle: KnownAuthorHandle): KnownAuthor {
    return new KnownAuthor(handle);
  }

  /** @internal */
  static handle(author: KnownAuthor | VerifiedIdentity): KnownAuthorHandle {
    return #handle in author ? author.#handle : VerifiedIdentity.handle(author as VerifiedIdentity).author();
  }
}

/** @internal */
export function recipients(requests: readonly GrantRequest[] = []): Recipients {
  const list = new Recipients();
  for (const { to, purpose, expires, sections, postQuantum = true } of requests) {
    list.add(VerifiedIdentity.handle(to), purpose, seconds(expires), sections, postQuantum);
  }
  return list;
}

/** A new id for a client, session or record: 16 random bytes. Needs {@link init} to have finished. */
export function newId(): Id {
  mustBeReady();
  return call(() => makeId());
}

/** Whether what a person typed is an account secret without a typing error; says nothing about whose. Needs {@link init} to have finished. */
export function checkAccountSecret(text: string): boolean {
  mustBeReady();
  return call(() => check(asText(text, 'text')));
}

/** The same for a recovery code. */
export function checkRecoveryCode(text: string): boolean {
  mustBeReady();
  return call(() => checkCode(asText(text, 'text')));
}

/** What anyone without a key can read of a sealed object: the metadata that a server sees. */
export async function inspect(bytes: Uint8Array): Promise<Description> {
  await init();
  return call(() => describe(asBytes(bytes)) as Description);
}
