import { type VaultHandle, VerifiedIdentities } from '../wasm/sealed_notes.js';
import { asBytes, asText, seconds } from './check.js';
import { call } from './error.js';
import { Identity, VerifiedIdentity } from './identity.js';
import type { Group, GroupChange, GroupKind, Id, Role, VaultChange } from './types.js';

/** A change of a vault that is one of a group, too. */
export type GroupVaultChange = VaultChange & { group: GroupChange };

/**
 * Practices and teams. A practice endorses people: whoever compared its fingerprint need not compare theirs. A team reads for
 * its members: a record is granted to it once, and joining is one sealed key, however many records there are.
 */
export class Groups {
  readonly #handle: VaultHandle;

  private constructor(handle: VaultHandle) {
    this.#handle = handle;
  }

  /** @internal */
  static of(handle: VaultHandle): Groups {
    return new Groups(handle);
  }

  /** Those whose keys are in this vault. */
  list(): Group[] {
    return call(() => this.#handle.groups() as Group[]);
  }

  /** Makes a practice or a team. Its account is in the change's `group`. */
  async create({ kind, name }: { kind: GroupKind; name: string }): Promise<GroupVaultChange> {
    return call(() => this.#handle.createGroup(asText(kind, 'kind'), asText(name, 'name')) as GroupVaultChange);
  }

  /**
   * Endorses `member` with her present keys; a team's are sealed to her as well. Once more: another role, another end, or the
   * keys that she has made since.
   *
   * @param input.group the group's key log, as the server hands it out
   */
  async addMember({ group, member, role, expires }: { group: Identity; member: VerifiedIdentity; role: Role; expires?: Date }): Promise<GroupVaultChange> {
    return call(() => this.#handle.addMember(Identity.handle(group), VerifiedIdentity.handle(member), asText(role, 'role'), seconds(expires)) as GroupVaultChange);
  }

  /**
   * Withdraws what a group said of `member`. A team gets new keys, sealed to `remaining`: all who are left, else
   * `unknown_recipient`. What was granted to the team before stays readable to whoever kept its former keys.
   */
  async removeMember({ group, member, remaining = [] }: { group: Identity; member: Id; remaining?: VerifiedIdentity[] }): Promise<GroupVaultChange> {
    return call(() => this.#handle.removeMember(Identity.handle(group), asText(member, 'member'), verified(remaining)) as GroupVaultChange);
  }

  /**
   * Gives a group new keys, such as after this vault's were stolen. A team's are sealed to `members`, all of them; whoever trusts
   * a practice has to accept its new ones.
   *
   * @param input.stolenSince from when on what the former keys signed is refused
   */
  async renew({ group, members = [], stolenSince }: { group: Identity; members?: VerifiedIdentity[]; stolenSince?: Date }): Promise<GroupVaultChange> {
    return call(() => this.#handle.renewGroup(Identity.handle(group), verified(members), seconds(stolenSince)) as GroupVaultChange);
  }

  /**
   * Reads for a team until the vault is locked: what was granted to it opens as what was granted to oneself.
   *
   * @param input.sealed what the team's owner sealed to this account
   * @throws {@link SealedNotesError} `not_a_recipient` without a membership in force, `rolled_back` for keys from before a
   *   member left, `tampered` for keys that are not the team's
   */
  async enter({ team, sealed }: { team: VerifiedIdentity; sealed: Uint8Array }): Promise<void> {
    call(() => this.#handle.enterTeam(VerifiedIdentity.handle(team), asBytes(sealed)));
  }
}

function verified(identities: readonly VerifiedIdentity[]): VerifiedIdentities {
  const list = new VerifiedIdentities();
  for (const identity of identities) list.add(VerifiedIdentity.handle(identity));
  return list;
}
