import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Identity, KnownAuthor, VerifiedIdentity } from 'sealed-notes';
import { account, PASSPHRASE, place, refuses, verify } from './support.mjs';

let [author, reader, member] = [];

before(async () => {
  [author, reader, member] = [await account(), await account(), await account()];
});

const rotate = async (vault, options = {}) => {
  const kit = await vault.prepareRotation({ passphrase: PASSPHRASE, ...options });
  await kit.confirm(kit.recoveryCode);
  const { keyLogEntries } = await kit.change();
  await kit.commit();
  return keyLogEntries;
};

/** A group as a server keeps it. */
class Stored {
  keyLog = [];
  keys = new Map();

  store({ group }) {
    this.account = group.account;
    this.keyLog.push(...group.keyLogEntries);
    for (const { member, bytes } of group.sealedKeys) this.keys.set(member, bytes);
    return this;
  }

  identity = () => Identity.fromKeyLog(this.account, this.keyLog);
}

describe('new keys', () => {
  test('what the earlier ones signed opens, and sharing takes a decision', async () => {
    const [who, whom] = [await account(), await account()];
    const to = (await who.vault.confirm(whom.identity, whom.vault.fingerprint)).verified;
    await whom.vault.confirm(who.identity, who.vault.fingerprint, 'person', 'Anna');
    const seal = () => who.vault.chart.seal({ ...place(), sections: { plan: 'Synthetic.' }, grantTo: [{ to, purpose: 'treatment' }] });
    const earlier = await seal();
    const since = new Date(Date.now() - 1000);
    const entries = await rotate(who.vault);
    const later = await seal();
    const log = [who.keyLogEntry, ...entries];
    const identity = await Identity.fromKeyLog(who.vault.account, log);
    assert.deepEqual([identity.epoch, identity.members], [2, []]);
    assert.ok(identity.keysMadeAt >= since);

    const standing = await whom.vault.trust.standing(identity);
    assert.equal(standing.standing, 'keys-changed');
    assert.ok(standing.author instanceof KnownAuthor);
    assert.equal(await whom.vault.verified(identity), undefined);
    const open = ({ bytes, grants }, by) => whom.vault.chart.openShared({ bytes, grant: grants[0].bytes, author: by });
    assert.equal((await open(earlier, standing.author)).sections.plan, 'Synthetic.');
    await refuses('keys_changed', () => open(later, standing.author));
    await refuses('invalid_input', () => whom.vault.chart.seal({ ...place(), sections: { plan: 'x' }, grantTo: [{ to: standing.author, purpose: 'treatment' }] }));
    assert.ok((await whom.vault.trust.see(identity)).sealedVault.length > 4000);
    assert.equal(await whom.vault.trust.see(identity), undefined);
    await refuses('rolled_back', () => whom.vault.verified(who.identity));
    assert.ok((await whom.vault.trust.acceptKeys(identity)).sealedVault.length > 4000);
    assert.equal((await open(later, await whom.vault.verified(identity))).sections.plan, 'Synthetic.');
    assert.deepEqual(whom.vault.trust.list(), [{ account: who.vault.account, as: 'person', name: 'Anna' }]);
    await who.vault.trust.checkOwnKeyLog(identity);
    await refuses('rolled_back', () => who.vault.trust.checkOwnKeyLog(who.identity));
    await whom.vault.trust.distrust(who.vault.account);
    assert.deepEqual(await whom.vault.trust.standing(identity), { standing: 'unverified' });
  });

  test('stolen ones are revoked from a day on', async () => {
    const who = await account();
    const entries = await rotate(who.vault, { stolenSince: new Date(Date.now() - 60_000) });
    assert.equal(entries.length, 2);
    await refuses('invalid_input', () => who.vault.prepareRotation({ passphrase: PASSPHRASE, stolenSince: new Date(Date.now() + 60_000) }));
  });
});

