import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { checkAccountSecret, Identity, init, inspect, newId, Vault } from 'sealed-notes';
import { account, PASSPHRASE, place, refuses, verify } from './support.mjs';

let author;
let colleague;
let biller;
before(async () => {
  [author, colleague, biller] = [await account(), await account(), await account()];
});

test('init is idempotent, also while it runs', async () => {
  assert.equal(init(), init());
  await init();
});

describe('vault', () => {
  test('unlocks with passphrase and account secret, and with nothing else', async () => {
    const { sealedVault, slots, accountSecret } = author;
    const unlock = (passphrase, secret = accountSecret) => Vault.unlock({ passphrase, accountSecret: secret, sealedVault, slots });
    const vault = await unlock(PASSPHRASE);
    assert.equal(vault.account, author.vault.account);
    assert.equal(await vault.revealAccountSecret(), accountSecret);
    await refuses('wrong_passphrase', () => unlock('correct horse battery stable'));
    await refuses('wrong_passphrase', () => unlock(PASSPHRASE, colleague.accountSecret));
    await refuses('invalid_account_secret', () => unlock(PASSPHRASE, accountSecret.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))));
    await refuses('weak_passphrase', () => Vault.create({ passphrase: 'too short' }));
  });

  test('takes one passphrase however its letters were composed', async () => {
    const { sealedVault, slots, accountSecret } = await Vault.create({ passphrase: 'Über-lange Passphrase' });
    await Vault.unlock({ passphrase: 'U\u0308ber-lange Passphrase', accountSecret, sealedVault, slots });
  });

  test('tells how far it is', async () => {
    const stages = [];
    const onProgress = (stage) => stages.push(stage);
    const { sealedVault, slots, accountSecret } = await Vault.create({ passphrase: PASSPHRASE, onProgress });
    await Vault.unlock({ passphrase: PASSPHRASE, accountSecret, sealedVault, slots, onProgress });
    assert.deepEqual(stages, ['loading', 'stretching', 'opening', 'loading', 'stretching', 'opening']);
  });

  test('changes the passphrase without touching a note', async () => {
    const { vault, accountSecret, slots } = await account();
    const note = await vault.private.seal({ ...place(), text: 'kept' });
    const next = 'an entirely different passphrase';
    const changed = await vault.changePassphrase({ current: PASSPHRASE, next, slots });
    const unlock = (passphrase, slots) => Vault.unlock({ passphrase, accountSecret, sealedVault: changed.sealedVault, slots });
    assert.equal((await (await unlock(next, changed.slots)).private.open(note.bytes)).text, 'kept');
    await refuses('wrong_passphrase', () => unlock(PASSPHRASE, changed.slots));
    await refuses('stale_slot', () => unlock(PASSPHRASE, slots));
  });

  test('refuses an older save than one that this device saw, and a record that was not asked for', async () => {
    const { vault, accountSecret, sealedVault, slots } = await account();
    const unlock = (generation) => Vault.unlock({ passphrase: PASSPHRASE, accountSecret, sealedVault, slots, seen: { generation } });
    assert.equal((await unlock(vault.generation)).generation, vault.generation);
    await refuses('rolled_back', () => unlock(vault.generation + 1));
    const [note, record] = [await vault.private.seal({ ...place(), text: 'x' }), await vault.chart.seal({ ...place(), sections: { plan: 'x' } })];
    assert.equal((await vault.private.open(note.bytes, { record: note.record })).record, note.record);
    assert.equal((await vault.chart.open(record.bytes, { record: record.record })).record, record.record);
    await refuses('tampered', () => vault.private.open(note.bytes, { record: newId() }));
    await refuses('tampered', () => vault.chart.open(record.bytes, { record: newId() }));
    await refuses('invalid_id', () => vault.chart.open(record.bytes, { record: 'x' }));
  });

  test('does nothing more once it is locked', async () => {
    const { vault } = await account();
    const note = await vault.private.seal({ ...place(), text: 'x' });
    vault.lock();
    vault.lock();
    assert.equal(vault.locked, true);
    await refuses('locked', () => vault.private.open(note.bytes));
    await refuses('locked', () => vault.private.seal({ ...place(), text: 'x' }));
    await refuses('locked', () => vault.chart.seal({ ...place(), sections: { note: 'x' } }));
    await refuses('locked', () => vault.login({ challenge: new Uint8Array(32), origin: 'https://example.com' }));
    assert.throws(() => vault.generation, { code: 'locked' });
  });

  test('locks at the end of a using block', async () => {
    const { vault } = await Vault.create({ passphrase: PASSPHRASE });
    vault[Symbol.dispose]();
    assert.equal(vault.locked, true);
  });
});

