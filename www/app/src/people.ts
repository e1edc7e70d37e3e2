/** Colleagues: what the server says their keys are, and whether that was ever compared. */
import { Identity, type Vault, type VerifiedIdentity } from 'sealed-notes';
import { fromBase64, get } from './api.ts';
import { changeVault } from './vault-changes.ts';

export interface Person {
  readonly account: string;
  readonly handle: string;
  readonly identity: Identity;
  readonly verified: VerifiedIdentity | undefined;
}

interface Keys {
  account: string;
  handle: string;
  keyLog: string[];
}

const toPerson = async (vault: Vault, keys: Keys): Promise<Person> => {
  const identity = await Identity.fromKeyLog(keys.account, keys.keyLog.map(fromBase64));
  return { account: keys.account, handle: keys.handle, identity, verified: await vault.verified(identity) };
};

export const personByHandle = async (vault: Vault, handle: string): Promise<Person> =>
  toPerson(vault, await get<Keys>(`/accounts/${encodeURIComponent(handle)}/keys`));

export async function personByAccount(vault: Vault, account: string): Promise<Person> {
  const keys = await get<Keys>(`/accounts/by-id/${account}/keys`);
  return toPerson(vault, { ...keys, account });
}

/** Compares the digits that were read out, and pins the identity if they match. */
export async function confirmPerson(person: Person, digits: string): Promise<VerifiedIdentity> {
  const { verified } = await changeVault((vault) => vault.confirm(person.identity, digits));
  return verified;
}

export const normalHandle = (typed: string): string => typed.trim().toLowerCase();
