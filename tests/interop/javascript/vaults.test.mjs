// Vaults cross over whole: made there, unlocked here, and the reverse.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, Vault } from 'sealed-notes';

import { ask, hex, unhex } from './python.mjs';
import { confirm, createVault, javascript, SECTIONS, TENANT } from './support.mjs';

const PASSPHRASE = 'Größe ﬁve quiet ﬂowers Ⅸ';

test('a vault that Python made is unlocked, and what it seals Python opens', async () => {
  const made = await ask('make_vault', { passphrase: PASSPHRASE, tenant: TENANT });
  const open = { passphrase: PASSPHRASE, accountSecret: made.account_secret, sealedVault: unhex(made.vault), slots: made.slots.map(unhex) };
  const vault = await Vault.unlock(open);
  assert.deepEqual([vault.account, vault.fingerprint, vault.generation], [made.account, made.fingerprint, 1]);
  const note = await vault.private.seal({ client: newId(), text: SECTIONS.assessment });
  const record = await vault.chart.seal({ client: newId(), session: newId(), sections: SECTIONS });
  const answer = await ask('open_vault', {
    passphrase: PASSPHRASE, account_secret: made.account_secret, vault: made.vault, slots: made.slots,
    own: [{ drawer: 'private', sealed: note.bytes }, { drawer: 'chart', sealed: record.bytes }],
  });
  assert.deepEqual(answer.own, [{ note: SECTIONS.assessment }, SECTIONS]);
  await assert.rejects(Vault.unlock({ ...open, passphrase: 'not the passphrase' }), { code: 'wrong_passphrase' });
  const byCode = await Vault.unlockWithRecoveryCode({ ...open, recoveryCode: made.recovery_code });
  assert.deepEqual([byCode.account, byCode.hasConfirmedRecovery], [made.account, false]);
});

test('a vault of ours is unlocked by Python, with all that was sealed in it', async () => {
  const created = await createVault(PASSPHRASE);
  const { vault } = created;
  const author = await javascript.makeAccount();
  const identity = await confirm(vault, author);
  const place = { client: newId(), session: newId() };
  const draft = { record: newId(), ...place, baseVersion: 0 };
  const note = await vault.private.seal({ ...place, text: SECTIONS.assessment });
  const edited = await vault.private.edit(note.bytes, { text: 'Second version.', final: true });
  const own = [
    { drawer: 'private', sealed: note.bytes },
    { drawer: 'private', sealed: edited.bytes },
    { drawer: 'chart', sealed: (await vault.chart.seal({ ...place, sections: SECTIONS })).bytes },
  ];
  const drafts = [
    { drawer: 'private', sealed: await vault.private.sealDraft({ ...draft, text: 'Half a sen' }) },
    { drawer: 'chart', sealed: await vault.chart.sealDraft({ ...draft, sections: SECTIONS }) },
  ];
  const shared = [];
  for (const suite of [1, 2]) {
    const made = await javascript.sealRecord(author, created.keyLogEntry, { tenant: TENANT, sections: SECTIONS, suite });
    assert.deepEqual((await vault.chart.openShared({ bytes: made.sealed, grant: made.grant, author: identity })).sections, SECTIONS);
    shared.push({ ...made, author: [author.entry] });
  }
  const next = 'another synthetic passphrase';
  const changed = await vault.changePassphrase({ current: PASSPHRASE, next, slots: created.slots });
  const request = { passphrase: next, account_secret: created.accountSecret, vault: changed.sealedVault, slots: changed.slots };
  const answer = await ask('open_vault', { ...request, own, drafts, shared });
  assert.equal(answer.account, vault.account);
  assert.equal(answer.tenant, TENANT);
  assert.deepEqual(answer.pins, [hex(author.account)]);
  assert.deepEqual(answer.own, [{ note: SECTIONS.assessment }, { note: 'Second version.' }, SECTIONS]);
  assert.deepEqual(answer.drafts, ['Half a sen', SECTIONS]);
  assert.deepEqual(answer.shared, [SECTIONS, SECTIONS]);
  await assert.rejects(ask('open_vault', { ...request, passphrase: PASSPHRASE, slots: created.slots }), /stale_slot/);
  await assert.rejects(ask('open_vault', { ...request, passphrase: PASSPHRASE }), /wrong_passphrase/);
});

test('two vaults of ours share, and Python reads as the recipient', async () => {
  const { vault: author, keyLogEntry } = await createVault();
  const reader = await ask('make_vault', { passphrase: PASSPHRASE, tenant: TENANT });
  const to = await confirm(author, { account: unhex(reader.account), entry: unhex(reader.entry), fingerprint: reader.fingerprint });
  const record = await author.chart.seal({ client: newId(), sections: { progress: SECTIONS.subjective }, grantTo: [{ to, purpose: 'treatment' }] });
  // What the server hands a recipient is the record without the wrap; here the wrap stays, which opens all the same.
  const shared = [{ sealed: record.bytes, grant: record.grants[0].bytes, author: [keyLogEntry] }];
  const answer = await ask('open_vault', { passphrase: PASSPHRASE, account_secret: reader.account_secret, vault: reader.vault, slots: reader.slots, shared });
  assert.deepEqual(answer.shared, [{ progress: SECTIONS.subjective }]);
});
