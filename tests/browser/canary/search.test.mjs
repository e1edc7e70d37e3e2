// The search has to find what it looks for: every spelling, at every alignment, also nested.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { search, spellings } from './search.mjs';

const secret = 'kanarie7f3a9Qz1c';
const needles = spellings('note', secret);
const bytes = Buffer.from(secret);
const amid = (inner) => Buffer.concat([randomBytes(50), inner, randomBytes(50)]);
const finds = (hay) => search(Buffer.from(hay), needles).has('note');

test('finds a secret as typed, in another case, in hex and in UTF-16', () => {
  for (const hay of [bytes, secret.toUpperCase(), bytes.toString('hex'), bytes.toString('hex').toUpperCase(), Buffer.from(secret, 'utf16le'), Buffer.from(secret, 'utf16le').swap16()]) {
    assert.ok(finds(amid(Buffer.from(hay))), String(hay));
  }
});

test('finds a secret in base64 at every alignment, both alphabets, and twice over', () => {
  for (let before = 0; before < 7; before++) {
    for (let after = 0; after < 4; after++) {
      const inner = Buffer.concat([randomBytes(before), bytes, randomBytes(after)]);
      assert.ok(finds(`{"sealed":"${inner.toString('base64')}"}`));
      assert.ok(finds(`?q=${inner.toString('base64url')}&x`));
      assert.ok(finds(`{"sealed":"${Buffer.from(inner.toString('base64')).toString('base64')}"}`));
      assert.ok(finds(`{"sealed":"${Buffer.from(`{"body":"${inner.toString('hex')}"}`).toString('base64')}"}`));
    }
  }
});

test('finds a secret in a URL and the bytes of a key', () => {
  assert.ok(finds(`/api?q=${[...bytes].map((byte) => `%${byte.toString(16)}`).join('')}`));
  const key = randomBytes(16);
  const needles = spellings('key', key);
  assert.ok(search(amid(key), needles).has('key'));
  assert.ok(search(Buffer.from(amid(key).toString('base64')), needles).has('key'));
});

test('finds nothing where nothing is', () => {
  assert.equal(search(randomBytes(1 << 20), needles).size, 0);
});
