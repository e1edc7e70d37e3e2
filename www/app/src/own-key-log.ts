/** Whether the server shows others the keys of this account that its vault knows. What it finds never blocks reading. */
import { type Id, Identity, type Vault } from 'sealed-notes';
import { fromBase64, get } from './api.ts';
import { hasCode } from './errors.ts';
import { onRefreshed, refreshVault } from './vault-changes.ts';

/** It lacks the newest keys, or the vault does; it goes another way. */
export type KeyLogProblem = 'rolled_back' | 'forked';

const found = new WeakMap<Vault, KeyLogProblem>();
const listeners = new Set<() => void>();

export const onKeyLogChange = (tell: () => void): (() => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};
export const keyLogProblem = (vault: Vault): KeyLogProblem | undefined => found.get(vault);

async function judge(vault: Vault, keyLog: Uint8Array[]): Promise<KeyLogProblem | undefined> {
  try {
    await vault.trust.checkOwnKeyLog(await Identity.fromKeyLog(vault.account, keyLog));
    return undefined;
  } catch (error) {
    if (hasCode(error, 'locked')) return undefined;
    return hasCode(error, 'rolled_back') ? 'rolled_back' : 'forked';
  }
}

const fetchOwn = async (account: Id): Promise<Uint8Array[]> =>
  (await get<{ keyLog: string[] }>(`/accounts/by-id/${account}/keys`)).keyLog.map(fromBase64);

/** With the key log that came with the vault, where it did. */
export async function checkOwnKeyLog(vault: Vault, keyLog?: Uint8Array[]): Promise<void> {
  let problem = await judge(vault, keyLog ?? (await fetchOwn(vault.account)));
  if (problem && !vault.locked) {
    // The account may just have been given new keys, here or on another device: that is told otherwise.
    await refreshVault();
    problem = await judge(vault, keyLog ?? (await fetchOwn(vault.account)));
  }
  if (problem) found.set(vault, problem);
  else found.delete(vault);
  for (const tell of listeners) tell();
}

/** Not to be waited for: it can be looked at again. */
export const checkOwnKeyLogSoon = (vault: Vault, keyLog?: Uint8Array[]): void => {
  checkOwnKeyLog(vault, keyLog).catch(() => undefined);
};

onRefreshed(checkOwnKeyLogSoon);
