/** Colleagues, practices and teams: what the server says their keys are, and how far those can be trusted. */
import {
  type Id,
  Identity,
  type KnownAuthor,
  type Standing,
  type TrustedAs,
  type Vault,
  type VerifiedIdentity,
} from 'sealed-notes';
import { fromBase64, get } from './api.ts';
import { hasCode } from './errors.ts';
import { forgetPractices, type Practice, practicesOf } from './practices.ts';
import { changeVault } from './vault-changes.ts';

/**
 * `rolled-back`, `forked`: the server shows a key log that lacks what was seen of it before, or goes another way.
 * `other-account`: it answers a handle with another account than the one that was confirmed under it.
 */
export type PersonState = Standing['standing'] | 'rolled-back' | 'forked' | 'other-account';

export interface Person {
  readonly account: Id;
  /** By which she was confirmed; of others, as the server says. */
  readonly handle: string;
  readonly identity: Identity;
  readonly state: PersonState;
  /** Whom something can be shared with. */
  readonly verified: VerifiedIdentity | undefined;
  /** By what keys her records open: after a change of keys, by those she had before. */
  readonly author: VerifiedIdentity | KnownAuthor | undefined;
  /** What its own fingerprint was compared as. */
  readonly as: TrustedAs | undefined;
  /** Something that is shared with it is read by its members. */
  readonly isTeam: boolean;
  /** The practice that vouches for her, where her own fingerprint was not compared. */
  readonly voucher: { practice: string; until: Date | undefined } | undefined;
}

export interface Keys {
  account: string;
  handle: string;
  keyLog: string[];
}

type Known = Pick<Person, 'handle' | 'identity'>;

/** A handle is the server's word for an account: the vault remembers which was confirmed under which. */
const isMixedUp = (vault: Vault, { handle, identity: { account } }: Known): boolean =>
  vault.trust.list().some(({ account: known, name }) => name !== '' && (known === account) !== (name === handle));

async function standingOf(
  vault: Vault,
  identity: Identity,
  practices: Practice[],
): Promise<Standing | { standing: 'rolled-back' | 'forked' }> {
  try {
    return await vault.trust.standing(
      identity,
      practices.map((practice) => practice.identity),
    );
  } catch (error) {
    if (hasCode(error, 'rolled_back')) return { standing: 'rolled-back' };
    // Also where a practice vouches for an entry that the log does not have.
    if (hasCode(error, 'forked') || hasCode(error, 'invalid_key')) return { standing: 'forked' };
    throw error;
  }
}

async function consider(vault: Vault, { handle, identity }: Known): Promise<Person> {
  const { account } = identity;
  const confirmed = vault.trust.list().find((trusted) => trusted.account === account);
  const practices = await practicesOf(vault);
  const found = await standingOf(vault, identity, practices);
  const verified = found.standing === 'verified' ? found.identity : undefined;
  const by = verified?.endorsedBy;
  return {
    account,
    handle: confirmed?.name || handle,
    identity,
    state: found.standing,
    verified,
    author: found.standing === 'keys-changed' ? found.author : verified,
    as: confirmed?.as,
    isTeam: confirmed?.as === 'team' || by?.role === 'team',
    voucher: by && {
      practice: practices.find((practice) => practice.account === by.practice)?.handle ?? 'a practice',
      until: by.expires,
    },
  };
}

export async function toPerson(vault: Vault, keys: Keys): Promise<Person> {
  const identity = await Identity.fromKeyLog(keys.account, keys.keyLog.map(fromBase64));
  const person = await consider(vault, { handle: keys.handle, identity });
  if (person.author) seeOnce(vault, identity, keys.keyLog.length);
  return person;
}

export async function personByHandle(vault: Vault, handle: string): Promise<Person> {
  const keys = await get<Keys>(`/accounts/${encodeURIComponent(handle)}/keys`);
  const person = await toPerson(vault, { ...keys, handle });
  return isMixedUp(vault, { handle, identity: person.identity })
    ? { ...person, handle, state: 'other-account', verified: undefined, author: undefined }
    : person;
}

export async function personByAccount(vault: Vault, account: string): Promise<Person> {
  const keys = await get<Keys>(`/accounts/by-id/${account}/keys`);
  return toPerson(vault, { ...keys, account });
}

/** By account, how many entries of a key log the vault was told of. */
const seen = new WeakMap<Vault, Map<Id, number>>();

/** Stored in the background, once for each length of a log: from then on, no device goes back behind it. */
function seeOnce(vault: Vault, identity: Identity, entries: number): void {
  const lengths = seen.get(vault) ?? new Map<Id, number>();
  seen.set(vault, lengths);
  // The first entry makes the account: nothing can go back behind it.
  if (entries < 2 || identity.account === vault.account || lengths.get(identity.account) === entries) return;
  lengths.set(identity.account, entries);
  practicesOf(vault)
    .then((practices) =>
      changeVault((own) =>
        own.trust.see(
          identity,
          practices.map((practice) => practice.identity),
        ),
      ),
    )
    .catch(() => lengths.delete(identity.account));
}

/** Compares the digits that were read out, and pins the identity if they match. */
export async function confirmPerson(
  vault: Vault,
  person: Person,
  digits: string,
  as: TrustedAs = 'person',
): Promise<Person> {
  await changeVault((own) => own.confirm(person.identity, digits, as, person.handle));
  return reconsider(vault, person);
}

/** Goes on trusting somebody who said, elsewhere than through this page, that she made new keys. */
export async function acceptNewKeys(vault: Vault, person: Person): Promise<Person> {
  await changeVault((own) => own.trust.acceptKeys(person.identity));
  return reconsider(vault, person);
}

export async function distrust(vault: Vault, account: Id): Promise<void> {
  await changeVault((own) => own.trust.distrust(account));
  forgetPractices(vault);
}

const reconsider = (vault: Vault, person: Person): Promise<Person> => {
  forgetPractices(vault);
  return consider(vault, person);
};

export const normalHandle = (typed: string): string => typed.trim().toLowerCase();
