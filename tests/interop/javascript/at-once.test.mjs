// Grants made at once, in both directions: receipts, and several versions and sections under one encapsulation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from 'sealed-notes';

import { verifyReceipt } from './at-once.mjs';
import { readEntry } from './foreign.mjs';
import { hex } from './python.mjs';
import { combinations, confirm, createVault, javascript, python, SECTIONS, TENANT } from './support.mjs';

const MORE = { plan: 'Synthetic. Monthly.', progress: 'Synthetic. „Gut.“' };
const encapsulated = ([, keys]) => keys.map(([, recipient]) => hex(recipient[1].get(-4)));

for (const { side, suite, name } of combinations) {
  test(`of grants made at once, ${name}, opens its own`, async () => {
    const { vault, keyLogEntry } = await createVault();
    const { ed25519 } = readEntry(keyLogEntry);
    const accounts = [await side.makeAccount(), await javascript.makeAccount(), await python.makeAccount()];
    const grantTo = [];
    for (const account of accounts) grantTo.push({ to: await confirm(vault, account), purpose: 'supervision', postQuantum: suite === 2 });
    const { bytes: sealed, grants } = await vault.chart.seal({ client: newId(), sections: SECTIONS, grantTo });
    const keys = grants.map(({ bytes }) => new Set(encapsulated(verifyReceipt(bytes, ed25519))));
    assert.ok(keys.every(({ size }) => size === 1), 'one encapsulation for all sections');
    assert.equal(new Set(keys.flatMap((one) => [...one])).size, suite === 1 ? 1 : 3, 'and for X25519 one ephemeral key for all recipients');

    const [grant, other] = grants.map(({ bytes }) => bytes);
    const opened = await side.openShared(accounts[0], suite, { sealed, grant, ed25519, entry: keyLogEntry });
    assert.deepEqual(opened, SECTIONS);
    const open = async (changes) => side.openShared(accounts[0], suite, { sealed, grant, ed25519, entry: keyLogEntry, ...changes });
    await assert.rejects(open({ grant: other }), "another recipient's");
    const changed = grant.slice();
    changed[changed.length - 70] ^= 1; // the last byte of the path, before null and the signature
    await assert.rejects(open({ grant: changed }), 'a changed path');
  });

  test(`grants made at once by ${name}, are opened`, async () => {
    const readers = [await createVault(), await createVault()];
    const author = await side.makeAccount();
    const records = [SECTIONS, MORE, MORE];
    const made = await side.sealCaseload(author, readers.map(({ keyLogEntry }) => keyLogEntry), { tenant: TENANT, records, suite });
    const all = new Set();
    for (const [at, { vault }] of readers.entries()) {
      const verified = await confirm(vault, author);
      for (const [index, { sealed, grants }] of made.entries()) {
        const opened = await vault.chart.openShared({ bytes: sealed, grant: grants[at], author: verified });
        assert.deepEqual(opened.sections, records[index]);
        encapsulated(verifyReceipt(grants[at], readEntry(author.entry).ed25519)).forEach((key) => all.add(`${at} ${key}`));
        await assert.rejects(vault.chart.openShared({ bytes: sealed, grant: grants[1 - at], author: verified }), { code: 'not_a_recipient' });
        const changed = grants[at].slice();
        changed[changed.length - 70] ^= 1;
        await assert.rejects(vault.chart.openShared({ bytes: sealed, grant: changed, author: verified }), { code: 'tampered' });
      }
    }
    assert.equal(all.size, 2, 'one encapsulation for all that somebody is granted');
  });
}
