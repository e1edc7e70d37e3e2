import { passkeys } from '../wasm/sealed_notes.js';
import { asText } from './check.js';
import { call, SealedNotesError } from './error.js';
import { init } from './init.js';
import type { Bytes, Id } from './types.js';

/** A passkey that was made for a vault, and what its PRF gave. Pass it to {@link Vault.addPasskey}. */
export interface CreatedPasskey {
  credential: Bytes;
  /** What the PRF was evaluated at: 32 random bytes. */
  salt: Bytes;
  /** 32 bytes, a secret: {@link Vault.addPasskey} overwrites them. */
  prf: Bytes;
}

interface KnownPasskey {
  slot: Id;
  credential: Bytes;
  salt: Bytes;
}

const known = async (slots: Uint8Array[]): Promise<KnownPasskey[]> => {
  await init();
  return call(() => passkeys(slots) as KnownPasskey[]);
};

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const id = (credential: Bytes) => ({ type: 'public-key' as const, id: credential });
const base64url = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const unavailable = (): SealedNotesError =>
  new SealedNotesError('passkey_unavailable', 'This browser or passkey cannot derive keys (the WebAuthn extension "prf"). Use another passkey or browser, or unlock with the passphrase.');

/** The PRF's first result. An empty or missing one means that the passkey has no PRF; it is never taken for a key. */
function result(credential: PublicKeyCredential): Bytes | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (!first) return undefined;
  const bytes = ArrayBuffer.isView(first) ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength) : new Uint8Array(first);
  return bytes.length === 32 && bytes.some((byte) => byte !== 0) ? Uint8Array.from(bytes) : undefined;
}

async function ask(work: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (typeof navigator === 'undefined' || !navigator.credentials || typeof PublicKeyCredential === 'undefined') throw unavailable();
  try {
    const credential = await work();
    if (credential) return credential as PublicKeyCredential;
  } catch (cause) {
    throw new SealedNotesError('passkey_cancelled', 'The passkey was not used: it was cancelled, it is not on this device, or it took too long. Try again, or unlock another way.', { cause });
  }
  throw unavailable();
}

/** Whether an account has passkeys. */
export async function hasPasskey(slots: Uint8Array[]): Promise<boolean> {
  return (await known(slots)).length > 0;
}

/**
 * Makes a passkey for an account and evaluates its PRF (WebAuthn Level 3 §10.1.4).
 *
 * @param input.userName what the browser shows for it
 * @param input.slots the account's unlock slots: an authenticator that holds a passkey of it already is not asked twice
 * @throws {@link SealedNotesError} `passkey_unavailable` if it has no PRF, `passkey_cancelled`
 */
export async function createPasskey(input: { account: Id; userName: string; rpName?: string; slots: Uint8Array[] }): Promise<CreatedPasskey> {
  const { account, userName, rpName = 'Sealed Notes', slots } = input;
  const salt = random(32);
  const made = await known(slots);
  const user = { id: Uint8Array.from(asText(account, 'account').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)), name: userName, displayName: userName };
  const credential = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: random(32),
        rp: { name: rpName },
        user,
        pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        excludeCredentials: made.map((passkey) => id(passkey.credential)),
        // Always with an input: some authenticators evaluate at creation or never, and an empty object means nothing.
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const rawId = new Uint8Array(credential.rawId);
  const prf = result(credential) ?? (credential.getClientExtensionResults().prf?.enabled ? await evaluate([{ slot: '', credential: rawId, salt }]) : undefined);
  if (!prf) throw unavailable();
  return { credential: rawId, salt, prf };
}

/**
 * Asks for one of the account's passkeys: 32 bytes for {@link Vault.unlockWithPasskey}, which overwrites them.
 *
 * @throws {@link SealedNotesError} `unknown_slot` if the account has none, `passkey_unavailable`, `passkey_cancelled`
 */
export async function evaluatePasskey({ slots }: { slots: Uint8Array[] }): Promise<Bytes> {
  const made = await known(slots);
  if (made.length === 0) throw new SealedNotesError('unknown_slot', 'The account has no passkey. Unlock with the passphrase, and add one.');
  const prf = await evaluate(made);
  if (!prf) throw unavailable();
  return prf;
}

async function evaluate(made: KnownPasskey[]): Promise<Bytes | undefined> {
  const credential = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        userVerification: 'required',
        allowCredentials: made.map((passkey) => id(passkey.credential)),
        extensions: { prf: { evalByCredential: Object.fromEntries(made.map(({ credential, salt }) => [base64url(credential), { first: salt }])) } },
      },
    }),
  );
  return result(credential);
}
