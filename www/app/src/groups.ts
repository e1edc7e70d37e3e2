/** Practices and teams: those whose keys are in this vault, those one is a member of, and reading for a team. */
import type { GroupKind, Id, Identity, Membership, Role, Vault, VerifiedIdentity } from 'sealed-notes';
import { ApiError, fromBase64, get, hasStatus } from './api.ts';
import { explain } from './errors.ts';
import { type Keys, type Person, personByAccount, personByHandle, toPerson } from './people.ts';
import { forgetPractices } from './practices.ts';
import { changeVault } from './vault-changes.ts';

export interface Group {
  account: Id;
  handle: string;
  /** As whoever manages it named it; for the others its handle. */
  name: string;
  kind: GroupKind;
  manages: boolean;
  /** Its keys, and how far they can be trusted. */
  keys: Person;
  /** Of a team one is a member of: whether what is shared with it opens here, and why not. */
  reads: 'yes' | 'unverified' | { error: string };
}

interface Row extends Keys {
  manages: boolean;
  sealedKeys: string | null;
}

/** Asks for all of them, and begins to read for each team that is trusted. */
export async function loadGroups(vault: Vault): Promise<Group[]> {
  const { groups } = await get<{ groups: Row[] }>('/groups');
  const loaded = await Promise.all(groups.map((row) => loadOne(vault, row).catch(() => undefined)));
  return loaded.flatMap((group) => group ?? []);
}

async function loadOne(vault: Vault, row: Row): Promise<Group> {
  const keys = await toPerson(vault, row);
  const kept = vault.groups.list().find(({ account }) => account === row.account);
  // A practice has no keys for its members.
  const kind = kept?.kind ?? (row.sealedKeys || keys.isTeam ? 'team' : 'practice');
  const { account, handle, manages } = row;
  return {
    account,
    handle,
    name: kept?.name ?? handle,
    kind,
    manages,
    keys,
    reads: kind === 'team' && row.sealedKeys ? await enterTeam(vault, keys, row.sealedKeys) : 'unverified',
  };
}

async function enterTeam(vault: Vault, { verified }: Person, sealedKeys: string): Promise<Group['reads']> {
  if (!verified) return 'unverified';
  try {
    await vault.groups.enter({ team: verified, sealed: fromBase64(sealedKeys) });
    return 'yes';
  } catch (error) {
    return { error: explain(error) };
  }
}

/** Not to be waited for: whatever shows what is shared with a team asks again. */
export const enterTeamsSoon = (vault: Vault): void => {
  loadGroups(vault).catch(() => undefined);
};

/** Somebody's present or former time in a practice or team. */
export interface Member extends Membership {
  handle: string;
  /** None where the server's keys for her are not valid. */
  person: Person | undefined;
  inForce: boolean;
  /** She has made new keys since she was added, and they are accepted: the practice vouches for the former ones. */
  isOutdated: boolean;
}

const isInForce = ({ until, expires }: Membership): boolean => !until && (!expires || expires > new Date());

/** The present ones first, each once; what was replaced by a later membership of the same person is left out. */
export async function membersOf(vault: Vault, { members }: Pick<Identity, 'members'>): Promise<Member[]> {
  const latest = new Map(members.map((membership) => [membership.account, membership]));
  const found = await Promise.all(
    [...latest.values()].map(async (membership): Promise<Member> => {
      const person = await personByAccount(vault, membership.account).catch(() => undefined);
      const { epoch = 1, keysMadeAt = membership.from } = person?.identity ?? {};
      return {
        ...membership,
        handle: person?.handle ?? `Account ${membership.account.slice(0, 8)}…`,
        person,
        inForce: isInForce(membership),
        isOutdated: person?.verified !== undefined && epoch > 1 && keysMadeAt > membership.from,
      };
    }),
  );
  return found.sort((one, other) => Number(other.inForce) - Number(one.inForce));
}

export async function createGroup(vault: Vault, kind: GroupKind, name: string, handle: string): Promise<void> {
  const made = await changeVault(async (own) => {
    // A refused vault is not to be had back: better ask first.
    await mustBeFree(handle);
    return { ...(await own.groups.create({ kind, name })), groupHandle: handle };
  });
  forgetPractices(vault);
  const { fingerprint } = vault.groups.list().find(({ account }) => account === made.group.account) ?? {};
  if (kind !== 'team' || !fingerprint) return;
  // Whoever keeps its keys knows its fingerprint, and can share with it.
  const { identity } = await personByHandle(vault, handle);
  await changeVault((own) => own.confirm(identity, fingerprint, 'team', handle));
}

async function mustBeFree(handle: string): Promise<void> {
  const taken = await get(`/accounts/${encodeURIComponent(handle)}/keys`).then(
    () => true,
    (error: unknown) => {
      if (hasStatus(error, 404)) return false;
      throw error;
    },
  );
  if (taken) throw new ApiError(409, 'conflict', 'This handle is taken. Choose another one.');
}

const keyLogOf = async (vault: Vault, account: Id): Promise<Identity> =>
  (await personByAccount(vault, account)).identity;

export async function addMember(vault: Vault, group: Id, member: Person, role: Role, expires?: Date): Promise<void> {
  await changeVault(async (own) => {
    if (!member.verified)
      throw new ApiError(409, 'not_verified', `First compare the fingerprint with ${member.handle}.`);
    const log = await keyLogOf(own, group);
    return own.groups.addMember({ group: log, member: member.verified, role, ...(expires ? { expires } : {}) });
  });
  forgetPractices(vault);
}

/** A team gets new keys, sealed to all who are left. */
export async function removeMember(vault: Vault, group: Group, member: Id): Promise<void> {
  await changeVault(async (own) => {
    const log = await keyLogOf(own, group.account);
    const remaining = await readersOf(own, group, log, member);
    return own.groups.removeMember({ group: log, member, remaining });
  });
  forgetPractices(vault);
}

/** After the vault was stolen that keeps them. A team's go to its members; whoever trusts a practice decides about its new ones. */
export async function renewGroup(vault: Vault, group: Group): Promise<void> {
  await changeVault(async (own) => {
    const log = await keyLogOf(own, group.account);
    const members = await readersOf(own, group, log);
    return own.groups.renew({ group: log, members });
  });
  forgetPractices(vault);
}

/** To whom a team's new keys go: everybody in it, but who leaves. A practice has none to hand out. */
async function readersOf(own: Vault, { kind }: Group, log: Identity, leaving?: Id): Promise<VerifiedIdentity[]> {
  if (kind === 'practice') return [];
  const staying = log.members.filter((one) => one.account !== leaving && isInForce(one));
  const people = await Promise.all(staying.map(({ account }) => personByAccount(own, account)));
  const open = people.filter(({ verified }) => !verified).map(({ handle }) => handle);
  if (open.length > 0) {
    throw new ApiError(
      409,
      'not_verified',
      `The team's new keys go to everybody who stays, and the keys of ${open.join(', ')} are not verified. First decide about those.`,
    );
  }
  return people.flatMap(({ verified }) => verified ?? []);
}

export const ROLES = [
  ['clinician', 'Clinician'],
  ['supervisor', 'Supervisor'],
  ['biller', 'Billing'],
  ['scheduler', 'Scheduling'],
  ['administrator', 'Administration'],
  ['team', 'Team'],
] as const satisfies readonly (readonly [Role, string])[];
export const showRole = (role: Role): string => ROLES.find(([id]) => id === role)?.[1] ?? 'Client';
