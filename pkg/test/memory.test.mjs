// What is left in WebAssembly's memory. Reads the memory itself, which the package does not hand out.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { init, Share, Vault } from 'sealed-notes';
import start from '../wasm/sealed_notes.js';
import { account, place, verify } from './support.mjs';

await init();
const { memory } = await start(); // already started: hands out the same instance
const contains = (needle) => Buffer.from(memory.buffer).includes(needle);
const utf8 = (text) => Buffer.from(text, 'utf8');

test('an unlocked vault holds its keys, so the search would see them', async () => {
  const known = await knownAccount();
  const vault = await known.unlock();
  for (const [name, key] of known.held) assert.ok(contains(key), name);
  vault.lock();
});

test('locking leaves no key', async () => {
  const known = await knownAccount();
  const vault = await known.unlock();
  // The vectors' vaults are of the first form: without a kit they seal nothing.
  const kit = await vault.prepareKit();
  await kit.confirm(kit.recoveryCode);
  await kit.change();
  await kit.commit();
  const note = await vault.private.seal({ ...place(), text: 'x' });
  await vault.private.open(note.bytes);
  await vault.chart.seal({ ...place(), sections: { note: 'x' } });
  await vault.login({ challenge: new Uint8Array(32), origin: 'https://notes.example' });
  vault.lock();
  for (const [name, key] of [...known.held, ...known.passing]) assert.ok(!contains(key), name);
});

test('locking wipes a kit that was prepared and not committed, and what it was copied by hand from', async () => {
  const { vault, recoveryCode, accountSecret } = await account();
  const kit = await vault.prepareRotation({ passphrase: 'an entirely different passphrase' });
  const typed = [recoveryCode, accountSecret, kit.recoveryCode, kit.accountSecret];
  assert.ok(contains(utf8(kit.recoveryCode)), 'the search would see it');
  vault.lock();
  for (const text of typed) {
    assert.ok(!contains(utf8(text)), text);
    assert.ok(!contains(crockford(text).subarray(0, 16)), `the bytes of ${text}`);
  }
});

test('locking wipes shares that were opened, and a discarded one is gone', async () => {
  const [owner, holder] = [await account(), await account()];
  const dealt = await owner.vault.dealTrustees({ threshold: 2, people: [{ name: 'Holder', to: await verify(owner, holder) }, { name: 'Paper' }] });
  const open = () => holder.vault.openShare({ owner: owner.identity, kind: 'trustees', deal: dealt.deal, sealed: dealt.shares[0].bytes });
  const read = () => Share.fromText({ owner: owner.identity, text: dealt.shares[1].text });
  const value = crockford(dealt.shares[1].text).subarray(20, 52);
  await open();
  const paper = await read();
  const deal = Buffer.from(dealt.deal, 'hex');
  assert.ok(contains(value) && contains(Buffer.concat([Buffer.from([0x50]), deal])), 'the search would see them');
  paper.discard();
  assert.ok(!contains(value));
  owner.vault.lock();
  holder.vault.lock();
  assert.ok(!contains(deal), 'a share names its deal');
  await assert.rejects(() => Vault.unlockWithShares({ ...owner, owner: owner.identity, shares: [paper] }), { code: 'locked' });
});

test('a change that fails leaves no stretched passphrase', async () => {
  const known = await knownAccount();
  const vault = await known.unlock();
  const { passphrase, slots } = known;
  await assert.rejects(() => vault.changePassphrase({ current: passphrase, next: 'short', slots }), { code: 'weak_passphrase' });
  await assert.rejects(() => vault.prepareRotation({ passphrase, forget: [5] }), { code: 'invalid_input' });
  for (const [name, key] of known.passing) assert.ok(!contains(key), name);
  vault.lock();
});

test('unlocking leaves no passphrase and no key it passed through', async () => {
  const known = await knownAccount();
  const vault = await known.unlock();
  for (const [name, key] of known.passing) assert.ok(!contains(key), name);
  assert.ok(!contains(utf8(known.accountSecret)), 'account secret as typed');
  vault.lock();
});

