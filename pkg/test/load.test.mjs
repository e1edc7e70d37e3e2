// In a process of its own: nothing is loaded yet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAccountSecret, init, SealedNotesError, Vault } from 'sealed-notes';

test('before init, what is synchronous says so', () => {
  assert.throws(() => checkAccountSecret('ABCD'), { code: 'not_initialized' });
});

test('a failure to load says how to cure it, and can be tried again', async () => {
  await assert.rejects(init({ wasm: new Uint8Array([0, 1, 2]) }), (error) => {
    assert.ok(error instanceof SealedNotesError);
    assert.equal(error.code, 'wasm_blocked');
    assert.match(error.message, /'wasm-unsafe-eval'/);
    return true;
  });
  await Promise.all([init(), init()]);
  assert.equal(checkAccountSecret('ABCD'), false);
});

test('what starts work loads by itself', async () => {
  await Vault.create({ passphrase: 'correct horse battery staple' });
});