describe('private drawer', () => {
  test('seals, opens, edits, drafts', async () => {
    const drawer = author.vault.private;
    const where = place();
    const first = await drawer.seal({ ...where, text: 'Sie lächelte — 笑顔' });
    const second = await drawer.edit(first.bytes, { text: 'two', final: true });
    const opened = await drawer.open(first.bytes);
    assert.deepEqual(
      { ...opened, writtenAt: undefined },
      { record: first.record, version: 1, ...where, author: author.vault.account, text: 'Sie lächelte — 笑顔', writtenAt: undefined, final: false },
    );
    assert.ok(Math.abs(opened.writtenAt - Date.now()) < 60_000);
    assert.deepEqual([second.record, second.version], [first.record, 2]);
    assert.equal((await drawer.open(second.bytes)).final, true);
    const draft = { record: newId(), client: where.client, baseVersion: 0, text: 'half a' };
    assert.deepEqual(await drawer.openDraft(await drawer.sealDraft(draft)), draft);
    await refuses('not_the_author', () => colleague.vault.private.open(first.bytes));
  });

  test('has no way to name a reader', () => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(author.vault.private));
    assert.deepEqual(names.sort(), ['constructor', 'edit', 'open', 'openDraft', 'openEach', 'openMany', 'seal', 'sealDraft']);
  });

  test('refuses what it cannot use, each with its own code', async () => {
    const drawer = author.vault.private;
    const { bytes } = await drawer.seal({ ...place(), text: 'x' });
    const chart = await author.vault.chart.seal({ ...place(), sections: { note: 'x' } });
    const flipped = bytes.with(bytes.length - 1, bytes.at(-1) ^ 1);
    await refuses('tampered', () => drawer.open(flipped));
    await refuses('truncated', () => drawer.open(bytes.subarray(0, -1)));
    await refuses('not_sealed', () => drawer.open(new TextEncoder().encode('<!doctype html>')));
    await refuses('truncated', () => drawer.open(new Uint8Array()));
    await refuses('wrong_object', () => drawer.open(chart.bytes));
    await refuses('invalid_id', () => drawer.seal({ client: 'Mrs Jones', text: 'x' }));
    await refuses('section_too_large', () => drawer.seal({ ...place(), text: 'x'.repeat(1_048_577) }));
    await refuses('invalid_input', () => drawer.open('a string'));
    await refuses('invalid_input', () => drawer.open(bytes.buffer));
    await refuses('invalid_input', () => drawer.seal({ text: 'no client' }));
    await refuses('invalid_input', () => drawer.seal({ ...place(), text: 5 }));
    await refuses('invalid_input', () => drawer.edit(bytes, {}));
  });
});

