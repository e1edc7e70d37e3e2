/** Practices that vouch for people: those whose fingerprint was compared, and those that this vault keeps. */
import { type Id, Identity, type Vault } from 'sealed-notes';
import { fromBase64, get } from './api.ts';

export interface Practice {
  account: Id;
  handle: string;
  identity: Identity;
}

const known = new WeakMap<Vault, Promise<Practice[]>>();

/** They are asked for once in a session, and again after a change of one. One that is not as it was vouches for nobody. */
export async function practicesOf(vault: Vault): Promise<Practice[]> {
  const practices = await (known.get(vault) ?? load(vault));
  // Another device may have changed one that this vault keeps.
  const fit = await Promise.all(practices.map((practice) => isAsKnown(vault, practice.identity)));
  return fit.every(Boolean) ? practices : load(vault);
}

export const forgetPractices = (vault: Vault): void => {
  known.delete(vault);
};

function load(vault: Vault): Promise<Practice[]> {
  const accounts = new Set([
    ...vault.trust.list().flatMap(({ account, as }) => (as === 'practice' ? account : [])),
    ...vault.groups.list().flatMap(({ account, kind }) => (kind === 'practice' ? account : [])),
  ]);
  const loading = Promise.all([...accounts].map((account) => fetchOne(vault, account))).then((found) => found.flat());
  known.set(vault, loading);
  return loading;
}

async function fetchOne(vault: Vault, account: Id): Promise<Practice[]> {
  try {
    const { handle, keyLog } = await get<{ handle: string; keyLog: string[] }>(`/accounts/by-id/${account}/keys`);
    const identity = await Identity.fromKeyLog(account, keyLog.map(fromBase64));
    return (await isAsKnown(vault, identity)) ? [{ account, handle, identity }] : [];
  } catch {
    // It is asked for again: without it, people whom it vouches for are merely not verified.
    forgetPractices(vault);
    return [];
  }
}

/** Whether its key log holds all that was seen of it. */
const isAsKnown = (vault: Vault, practice: Identity): Promise<boolean> =>
  vault.trust.standing(practice, [practice]).then(
    () => true,
    () => false,
  );
