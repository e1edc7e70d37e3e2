// The package in an engine without WebAssembly SIMD: it takes the build that runs there, and the other would not.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchWPE } from './drivers/webkit.mjs';
import { harness, root, startServer } from './server.mjs';

let server, tab;
before(async () => {
  server = await startServer({ app: harness });
  tab = await launchWPE();
  await tab.open(server.url);
  await tab.until('the package', () => 'underTest' in window);
});
after(async () => {
  await tab?.close();
  await server?.stop();
  server?.forget();
});

test('WPE: the build with SIMD is no valid module, the other is loaded and unlocks a vault', async () => {
  const { files, unlocked, simd } = await tab.evaluate(async () => {
    const { Vault, account, bytes, hasSimd, init } = underTest;
    await init();
    const files = performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.wasm'));
    const known = account();
    const vault = await Vault.unlock({
      passphrase: known.passphrase, accountSecret: known.account_secret_text,
      sealedVault: bytes(known.vault.sealed), slots: [bytes(known.slot.sealed)],
    });
    vault.lock();
    return { files, unlocked: true, simd: hasSimd() };
  });
  assert.equal(files.length, 1);
  assert.match(files[0], /baseline/);
  assert.equal(simd, false);
  assert.equal(unlocked, true);
  const other = await readFile(join(root, 'pkg/wasm/sealed_notes_bg.wasm'));
  const valid = await tab.evaluate((text) => WebAssembly.validate(Uint8Array.from(atob(text), (char) => char.charCodeAt(0))), other.toString('base64'));
  assert.equal(valid, false);
});
