// What we seal, others open: exported records with generic COSE and HPKE calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from 'sealed-notes';

import { readEntry, verifySign1 } from './foreign.mjs';
import { ask, hex } from './python.mjs';
import { combinations, confirm, createVault, javascript, python, SECTIONS } from './support.mjs';

for (const { side, suite, name } of combinations) {
  test(`an exported record is opened by ${name}`, async () => {
    const { vault } = await createVault();
    const recipient = await side.makeAccount();
    const to = await confirm(vault, recipient);
    const sealed = await vault.chart.seal({ client: newId(), sections: SECTIONS, grantTo: [{ to, purpose: 'supervision', postQuantum: suite === 2 }] });
    const exported = await vault.chart.exportSections(sealed.bytes, sealed.grants.map(({ bytes }) => bytes));
    assert.deepEqual(Object.keys(exported).sort(), Object.keys(SECTIONS));
    for (const [section, bytes] of Object.entries(exported)) {
      assert.equal(await side.open(recipient, suite, bytes), SECTIONS[section]);
    }
    const { plan } = exported;
    const changed = plan.map((byte, at) => (at === 100 ? byte ^ 1 : byte));
    const other = await side.makeAccount();
    await assert.rejects(async () => side.open(recipient, suite, changed), 'a changed one');
    await assert.rejects(async () => side.open(other, suite, plan), 'somebody else');
  });
}

test('one export holds recipients of both suites, and each opens hers', async () => {
  const { vault } = await createVault();
  const accounts = await Promise.all([javascript.makeAccount(), javascript.makeAccount(), python.makeAccount()]);
  const identities = [];
  for (const account of accounts) identities.push(await confirm(vault, account));
  const grantTo = identities.map((to, at) => ({ to, purpose: 'treatment', postQuantum: at > 0, ...(at === 2 && { sections: ['plan'] }) }));
  const sealed = await vault.chart.seal({ client: newId(), sections: SECTIONS, grantTo });
  const { assessment, plan } = await vault.chart.exportSections(sealed.bytes, sealed.grants.map(({ bytes }) => bytes));
  assert.equal(await javascript.open(accounts[0], 1, assessment), SECTIONS.assessment);
  assert.equal(await javascript.open(accounts[1], 2, assessment), SECTIONS.assessment);
  assert.equal(await python.open(accounts[2], 2, plan), SECTIONS.plan);
  await assert.rejects(async () => python.open(accounts[2], 2, assessment), 'a section she was not granted');
});

test('signatures of versions, grants and logins are verified by others', async () => {
  const { vault, keyLogEntry } = await createVault();
  const to = await confirm(vault, await javascript.makeAccount());
  const record = await vault.chart.seal({ client: newId(), sections: SECTIONS, grantTo: [{ to, purpose: 'payment' }] });
  const { ed25519 } = readEntry(keyLogEntry);
  // The version is the container's second element: after a head of one byte and the label's text.
  const at = record.bytes.indexOf(0x59, 10) + 3;
  const version = record.bytes.subarray(at, at + new DataView(record.bytes.buffer, record.bytes.byteOffset).getUint16(at - 2));
  const [grant] = record.grants;
  assert.equal(hex(verifySign1(version, 'version', ed25519)[1]), record.record);
  assert.equal(hex(verifySign1(grant.bytes, 'grant', ed25519)[0][1]), record.record);
  const { payloads } = await ask('verify_signed', { ed25519, objects: [version, grant.bytes, keyLogEntry].map(hex) });
  assert.equal(payloads.length, 3);
  const tampered = grant.bytes.map((byte, index) => (index === 200 ? byte ^ 1 : byte));
  assert.throws(() => verifySign1(tampered, 'grant', ed25519));
  await assert.rejects(() => ask('verify_signed', { ed25519, objects: [hex(tampered)] }));

  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const login = await vault.login({ challenge, origin: 'https://notes.example' });
  const expected = { account: vault.account, origin: 'https://notes.example', challenge: hex(challenge) };
  assert.deepEqual(await ask('check_login', { login, entry: keyLogEntry }), expected);
});