test('opening leaves no content key', async () => {
  const known = await knownAccount();
  const vault = await known.unlock();
  for (const [file, drawer] of [['private-notes', 'private'], ['chart-records', 'chart']]) {
    const vectors = JSON.parse(await readFile(new URL(`../../tests/vectors/${file}.json`, import.meta.url), 'utf8'));
    const versions = (vectors.notes ?? vectors.records).filter(({ author }) => author === 'demo-clinician');
    assert.ok(versions.length > 1);
    for (const { name, sealed, sections, wrap } of versions) {
      await vault[drawer].open(Uint8Array.from(Buffer.from(sealed, 'hex')));
      assert.ok(!contains(Buffer.from(wrap.key, 'hex')), `${name}: wrap key`);
      for (const { content_key } of sections) assert.ok(!contains(Buffer.from(content_key, 'hex')), `${name}: content key`);
    }
  }
  vault.lock();
});

test('sealing and opening leave no text', async () => {
  const [author, colleague] = [await account(), await account()];
  const [to, from] = [await verify(author, colleague), await verify(colleague, author)];
  for (const size of [40, 5_000, 400_000]) {
    const canary = `canary-${size}-${Math.random()}`;
    const text = canary.repeat(Math.ceil(size / canary.length));
    const note = await author.vault.private.seal({ ...place(), text });
    assert.ok(!contains(utf8(canary)), `sealing a private note of ${size}`);
    await author.vault.private.edit(note.bytes, { text });
    await author.vault.private.open(note.bytes);
    await author.vault.private.openDraft(await author.vault.private.sealDraft({ record: note.record, ...place(), baseVersion: 1, text }));
    assert.ok(!contains(utf8(canary)), `opening a private note of ${size}`);
    const record = await author.vault.chart.seal({ ...place(), sections: { note: text }, grantTo: [{ to, purpose: 'treatment' }] });
    await author.vault.chart.open(record.bytes);
    const grant = record.grants[0].bytes;
    await colleague.vault.chart.openShared({ bytes: record.bytes, grant, author: from });
    await author.vault.chart.revoke({ bytes: record.bytes, grants: [grant], recipient: colleague.vault.account, remaining: [] });
    const draft = await author.vault.chart.sealDraft({ record: record.record, ...place(), baseVersion: 1, sections: { note: text } });
    await author.vault.chart.openDraft(draft);
    assert.ok(!contains(utf8(canary)), `a chart record of ${size}`);
  }
  author.vault.lock();
  colleague.vault.lock();
});

function crockford(text) {
  const bits = Array.from(text.replaceAll('-', ''), (digit) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(digit).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** An account from the vectors, whose keys are therefore known. */
async function knownAccount() {
  const { accounts } = JSON.parse(await readFile(new URL('../../tests/vectors/accounts.json', import.meta.url), 'utf8'));
  const { epoch, vault, slot, ...account } = accounts.find(({ name }) => name === 'demo-clinician');
  const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
  const { private_drawer_key, own_chart_key, ed25519_seed, x25519_secret, xwing_seed } = epoch;
  const held = { private_drawer_key, own_chart_key, ed25519_seed, x25519_secret, xwing_seed, vault_key: vault.vault_key, account_secret: account.account_secret };
  const passing = { stretched: slot.stretched, slot_key: slot.slot_key, vault_encryption_key: vault.key, passphrase: slot.passphrase_nfkc };
  const entries = (secrets) => Object.entries(secrets).map(([name, hex]) => [name, bytes(hex)]);
  return {
    accountSecret: account.account_secret_text,
    passphrase: account.passphrase,
    slots: [bytes(slot.sealed)],
    held: entries(held),
    passing: entries(passing),
    unlock: () =>
      Vault.unlock({
        passphrase: account.passphrase,
        accountSecret: account.account_secret_text,
        sealedVault: bytes(vault.sealed),
        slots: [bytes(slot.sealed)],
      }),
  };
}
