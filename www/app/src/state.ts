/** Who is here: nobody, or one clinician with an unlocked vault. */
import { Vault } from 'sealed-notes';
import { ApiError, del, fromBase64, get, hasStatus, isUnreachable, onLoggedOut, post, put, toBase64 } from './api.ts';
import { forgetSecret, rememberHandle, rememberSecret } from './device.ts';
import { Drafts } from './drafts.ts';

export interface Session {
  readonly handle: string;
  readonly vault: Vault;
  readonly drafts: Drafts;
}

let session: Session | undefined;
let closing: Promise<void> = Promise.resolve();
const listeners = new Set<() => void>();

/** Things that must seal what they hold before the keys go. */
export const beforeLock = new Set<() => Promise<unknown>>();

export const currentSession = (): Session | undefined => session;
export const onSessionChange = (tell: () => void): (() => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

const set = (next: Session | undefined): void => {
  session = next;
  for (const tell of listeners) tell();
};

const logIn = async (vault: Vault): Promise<void> => {
  const { challenge } = await post<{ challenge: string }>('/login/challenge', { account: vault.account });
  // Signed for the origin this page came from, so that no other site can pass the signature on.
  const login = await vault.login({ challenge: fromBase64(challenge), origin: location.origin });
  await post('/login', { login: toBase64(login) });
};

/** Makes the account and logs in; `enter` is left to whoever shows the account secret. */
export async function createAccount(
  handle: string,
  passphrase: string,
): Promise<{ vault: Vault; accountSecret: string }> {
  await closing;
  const { tenant } = await get<{ tenant: string }>('/server');
  const made = await Vault.create({ passphrase, tenant });
  try {
    await post('/accounts', {
      handle,
      keyLogEntry: toBase64(made.keyLogEntry),
      vault: toBase64(made.sealedVault),
      slot: toBase64(made.slot),
    });
    await rememberSecret(handle, made.accountSecret);
    await logIn(made.vault);
  } catch (error) {
    made.vault.lock();
    throw error;
  }
  return { vault: made.vault, accountSecret: made.accountSecret };
}

export async function unlock(handle: string, passphrase: string, accountSecret: string): Promise<void> {
  await closing;
  const stored = await get<{ vault: string; slots: string[] }>(`/accounts/${encodeURIComponent(handle)}/unlock`);
  const vault = await Vault.unlock({
    passphrase,
    accountSecret,
    sealedVault: fromBase64(stored.vault),
    slots: stored.slots.map(fromBase64),
  });
  try {
    await logIn(vault);
  } catch (error) {
    vault.lock();
    throw error;
  }
  await rememberSecret(handle, accountSecret);
  enter(handle, vault);
}

export function enter(handle: string, vault: Vault): void {
  rememberHandle(handle);
  onLoggedOut(() => logIn(vault));
  set({ handle, vault, drafts: new Drafts(vault.account) });
}

const SEALING_TAKES_AT_MOST_MS = 3_000;

/** Takes every text off the screen, seals what was typed, wipes the keys, ends the login. In that order. */
export function lock(): Promise<void> {
  const { vault, drafts } = session ?? {};
  if (!vault || !drafts) return closing;
  const sealing = [...beforeLock].map((seal) => seal());
  unstored = undefined;
  set(undefined);
  closing = (async () => {
    await Promise.race([
      Promise.allSettled(sealing),
      new Promise((resolve) => setTimeout(resolve, SEALING_TAKES_AT_MOST_MS)),
    ]);
    vault.lock();
    onLoggedOut(undefined);
    await drafts.idle();
    drafts.close();
    await del('/login').catch(() => undefined);
  })();
  return closing;
}

export async function forgetThisDevice(): Promise<void> {
  if (session) await forgetSecret(session.handle);
  await lock();
}

/** A vault change that the server has not stored yet. */
let unstored: { vault: string; slots: string[]; expects: number } | undefined;
let changing: Promise<unknown> = Promise.resolve();

interface VaultChange {
  sealedVault: Uint8Array;
  slot?: Uint8Array;
}

/** Changes the vault and stores it, one change at a time. */
export function changeVault<T extends VaultChange>(
  change: (vault: Vault, slots: Uint8Array[]) => Promise<T>,
): Promise<T> {
  const turn = changing.then(async () => {
    const { vault } = session ?? {};
    if (!vault) throw new ApiError(401, 'locked', 'The vault is locked. Unlock it and try again.');
    await storeVault();
    const { slots } = await get<{ slots: string[] }>('/me');
    const expects = vault.generation;
    const made = await change(vault, slots.map(fromBase64));
    unstored = { vault: toBase64(made.sealedVault), slots: made.slot ? [toBase64(made.slot)] : slots, expects };
    await storeVault();
    return made;
  });
  changing = turn.catch(() => undefined);
  return turn;
}

async function storeVault(): Promise<void> {
  const change = unstored;
  if (!change) return;
  try {
    await put('/vault', change);
  } catch (error) {
    if (isUnreachable(error)) {
      throw new ApiError(
        0,
        'vault_not_stored',
        'The server cannot be reached, so this change is not stored yet. Keep the page open and try again.',
      );
    }
    if (!hasStatus(error, 409)) throw error;
    // Either our own request got there and its answer was lost, or another device was faster.
    const stored = await get<{ vault: string }>('/me');
    if (stored.vault !== change.vault) {
      unstored = undefined;
      throw new ApiError(
        409,
        'vault_changed',
        'This account was changed on another device. Lock, unlock and do this once more.',
      );
    }
  }
  unstored = undefined;
}

addEventListener('online', () => {
  changing = changing.then(storeVault).catch(() => undefined);
});
