/** Creating an account, and every way into one. */
import {
  evaluatePasskey,
  hasPasskey,
  Identity,
  init,
  inspect,
  newId,
  type OnProgress,
  type Share,
  SealedNotesError,
  Vault,
  type Seen,
} from 'sealed-notes';
import { ApiError, fromBase64, get, hasStatus, post, toBase64 } from './api.ts';
import {
  deviceId,
  forgetDeviceId,
  guessDeviceName,
  rememberedGeneration,
  rememberedSecrets,
  rememberGeneration,
  rememberSecret,
} from './device.ts';
import { hasCode } from './errors.ts';
import { enterTeamsSoon } from './groups.ts';
import { checkOwnKeyLogSoon } from './own-key-log.ts';
import { refusal } from './outdated.ts';
import { type CameBy, closed, currentSession, enter, markOutdated, whyOutdated } from './state.ts';
import { changeVault, storeConfirmation } from './vault-changes.ts';

async function logIn(handle: string, vault: Vault): Promise<string> {
  const { challenge } = await post<{ challenge: string }>('/login/challenge', { account: vault.account });
  // Signed for the origin this page came from, so that no other site can pass the signature on.
  const login = await vault.login({ challenge: fromBase64(challenge), origin: location.origin });
  const device = await deviceId(handle, newId);
  try {
    await post('/login', { login: toBase64(login), device });
  } catch (error) {
    // It comes back as a new device. It keeps the account secret: a server's word must not be able to destroy a key.
    if (hasCode(error, 'device_revoked')) await forgetDeviceId(handle);
    throw error;
  }
  return device;
}

/** With the keys that are open here. The account may have got others since, or this device been removed. */
async function logInAgain(handle: string, vault: Vault): Promise<void> {
  try {
    if (!whyOutdated()) await logIn(handle, vault);
  } catch (error) {
    if (hasCode(error, 'device_revoked')) markOutdated('revoked');
    else if (!hasStatus(error, 401)) throw error;
    else if ((await ownerOf(await fetchStored(handle))).epoch > vault.epoch) markOutdated('new-keys');
    else throw new ApiError(401, 'not_logged_in', 'The server does not accept this login. Lock, and unlock again.');
  }
  const why = whyOutdated();
  if (why) throw refusal(why);
}

/** Logs in with an unlocked vault and shows it; the vault is locked again if that fails. */
async function come(
  handle: string,
  vault: Vault,
  { keyLog }: Stored,
  by: CameBy,
  nextPassphrase?: string,
): Promise<void> {
  try {
    const device = await logIn(handle, vault);
    rememberGeneration(handle, vault.generation);
    enter({ handle, vault, device, by, ...(nextPassphrase === undefined ? {} : { nextPassphrase }) }, () =>
      logInAgain(handle, vault),
    );
  } catch (error) {
    vault.lock();
    throw error;
  }
  checkOwnKeyLogSoon(vault, keyLog);
  enterTeamsSoon(vault);
  await introduceDevice();
}

/** Enters this device into the vault's list, once there is a kit. What fails now is done at the next login. */
export async function introduceDevice(): Promise<void> {
  const { vault, device } = currentSession() ?? {};
  if (!vault || !device || !vault.hasConfirmedRecovery) return;
  if (vault.devices().some((known) => known.device === device)) return;
  await changeVault((own) => own.addDevice({ device, name: guessDeviceName() })).catch(() => undefined);
}

/** An account that exists on the server and whose recovery code was not confirmed yet: it can seal nothing. */
export interface NewAccount {
  handle: string;
  vault: Vault;
  accountSecret: string;
  recoveryCode: string;
  confirmation: { store?: () => Promise<void> };
}

export async function createAccount(handle: string, passphrase: string, onProgress?: OnProgress): Promise<NewAccount> {
  await closed();
  const { tenant } = await get<{ tenant: string }>('/server');
  const made = await Vault.create({ passphrase, tenant, ...(onProgress ? { onProgress } : {}) });
  const { vault, accountSecret, recoveryCode } = made;
  try {
    await post('/accounts', {
      handle,
      keyLogEntry: toBase64(made.keyLogEntry),
      vault: toBase64(made.sealedVault),
      slots: made.slots.map(toBase64),
    });
    await rememberSecret(handle, accountSecret);
  } catch (error) {
    vault.lock();
    throw error;
  }
  return { handle, vault, accountSecret, recoveryCode, confirmation: {} };
}

