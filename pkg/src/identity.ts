import { checkAccountSecret as check, checkRecoveryCode as checkCode, IdentityHandle, inspect as describe, newId as makeId, Recipients, type VerifiedIdentityHandle } from '../wasm/sealed_notes.js';
import { asBytes, asText } from './check.js';
import { call, SealedNotesError } from './error.js';
import { init, mustBeReady } from './init.js';
import type { Description, GrantRequest, Id } from './types.js';

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

  private constructor(handle: IdentityHandle) {
    this.#handle = handle;
    this.account = handle.account();
    this.fingerprint = handle.fingerprint();
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
 * An identity whose fingerprint was compared: only this can be given a grant, only its records are opened.
 * Made by {@link Vault.confirm} and {@link Vault.verified}.
 */
export class VerifiedIdentity {
  readonly #handle: VerifiedIdentityHandle;
  readonly account: Id;
  /** 40 digits in 8 groups of 5. */
  readonly fingerprint: string;

  private constructor(handle: VerifiedIdentityHandle) {
    this.#handle = handle;
    this.account = handle.account();
    this.fingerprint = handle.fingerprint();
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

/** @internal */
export function recipients(requests: readonly GrantRequest[] = []): Recipients {
  const list = new Recipients();
  for (const { to, purpose, expires, sections, postQuantum = true } of requests) {
    list.add(VerifiedIdentity.handle(to), purpose, expires && Math.floor(expires.getTime() / 1000), sections, postQuantum);
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
