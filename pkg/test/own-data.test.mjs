// Bytes of the app's own: every length, reused buffers, one name and one owner.
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { test } from 'node:test';
import { account, refuses } from './support.mjs';

const [owner, other] = await Promise.all([account(), account()]);
const index = owner.vault.ownData('search-index');
const random = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) randomFillSync(bytes.subarray(at, at + 65_536));
  return bytes;
};

test('own data comes back, whatever its length', async () => {
  const into = new Uint8Array(5 * 2 ** 20);
  const back = new Uint8Array(5 * 2 ** 20);
  for (const length of [0, 1, 254, 255, 256, 1000, 65_535, 65_536, 65_537, 131_071, 131_072, 2 ** 21, 2 ** 21 + 1, 4_500_000]) {
    for (const bytes of [random(length), new Uint8Array(length)]) {
      const sealed = await index.seal(bytes, into);
      assert.equal(sealed.buffer, into.buffer);
      assert.deepEqual(await index.open(sealed), bytes);
      assert.deepEqual(await index.open(await index.seal(bytes), back), bytes);
    }
  }
});

test('own data opens under its name alone, for its owner alone, and whole', async () => {
  const sealed = await index.seal(random(100_000));
  await refuses('tampered', () => owner.vault.ownData('queue').open(sealed));
  await refuses('not_the_author', () => other.vault.ownData('search-index').open(sealed));
  await refuses('truncated', () => index.open(sealed.subarray(0, -1)));
  await refuses('truncated', () => index.open(sealed.subarray(0, 20)));
  await refuses('truncated', () => index.open(new Uint8Array()));
  await refuses('not_sealed', () => index.open(new Uint8Array([...sealed, 0])));
  await refuses('wrong_object', () => index.open(owner.sealedVault));
  for (const at of [150, 50_000, sealed.length - 1]) {
    const into = new Uint8Array(sealed.length);
    await refuses('tampered', () => index.open(sealed.with(at, sealed[at] ^ 1), into));
    assert.ok(into.every((byte) => byte === 0), 'what was forged is wiped');
  }
});

test('a buffer that does not do is refused', async () => {
  const bytes = random(1000);
  const sealed = await index.seal(bytes);
  await refuses('invalid_input', () => index.seal(bytes, new Uint8Array(1000)));
  await refuses('invalid_input', () => index.open(sealed, new Uint8Array(999)));
  await refuses('invalid_input', () => index.seal(sealed.subarray(0, 100), sealed));
  await refuses('invalid_input', () => index.seal('text'));
  assert.throws(() => owner.vault.ownData(''), { code: 'invalid_input' });
  assert.throws(() => owner.vault.ownData('x'.repeat(65)), { code: 'invalid_input' });
});

test('a rotation seals under the new keys, and the old still open', async () => {
  const bytes = random(300);
  const before = await index.seal(bytes);
  const kit = await owner.vault.prepareRotation({ passphrase: 'another good passphrase' });
  await kit.confirm(kit.recoveryCode);
  await kit.change();
  await kit.commit();
  assert.equal(owner.vault.epoch, 2);
  const after = await index.seal(bytes);
  assert.deepEqual([await index.open(before), await index.open(after)], [bytes, bytes]);
  assert.notDeepEqual(after.subarray(0, 150), before.subarray(0, 150), 'the epoch is in the head');
});

test('calls wait for each other, and end when the vault is locked', async () => {
  const texts = [random(5 * 2 ** 20), random(10), random(3 * 2 ** 20), random(20)];
  const sealed = await Promise.all(texts.map((bytes) => index.seal(bytes)));
  assert.deepEqual(await Promise.all(sealed.map((bytes) => index.open(bytes))), texts);
  const { vault } = await account();
  const running = vault.ownData('long').seal(texts[0]);
  vault.lock();
  await refuses('locked', () => running);
});

test('nothing opens once the vault is locked', async () => {
  const sealed = await index.seal(random(10));
  owner.vault.lock();
  await refuses('locked', () => index.seal(random(10)));
  await refuses('locked', () => index.open(sealed));
});