describe('chart', () => {
  test('is shared by grant, listed, revoked with a receipt', async () => {
    const { chart } = author.vault;
    const [toColleague, toBiller] = [await verify(author, colleague), await verify(author, biller)];
    const byColleague = await verify(colleague, author);
    const byBiller = await verify(biller, author);
    const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
    const record = await chart.seal({
      ...place(),
      sections: { note: 'We made a plan.', billing: '90834' },
      grantTo: [
        { to: toColleague, purpose: 'treatment' },
        { to: toBiller, purpose: 'payment', sections: ['billing'], expires, postQuantum: false },
      ],
    });
    const [forColleague, forBiller] = record.grants.map((grant) => grant.bytes);
    const { bytes } = record;
    const read = await colleague.vault.chart.openShared({ bytes, grant: forColleague, author: byColleague });
    assert.deepEqual(read.sections, { billing: '90834', note: 'We made a plan.' });
    const part = await biller.vault.chart.openShared({ bytes, grant: forBiller, author: byBiller });
    assert.deepEqual(part.sections, { billing: '90834' });
    await refuses('not_a_recipient', () => biller.vault.chart.openShared({ bytes, grant: forColleague, author: byBiller }));

    const readers = await chart.readers(bytes, [forColleague, forBiller]);
    assert.deepEqual(
      readers.map(({ grantedAt, ...reader }) => reader),
      [
        { account: colleague.vault.account, version: 1, purpose: 'treatment', sections: ['billing', 'note'], postQuantum: true },
        { account: biller.vault.account, version: 1, purpose: 'payment', sections: ['billing'], expires, postQuantum: false },
      ],
    );

    const { receipt, ...next } = await chart.revoke({
      bytes,
      grants: [forColleague, forBiller],
      recipient: colleague.vault.account,
      remaining: [toBiller],
    });
    assert.deepEqual([receipt.versions, receipt.replacedBy, next.version], [[1], 2, 2]);
    assert.deepEqual(next.grants.map((grant) => grant.recipient), [biller.vault.account]);
    const still = await biller.vault.chart.openShared({ bytes: next.bytes, grant: next.grants[0].bytes, author: byBiller });
    assert.deepEqual(still.sections, { billing: '90834' });
    await refuses('tampered', () => colleague.vault.chart.openShared({ bytes: next.bytes, grant: forColleague, author: byColleague }));
  });

  test('a recipient is added later without rewriting the record', async () => {
    const record = await author.vault.chart.seal({ ...place(), sections: { note: 'later' } });
    const [grant] = await author.vault.chart.share(record.bytes, [{ to: await verify(author, colleague), purpose: 'supervision' }]);
    assert.equal(grant.recipient, colleague.vault.account);
    const read = await colleague.vault.chart.openShared({ bytes: record.bytes, grant: grant.bytes, author: await verify(colleague, author) });
    assert.equal(read.sections.note, 'later');
  });

  test('refuses who and what cannot be, each with its own code', async () => {
    const { chart } = author.vault;
    const to = await verify(author, colleague);
    const seal = (grantTo, sections = { note: 'x' }) => chart.seal({ ...place(), sections, grantTo });
    await refuses('duplicate_recipient', () => seal([{ to, purpose: 'treatment' }, { to, purpose: 'payment' }]));
    await refuses('duplicate_recipient', () => seal([{ to: author.vault.self, purpose: 'treatment' }]));
    await refuses('invalid_input', () => seal([{ to: colleague.identity, purpose: 'treatment' }]));
    await refuses('invalid_input', () => seal([{ to, purpose: 'curiosity' }]));
    await refuses('invalid_input', () => seal([{ to, purpose: 'treatment', expires: new Date(0) }]));
    await refuses('invalid_section', () => seal([{ to, purpose: 'treatment', sections: ['other'] }]));
    await refuses('invalid_section', () => seal([], { 'Mrs Jones': 'x' }));
    await refuses('no_sections', () => seal([], {}));
    await refuses('invalid_input', () => seal([], { note: 5 }));
    const { bytes } = await seal([]);
    await refuses('unknown_recipient', () => chart.revoke({ bytes, grants: [], recipient: colleague.vault.account, remaining: [] }));
  });
});

describe('identities', () => {
  test('are trusted by their digits alone', async () => {
    await refuses('fingerprint_mismatch', () => author.vault.confirm(biller.identity, colleague.vault.fingerprint));
    await refuses('tampered', () => Identity.fromKeyLog(author.vault.account, [colleague.keyLogEntry]));
    await refuses('invalid_key', () => Identity.fromKeyLog(author.vault.account, []));
    const { vault } = await account();
    assert.equal(await vault.verified(biller.identity), undefined);
    await vault.confirm(biller.identity, biller.vault.fingerprint);
    assert.equal((await vault.verified(biller.identity)).account, biller.vault.account);
  });

  test('sign a challenge for one origin', async () => {
    const origin = 'https://notes.example';
    const login = await author.vault.login({ challenge: new Uint8Array(32).fill(7), origin });
    assert.ok(new TextDecoder().decode(login).includes(origin));
    await refuses('invalid_input', () => author.vault.login({ challenge: new Uint8Array(31), origin }));
  });
});

test('inspect tells what a server sees, and nothing else', async () => {
  const where = place();
  const { bytes } = await author.vault.private.seal({ ...where, text: 'unseen' });
  const { type, size, fields } = await inspect(bytes);
  assert.deepEqual([type, size], ['private note', bytes.length]);
  assert.ok(fields.some((field) => field.name === 'client' && field.value === where.client));
  assert.ok(!JSON.stringify(fields).includes('unseen'));
  await refuses('not_sealed', () => inspect(new Uint8Array([1, 2, 3])));
});

test('an account secret is checked as it is typed', () => {
  assert.equal(checkAccountSecret(author.accountSecret.toLowerCase().replaceAll('-', ' ')), true);
  assert.equal(checkAccountSecret('ABCD-EFGH'), false);
});

test('every code of the library is in the type that developers see', async () => {
  const [rust, types] = await Promise.all(['../../src/error.rs', '../src/error.ts'].map((path) => readFile(new URL(path, import.meta.url), 'utf8')));
  const codes = [...rust.matchAll(/=> "([a-z_]+)", "/g)].map(([, code]) => code);
  assert.ok(codes.length > 20);
  for (const code of codes) assert.ok(types.includes(`'${code}'`), code);
});
