/** Changes of the vault: made in the browser, stored in one request each, one after the other. */
import type { GroupChange, PreparedKit, Vault, VaultChange } from 'sealed-notes';
import { ApiError, fromBase64, get, hasStatus, isUnreachable, put, toBase64 } from './api.ts';
import { rememberGeneration, rememberNextSecret, rememberSecret } from './device.ts';
import { hasCode } from './errors.ts';
import { tellTabs } from './outdated.ts';
import { currentSession, kitIsRenewed, markOutdated, tellSessionChange } from './state.ts';

interface Body extends Record<string, unknown> {
  vault: string;
  slots: string[];
  remove: string[];
  revoke: string[];
  keyLogEntries?: string[];
  group?: Record<string, unknown>;
  expects: number;
}

/** What has to be stored before the vault that knows of it, such as the shares of a deal. */
export interface First {
  path: string;
  body: Record<string, unknown>;
}

/** A vault change that the server has not stored yet. */
let unstored: { first: First | undefined; body: Body } | undefined;
let changing: Promise<unknown> = Promise.resolve();

export const forgetUnstored = (): void => {
  unstored = undefined;
};

type Changed = Pick<VaultChange, 'sealedVault'> & { [K in keyof VaultChange]?: VaultChange[K] | undefined } & {
  /** Of a new practice or team: what people call it. */
  groupHandle?: string;
};

const groupBody = ({ account, keyLogEntries, sealedKeys }: GroupChange, handle?: string): Record<string, unknown> => ({
  account,
  ...(handle === undefined ? {} : { handle }),
  keyLogEntries: keyLogEntries.map(toBase64),
  sealedKeys: sealedKeys.map(({ member, bytes }) => ({ member, bytes: toBase64(bytes) })),
});

const bodyOf = (change: Changed, expects: number, revoke: string[] = []): Body => ({
  vault: toBase64(change.sealedVault),
  slots: (change.slots ?? []).map(toBase64),
  remove: change.removed ?? [],
  revoke,
  ...(change.keyLogEntries?.length ? { keyLogEntries: change.keyLogEntries.map(toBase64) } : {}),
  ...(change.group ? { group: groupBody(change.group, change.groupHandle) } : {}),
  expects,
});

function inTurn<T>(work: (vault: Vault) => Promise<T>): Promise<T> {
  const turn = changing.then(() => {
    const { vault } = currentSession() ?? {};
    if (!vault) throw new ApiError(401, 'locked', 'The vault is locked. Unlock it and try again.');
    return work(vault);
  });
  changing = turn.catch(() => undefined);
  return turn;
}

export const storedSlots = async (): Promise<Uint8Array[]> =>
  (await get<{ slots: string[] }>('/me')).slots.map(fromBase64);

let refreshed: ((vault: Vault) => void) | undefined;

/** What to do when another device's save of the vault was taken over. */
export const onRefreshed = (tell: (vault: Vault) => void): void => {
  refreshed = tell;
};

/** Takes over what other devices changed, and gives the slots as the server holds them. */
async function catchUp(vault: Vault): Promise<Uint8Array[]> {
  const { vault: newest, slots } = await get<{ vault: string; slots: string[] }>('/me');
  try {
    if (await vault.refresh(fromBase64(newest))) {
      const { handle } = currentSession() ?? {};
      if (handle) rememberGeneration(handle, vault.generation);
      tellSessionChange();
      refreshed?.(vault);
    }
  } catch (error) {
    if (hasCode(error, 'rotated')) markOutdated('new-keys');
    throw error;
  }
  return slots.map(fromBase64);
}

/** Takes over what other devices changed. Throws `rotated` if one of them gave the account new keys. */
export const refreshVault = async (): Promise<void> => {
  await inTurn(catchUp);
};

/** Changes the vault and stores it. `change` is given the slots as the server holds them; it may find that there is nothing to change. */
export function changeVault<T extends Changed | { change: Changed; first?: First } | undefined>(
  change: (vault: Vault, slots: Uint8Array[]) => Promise<T>,
): Promise<T> {
  return inTurn(async (vault) => {
    await storeUnstored();
    const slots = await catchUp(vault);
    const expects = vault.generation;
    const made = await change(vault, slots);
    if (!made) return made;
    unstored =
      'change' in made
        ? { first: made.first, body: bodyOf(made.change, expects) }
        : { first: undefined, body: bodyOf(made, expects) };
    await storeUnstored();
    tellSessionChange();
    return made;
  });
}

/**
 * Puts a confirmed kit into effect. Until the server has stored it, the old kit and keys work; from then on the new ones do.
 * `revoke` are devices whose logins end with it.
 */
export function storeKit(kit: PreparedKit, revoke: string[] = []): Promise<void> {
  return inTurn(async (vault) => {
    const { handle } = currentSession() ?? {};
    await storeUnstored();
    const body = bodyOf(await kit.change(), kit.expects, revoke);
    // Whether the answer comes or not: this device can unlock with either.
    if (handle) await rememberNextSecret(handle, kit.accountSecret);
    await store(body);
    await kit.commit();
    tellTabs(vault);
    if (handle) await rememberSecret(handle, kit.accountSecret);
    kitIsRenewed();
  });
}

/** Lets a new account seal, before there is a session. `kept` remembers what was made, should the server not answer. */
export async function storeConfirmation(
  vault: Vault,
  code: string,
  kept: { store?: () => Promise<void> },
): Promise<void> {
  if (!kept.store) {
    const slots = await storedSlots();
    const expects = vault.generation;
    const body = bodyOf(await vault.confirmRecoveryCode({ code, slots }), expects);
    kept.store = () => store(body);
  }
  await kept.store();
}

async function storeUnstored(): Promise<void> {
  const change = unstored;
  if (!change) return;
  const { first, body } = change;
  try {
    if (first) await put(first.path, first.body).catch(sayNotStored);
    await store(body);
  } catch (error) {
    if (!isUnreachable(error)) unstored = undefined;
    throw error;
  }
  unstored = undefined;
}

function sayNotStored(error: unknown): never {
  if (!isUnreachable(error)) throw error;
  throw new ApiError(
    0,
    'vault_not_stored',
    'The server cannot be reached, so this change is not stored yet. Keep the page open and try again.',
  );
}

async function store(body: Body): Promise<void> {
  try {
    await put('/vault', body);
  } catch (error) {
    if (isUnreachable(error)) sayNotStored(error);
    if (!hasStatus(error, 409)) throw error;
    // Either our own request got there and its answer was lost, or another device was faster.
    const stored = await get<{ vault: string }>('/me');
    if (stored.vault !== body.vault) {
      throw new ApiError(
        409,
        'vault_changed',
        'This account was changed on another device. Lock, unlock and do this once more.',
      );
    }
  }
  const { handle } = currentSession() ?? {};
  if (handle) rememberGeneration(handle, body.expects + 1);
}

addEventListener('online', () => {
  changing = changing.then(storeUnstored).catch(() => undefined);
});
