// Ledgers cross over: what we wrote Python follows and audits, and the reverse; both write one chain in turn.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, Vault } from 'sealed-notes';

import { ask, hex, unhex } from './python.mjs';
import { confirm, createVault, javascript, SECTIONS, TENANT } from './support.mjs';

const PASSPHRASE = 'four synthetic words here';
const KINDS = ['put', 'granted', 'revoked', 'opened', 'opened-shared', 'open-failed', 'listed', 'exported', 'printed', 'keys-rotated', 'verified', 'rollback-accepted', 'device-added', 'device-removed', 'keys-accepted', 'member-added', 'member-removed'];

/** As Python names it, without what is null. */
const ours = ({ kind, at, drawer, ...rest }) => ({
  kind: KINDS.indexOf(kind) + 1, at: at.getTime() / 1000, ...rest, ...(drawer && { drawer: drawer === 'private' ? 0 : 1 }),
});
const theirs = (event) => Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null));

async function write(vault, input) {
  const entry = await vault.ledger.seal(input);
  await vault.ledger.stored(entry);
  return entry;
}

test('a ledger of ours is followed by Python over a rotation, and its bundle audited', async () => {
  const { vault, keyLogEntry } = await createVault(PASSPHRASE);
  const device = newId();
  const to = await confirm(vault, await javascript.makeAccount());
  const note = await vault.private.seal({ client: newId(), text: 'One.' });
  const record = await vault.chart.seal({ client: newId(), sections: SECTIONS, grantTo: [{ to, purpose: 'client-access' }] });
  const entries = [await write(vault, { versions: [note.bytes, record.bytes], grants: record.grants.map(({ bytes }) => bytes), device })];
  await vault.private.open(note.bytes);
  await vault.ledger.note({ kind: 'printed', detail: 'session' });
  const kit = await vault.prepareRotation({ passphrase: 'another synthetic passphrase' });
  await kit.confirm(kit.recoveryCode);
  const rotated = await kit.change();
  await kit.commit();
  entries.push(await write(vault, { versions: [(await vault.private.edit(note.bytes, { text: 'Two.' })).bytes] }));
  const { head } = vault.ledger;
  const bundle = await vault.ledger.export({ keyLog: [keyLogEntry, ...rotated.keyLogEntries], entries });

  const request = { vault: rotated.sealedVault, slots: rotated.slots, recovery_code: kit.recoveryCode, head };
  const followed = await ask('follow_ledger', { ...request, entries, bundle });
  const read = await vault.ledger.read(entries);
  const expected = read.map(({ device: by = null, events }) => [by, events.map(ours)]);
  assert.deepEqual(followed.entries.map(([by, events]) => [by, events.map(theirs)]), expected);
  assert.deepEqual(expected[1][1].map(({ kind }) => KINDS[kind - 1]), ['opened', 'printed', 'keys-rotated', 'put']);
  assert.deepEqual(followed.head, [head.sequence, head.hash]);
  assert.deepEqual(followed.bundle[0], followed.head);
  assert.deepEqual(Object.values(followed.bundle[1]), followed.entries);

  await assert.rejects(ask('follow_ledger', { ...request, entries: entries.slice(0, 1) }), /rolled_back/);
  await assert.rejects(ask('follow_ledger', { ...request, entries: entries.slice(1) }), /forked/);
  const lacking = await vault.ledger.export({ keyLog: [keyLogEntry], entries });
  await assert.rejects(ask('follow_ledger', { ...request, entries, bundle: lacking }), /tampered/);
});

test('a ledger that Python wrote is followed, exported alike and gone on with', async () => {
  const made = await ask('make_vault', { passphrase: PASSPHRASE, tenant: TENANT });
  const request = { passphrase: PASSPHRASE, account_secret: made.account_secret, vault: made.vault, slots: made.slots };
  const place = { record: newId(), client: newId() };
  const all = KINDS.map((_, at) => ({ kind: at + 1, at: 1_700_000_000 + at, version: at + 1, detail: String(at), ...place }));
  const batches = [[newId(), all], [null, [{ kind: 1, at: 1_700_000_100, drawer: 1, version: 7, hash: hex(crypto.getRandomValues(new Uint8Array(32))), ...place }]]];
  const written = await ask('write_ledger', { ...request, batches, key_log: [made.entry] });
  const entries = written.entries.map(unhex);

  const vault = await Vault.unlock({ passphrase: PASSPHRASE, accountSecret: made.account_secret, sealedVault: unhex(made.vault), slots: made.slots.map(unhex) });
  assert.equal(await vault.ledger.follow(entries, { all: true }), 2);
  assert.deepEqual([vault.ledger.head.sequence, vault.ledger.head.hash], written.head);
  const read = await vault.ledger.read(entries);
  assert.deepEqual(read.map(({ device = null, events }) => [device, events.map(ours)]), batches);
  assert.equal(hex(await vault.ledger.export({ keyLog: [unhex(made.entry)], entries })), written.bundle);
  const found = await vault.ledger.compare({ drawer: 'chart', heads: [], all: true });
  assert.deepEqual(found, [{ record: place.record, problem: 'dropped', expected: 7, found: 0 }]);

  const note = await vault.private.seal({ client: newId(), text: 'Ours.' });
  const third = await write(vault, { versions: [note.bytes] });
  const followed = await ask('follow_ledger', { ...request, entries: [...entries, third], head: vault.ledger.head });
  assert.equal(followed.entries[2][1][0].record, note.record);
  const other = await ask('write_ledger', { ...request, batches, key_log: [made.entry] });
  await assert.rejects(vault.ledger.expect({ sequence: 1, hash: other.head[1] }), { code: 'forked' });
});
