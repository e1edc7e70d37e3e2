// What others seal, we open: complete records by another implementation, granted to an account of ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hex } from './python.mjs';
import { combinations, confirm, createVault, SECTIONS, TENANT } from './support.mjs';

for (const { side, suite, name } of combinations) {
  test(`a record sealed by ${name}, is opened`, async () => {
    const { vault, keyLogEntry } = await createVault();
    const author = await side.makeAccount();
    const verified = await confirm(vault, author);
    const { sealed, grant } = await side.sealRecord(author, keyLogEntry, { tenant: TENANT, sections: SECTIONS, suite, expiresAt: 4_102_444_800 });
    const opened = await vault.chart.openShared({ bytes: sealed, grant, author: verified });
    assert.deepEqual(opened.sections, SECTIONS);
    assert.equal(opened.author, hex(author.account));

    const stranger = await confirm(vault, await side.makeAccount());
    await assert.rejects(vault.chart.openShared({ bytes: sealed, grant, author: stranger }), { code: 'not_the_author' });
    const { vault: other } = await createVault();
    const known = await confirm(other, author);
    await assert.rejects(other.chart.openShared({ bytes: sealed, grant, author: known }), { code: 'not_a_recipient' });
    const late = await side.sealRecord(author, keyLogEntry, { tenant: TENANT, sections: SECTIONS, suite, expiresAt: 1_700_000_000 });
    await assert.rejects(vault.chart.openShared({ bytes: late.sealed, grant: late.grant, author: verified }), { code: 'grant_expired' });
    await assert.rejects(vault.chart.openShared({ bytes: sealed, grant: late.grant, author: verified }), { code: 'tampered' });
  });
}