describe('groups', () => {
  test('a practice vouches for its members', async () => {
    const practice = new Stored().store(await author.vault.groups.create({ kind: 'practice', name: 'Elm Street' }));
    const [made] = author.vault.groups.list();
    assert.deepEqual([made.account, made.kind, made.name], [practice.account, 'practice', 'Elm Street']);
    const { verified } = await author.vault.confirm(member.identity, member.vault.fingerprint);
    const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
    practice.store(await author.vault.groups.addMember({ group: await practice.identity(), member: verified, role: 'supervisor', expires }));
    const group = await practice.identity();
    assert.deepEqual(group.members.map(({ account: of, role }) => [of, role]), [[member.vault.account, 'supervisor']]);

    assert.equal(await reader.vault.verified(member.identity, [group]), undefined);
    await reader.vault.confirm(group, made.fingerprint, 'practice');
    const endorsed = await reader.vault.verified(member.identity, [group]);
    assert.deepEqual(endorsed.endorsedBy, { practice: practice.account, role: 'supervisor', expires });
    practice.store(await author.vault.groups.removeMember({ group, member: member.vault.account }));
    assert.equal(await reader.vault.verified(member.identity, [await practice.identity()]), undefined);
    await refuses('invalid_input', () => author.vault.groups.addMember({ group, member: verified, role: 'owner' }));
    await refuses('not_the_author', () => reader.vault.groups.removeMember({ group, member: member.vault.account }));
  });

  test('a team reads for its members', async () => {
    const team = new Stored().store(await author.vault.groups.create({ kind: 'team', name: 'Care team' }));
    const { fingerprint } = author.vault.groups.list().find(({ account: of }) => of === team.account);
    const to = (await reader.vault.confirm(await team.identity(), fingerprint, 'team')).verified;
    const sealed = await reader.vault.chart.seal({ ...place(), sections: { plan: 'Synthetic.' }, grantTo: [{ to, purpose: 'treatment' }] });
    const shared = { bytes: sealed.bytes, grant: sealed.grants[0].bytes, author: (await member.vault.confirm(reader.identity, reader.vault.fingerprint)).verified };
    await refuses('not_a_recipient', () => member.vault.chart.openShared(shared));
    const { verified } = await author.vault.confirm(member.identity, member.vault.fingerprint);
    team.store(await author.vault.groups.addMember({ group: await team.identity(), member: verified, role: 'clinician' }));
    const trusted = (await member.vault.confirm(await team.identity(), fingerprint, 'team')).verified;
    assert.ok(trusted instanceof VerifiedIdentity);
    await member.vault.groups.enter({ team: trusted, sealed: team.keys.get(member.vault.account) });
    assert.equal((await member.vault.chart.openShared(shared)).sections.plan, 'Synthetic.');
    const left = await author.vault.groups.removeMember({ group: await team.identity(), member: member.vault.account });
    assert.deepEqual([left.group.keyLogEntries.length, left.group.sealedKeys], [2, []]);
  });

  test('grants tell how far ledgers went', async () => {
    const [who, whom] = [await account(), await account()];
    const [to, back] = [await verify(who, whom), await verify(whom, who)];
    const share = async (from, recipient) => {
      const { bytes, grants } = await from.vault.chart.seal({ ...place(), sections: { plan: 'Synthetic.' }, grantTo: [{ to: recipient, purpose: 'treatment' }] });
      return { bytes, grant: grants[0].bytes };
    };
    await who.vault.ledger.stored(await who.vault.ledger.seal());
    await whom.vault.chart.openShared({ ...(await share(who, to)), author: back });
    assert.deepEqual(await who.vault.ledger.crossReferences(), []);
    await who.vault.chart.openShared({ ...(await share(whom, back)), author: to });
    assert.deepEqual(await who.vault.ledger.crossReferences(), [{ person: whom.vault.account, sequence: 1, agreement: 'same' }]);
  });
});
