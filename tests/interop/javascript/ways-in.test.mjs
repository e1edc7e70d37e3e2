// Ways in cross over: passkeys, recovery codes, shares, answers, wills and a rotation of ours, to Python and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identity, newId, Share, UnlockRequest, Vault } from 'sealed-notes';

import { ask, hex, unhex } from './python.mjs';
import { confirm, createVault, python, SECTIONS, TENANT } from './support.mjs';

const NEXT = 'another synthetic passphrase';
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const trusteeOf = async (vault) => {
  const account = await python.makeAccount();
  return { account, identity: await confirm(vault, account) };
};

test('every way into a vault of ours opens it in Python', async () => {
  const { vault, keyLogEntry, recoveryCode, slots } = await createVault();
  const [salt, credential, prf] = [random(32), random(40), random(32)];
  const kept = prf.slice();
  const passkey = await vault.addPasskey({ name: 'Key on the ring', credential, salt, prf });
  const device = newId();
  await vault.addDevice({ device, name: 'Laptop' });
  const people = [];
  for (const name of ['One', 'Two']) people.push({ name, ...(await trusteeOf(vault)) });
  const dealt = await vault.dealTrustees({ threshold: 2, people: [...people.map(({ name, identity }) => ({ name, to: identity })), { name: 'Paper' }] });
  const key_log = [keyLogEntry];
  const shares = await Promise.all(dealt.shares.map(({ bytes, text }, at) =>
    ask('open_dealt', text ? { owner: key_log, text } : { owner: key_log, kind: 'trustees', deal: dealt.deal, sealed: bytes, ...people[at].account })));

  const request = { vault: dealt.change.sealedVault, slots: [...slots, ...passkey.slots, ...dealt.change.slots] };
  const opened = await ask('open_vault', { ...request, prf: kept });
  assert.deepEqual(opened.kinds.sort(), [1, 2, 3, 4]);
  assert.deepEqual([opened.account, opened.may_seal, opened.devices[0][0], opened.deals[0][1]], [vault.account, true, device, dealt.deal]);
  assert.deepEqual(opened.deals[0][4], [...people.map(({ name, account }) => [name, hex(account.account)]), ['Paper', null]]);
  assert.equal((await ask('open_vault', { ...request, recovery_code: recoveryCode })).may_seal, false);
  for (const pair of [[0, 1], [2, 0], [1, 2]]) {
    const shares_of_trustees = pair.map((at) => shares[at].share);
    assert.equal((await ask('open_vault', { ...request, key_log, shares_of_trustees })).account, vault.account);
  }
  await assert.rejects(ask('open_vault', { ...request, key_log, shares_of_trustees: [shares[0].share] }), /too_few_shares/);
  await assert.rejects(ask('open_vault', { ...request, prf: random(32) }), /wrong_passkey/);
});

test('requests of one side are answered by the other', async () => {
  const { vault, accountSecret, keyLogEntry, recoveryCode, slots } = await createVault();
  const device = await UnlockRequest.make({ account: vault.account, kind: 'device' });
  const { answer } = await ask('answer', { request: device.bytes, code: device.code, account_secret: accountSecret });
  assert.equal((await device.openDeviceAnswer(unhex(answer))).accountSecret, accountSecret);
  await assert.rejects(ask('answer', { request: device.bytes, code: recoveryCode, account_secret: accountSecret }), /wrong_code/);

  const theirs = await ask('make_own_request', { account: vault.account, kind: 1 });
  const ours = await vault.answerDevice({ request: unhex(theirs.request), code: theirs.code });
  assert.equal((await ask('open_own_answer', { ...theirs, answer: ours })).account_secret, accountSecret);

  const owner = await Identity.fromKeyLog(vault.account, [keyLogEntry]);
  const { shares, change } = await vault.dealTrustees({ threshold: 2, people: [{ name: 'Paper' }, { name: 'More paper' }] });
  const lost = await UnlockRequest.make({ account: vault.account, kind: 'trustees' });
  const given = [];
  for (const { text } of shares) {
    const { share } = await ask('open_dealt', { owner: [keyLogEntry], text });
    given.push(await lost.openShare(unhex((await ask('answer', { request: lost.bytes, code: lost.code, share })).answer)));
  }
  const back = await Vault.unlockWithShares({ owner, shares: given, sealedVault: change.sealedVault, slots: [...slots, ...change.slots] });
  assert.equal(back.account, vault.account);

  const asked = await ask('make_own_request', { account: vault.account, kind: 2 });
  const share = await Share.fromText({ owner, text: shares[0].text });
  const handed = await vault.answerWithShare({ share, request: unhex(asked.request), code: asked.code });
  assert.equal((await ask('open_own_answer', { ...asked, answer: handed })).plaintext, (await ask('open_dealt', { owner: [keyLogEntry], text: shares[0].text })).share);
});