/** Enters with a new account whose kit was shown to be at hand. Can be tried again when the server did not answer. */
export async function enterNewAccount(made: NewAccount): Promise<void> {
  const { handle, vault, recoveryCode } = made;
  const device = await logIn(handle, vault);
  await storeConfirmation(vault, recoveryCode, made.confirmation);
  enter({ handle, vault, device, by: 'passphrase' }, () => logInAgain(handle, vault));
  await introduceDevice();
}

/** What the server hands to whoever names an account. */
export interface Stored {
  account: string;
  sealedVault: Uint8Array;
  slots: Uint8Array[];
  keyLog: Uint8Array[];
}

export async function fetchStored(handle: string): Promise<Stored> {
  const stored = await get<{ account: string; vault: string; slots: string[]; keyLog: string[] }>(
    `/accounts/${encodeURIComponent(handle)}/unlock`,
  );
  return {
    account: stored.account,
    sealedVault: fromBase64(stored.vault),
    slots: stored.slots.map(fromBase64),
    keyLog: stored.keyLog.map(fromBase64),
  };
}

const remembered = (handle: string): Seen => ({ generation: rememberedGeneration(handle) });

/** With the passphrase, and the account secret that was typed or that this device knows. */
export async function unlock(
  handle: string,
  passphrase: string,
  typedSecret: string,
  onProgress?: OnProgress,
  seen: Seen | undefined = remembered(handle),
): Promise<void> {
  await closed();
  const secrets = typedSecret === '' ? await rememberedSecrets(handle) : [typedSecret];
  const stored = await fetchStored(handle);
  let failed: unknown = new SealedNotesError(
    'invalid_account_secret',
    'This device does not know the account secret. Enter it from the recovery kit.',
  );
  for (const accountSecret of secrets) {
    try {
      const vault = await Vault.unlock({
        ...stored,
        passphrase,
        accountSecret,
        seen,
        ...(onProgress ? { onProgress } : {}),
      });
      await come(handle, vault, stored, 'passphrase');
      await rememberSecret(handle, accountSecret);
      return;
    } catch (error) {
      if (!hasCode(error, 'wrong_passphrase')) throw error;
      failed = error;
    }
  }
  throw failed;
}

/** Whether the account can be unlocked with a passkey. */
export const canUsePasskey = async (handle: string): Promise<boolean> =>
  typeof PublicKeyCredential !== 'undefined' && (await hasPasskey((await fetchStored(handle)).slots));

export async function unlockWithPasskey(handle: string): Promise<void> {
  await closed();
  const stored = await fetchStored(handle);
  const vault = await Vault.unlockWithPasskey({
    ...stored,
    seen: remembered(handle),
    prf: await evaluatePasskey(stored),
  });
  const accountSecret = await vault.revealAccountSecret();
  await come(handle, vault, stored, 'passkey');
  await rememberSecret(handle, accountSecret);
}

/** Opens everything and seals nothing, until a new kit is confirmed. */
export async function unlockWithRecoveryCode(handle: string, recoveryCode: string): Promise<void> {
  await closed();
  const stored = await fetchStored(handle);
  const vault = await Vault.unlockWithRecoveryCode({ ...stored, recoveryCode });
  await come(handle, vault, stored, 'recovery-code');
}

/** Whether trustees can open the account. Anybody can read that from its slots. */
export async function hasTrustees({ slots }: Stored): Promise<boolean> {
  await init();
  const described = await Promise.all(slots.map(inspect));
  return described.some(({ fields }) => fields.some(({ name, value }) => name === 'kind' && value === 'trustees'));
}

export const ownerOf = (stored: Stored): Promise<Identity> => Identity.fromKeyLog(stored.account, stored.keyLog);

/** Whether a share is one of this account's present trustees. Throws what is wrong with it. */
export async function checkShare(stored: Stored, share: Share): Promise<void> {
  try {
    (await Vault.unlockWithShares({ ...stored, owner: await ownerOf(stored), shares: [share] })).lock();
  } catch (error) {
    if (!hasCode(error, 'too_few_shares')) throw error;
  }
}

/** `nextPassphrase` is what was chosen for the request: it becomes the account's with the new kit. */
export async function unlockWithShares(
  handle: string,
  stored: Stored,
  shares: Share[],
  nextPassphrase: string,
): Promise<void> {
  await closed();
  const vault = await Vault.unlockWithShares({ ...stored, owner: await ownerOf(stored), shares });
  for (const share of shares) share.discard();
  await come(handle, vault, stored, 'trustees', nextPassphrase);
}
