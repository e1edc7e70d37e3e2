// The ledger as an embedding page uses it: opens write themselves down, what is stored is written down with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect, newId, Vault } from 'sealed-notes';
import { account, PASSPHRASE } from './support.mjs';

const code = (code) => (error) => error.code === code;

test('a page keeps a ledger, and is told what a server withholds', async () => {
  const { vault, keyLogEntry } = await account();
  const first = await vault.private.seal({ client: newId(), text: 'one' });
  const stored = [];
  const store = async (what) => {
    const entry = await vault.ledger.seal(what);
    await vault.ledger.stored(entry);
    stored.push(entry);
  };
  await store({ versions: [first.bytes] });
  const second = await vault.private.edit(first.bytes, { text: 'two' });
  await store({ versions: [second.bytes] });
  await assert.rejects(vault.private.open(first.bytes), code('rolled_back'));
  assert.equal((await vault.private.open(first.bytes, { access: 'earlier' })).text, 'one');
  assert.equal((await vault.private.open(second.bytes)).text, 'two');
  await vault.ledger.note({ kind: 'printed', detail: 'note' });
  assert.equal(vault.ledger.pending, 4);
  await store();
  assert.deepEqual([vault.ledger.pending, vault.ledger.head.sequence], [0, 3]);
  assert.equal(await vault.ledger.seal(), undefined, 'nothing to write');

  const read = await vault.ledger.read(stored);
  const kinds = read.flatMap((entry) => entry.events.map((event) => event.kind));
  assert.deepEqual(kinds, ['put', 'put', 'open-failed', 'opened', 'opened', 'printed']);
  assert.equal(read[2].events[0].detail, 'rolled_back');
  assert.ok(Date.now() - read[0].madeAt.getTime() < 60_000);

  const compare = (heads) => vault.ledger.compare({ drawer: 'private', heads, all: true });
  const hash = read[1].events[0].hash;
  assert.deepEqual(await compare([{ record: first.record, version: 2, hash }]), []);
  assert.deepEqual(await compare([]), [{ record: first.record, problem: 'dropped', expected: 2, found: 0 }]);
  assert.deepEqual(await vault.ledger.readers(first.record), []);
  assert.ok((await vault.ledger.export({ keyLog: [keyLogEntry], entries: stored })).length > 1000);
});

test('a reload loses nothing that waits, and an owner goes on after a backup was restored', async () => {
  const { vault, accountSecret, sealedVault, slots } = await account();
  const note = await vault.private.seal({ client: newId(), text: 'x' });
  const entry = await vault.ledger.seal({ versions: [note.bytes] });
  await vault.ledger.stored(entry);
  await vault.private.open(note.bytes);
  const kept = await vault.ledger.pendingSealed();

  const again = await Vault.unlock({ passphrase: PASSPHRASE, accountSecret, sealedVault, slots });
  assert.equal(await again.ledger.restore(kept), 1);
  await again.ledger.follow([entry], { all: true });
  const { fields } = await inspect(note.bytes);
  const { record, version, hash } = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
  const heads = [{ record, version: Number(version), hash }];
  assert.deepEqual(await again.ledger.compare({ drawer: 'private', heads, all: true }), []);
  assert.equal((await again.ledger.compare({ drawer: 'private', heads: [], all: true, of: note.record })).length, 0, 'no client of that id');
  await again.ledger.note({ kind: 'rollback-accepted', drawer: 'private', record, detail: 'dropped' });
  await again.ledger.stored(await again.ledger.seal());
  assert.deepEqual(await again.ledger.compare({ drawer: 'private', heads: [], all: true }), [], 'the owner said that it is gone');

  await again.ledger.accept([entry]);
  assert.deepEqual([again.ledger.head.sequence, again.ledger.pending], [1, 1]);
  assert.equal((await again.ledger.read([await again.ledger.seal()]))[0].events[0].kind, 'rollback-accepted');
});

test('a ledger that ends before what was seen is refused', async () => {
  const { vault } = await account();
  const note = await vault.private.seal({ client: newId(), text: 'x' });
  const entry = await vault.ledger.seal({ versions: [note.bytes] });
  await vault.ledger.stored(entry);
  await vault.ledger.expect({ ...vault.ledger.head, sequence: 2 });
  await assert.rejects(vault.ledger.follow([], { all: true }), code('rolled_back'));
  await assert.rejects(vault.ledger.follow([entry], { all: true }), code('forked'));
  await assert.rejects(vault.ledger.note({ kind: 'put', detail: '' }), code('invalid_input'));
  await assert.rejects(vault.private.open(note.bytes, { access: 'any' }), code('invalid_input'));
});