test('after a rotation of ours Python opens both epochs, and the will what its scope names', async () => {
  const { vault, keyLogEntry } = await createVault();
  const place = { client: newId() };
  const before = await vault.private.seal({ ...place, text: 'Before.' });
  const kit = await vault.prepareRotation({ passphrase: NEXT });
  await kit.confirm(kit.recoveryCode);
  const rotated = await kit.change();
  await kit.commit();
  const after = await vault.private.seal({ ...place, text: 'After.' });
  const record = await vault.chart.seal({ ...place, sections: SECTIONS });
  const key_log = [keyLogEntry, ...rotated.keyLogEntries];
  const own = [[before, 'private'], [after, 'private'], [record, 'chart']].map(([{ bytes }, drawer]) => ({ drawer, sealed: bytes }));
  const request = { vault: rotated.sealedVault, slots: rotated.slots, own };
  const opened = await ask('open_vault', { ...request, passphrase: NEXT, account_secret: kit.accountSecret });
  assert.deepEqual([opened.epochs, opened.own], [[1, 2], [{ note: 'Before.' }, { note: 'After.' }, SECTIONS]]);
  assert.equal((await ask('open_vault', { ...request, recovery_code: kit.recoveryCode })).head, opened.head);

  const reader = await ask('make_vault', { passphrase: NEXT, tenant: TENANT });
  const to = await confirm(vault, { account: unhex(reader.account), entry: unhex(reader.entry), fingerprint: reader.fingerprint });
  const [grant] = await vault.chart.share(record.bytes, [{ to, purpose: 'treatment' }]);
  const shared = [{ sealed: record.bytes, grant: grant.bytes, author: key_log }];
  const theirs = { passphrase: NEXT, account_secret: reader.account_secret, vault: reader.vault, slots: reader.slots, shared };
  assert.deepEqual((await ask('open_vault', theirs)).shared, [SECTIONS]);
  await assert.rejects(ask('open_vault', { ...theirs, shared: [{ ...shared[0], author: [keyLogEntry] }] }), /tampered/, 'a key log that ends before');

  const expected = { chart: ['out_of_scope', 'out_of_scope', SECTIONS], 'chart-and-private': [{ note: 'Before.' }, { note: 'After.' }, SECTIONS] };
  for (const [scope, read] of Object.entries(expected)) {
    const { will, shares } = await vault.issueWill({ scope, waitingDays: 14, threshold: 2, executors: [{ name: 'Paper' }, { name: 'More' }, { name: 'Most' }] });
    const given = await Promise.all(shares.slice(1).map(({ text }) => ask('open_dealt', { owner: key_log, text })));
    const answer = await ask('read_will', { will, owner: key_log, shares: given.map(({ share }) => share), records: own });
    assert.deepEqual(answer.read, read, scope);
    await assert.rejects(ask('read_will', { will, owner: key_log, shares: [given[0].share], records: own }), /too_few_shares/);
  }
});
