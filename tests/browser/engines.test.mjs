// The package in each browser engine, on a bare page: the vectors of SPEC.md, and what is left in WebAssembly's memory.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { launchChromium, launchFirefox, newTab } from './drivers/playwright.mjs';
import { launchWebKit } from './drivers/webkit.mjs';
import { harness, startServer } from './server.mjs';

let server;
before(async () => { server = await startServer({ app: harness }); });
after(async () => {
  await server?.stop();
  server?.forget();
});

const engines = {
  Chromium: () => alone('Chromium', launchChromium),
  Firefox: () => alone('Firefox', launchFirefox),
  WebKitGTK: launchWebKit,
};

async function alone(name, launch) {
  const browser = await launch();
  const tab = await newTab(name, browser);
  tab.close = () => browser.close();
  return tab;
}

for (const [name, launch] of Object.entries(engines)) {
  describe(name, () => {
    let tab;
    before(async () => { tab = await launch(); });
    beforeEach(async () => {
      await tab.open(server.url);
      await tab.until('the package', () => 'underTest' in window);
    });
    after(() => tab?.close());

    test('of the two builds it downloads the one that suits it, once, and compiles it while it arrives', async () => {
      const { downloads, simd, type } = await tab.evaluate(async () => {
        await underTest.init();
        const downloads = performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.wasm'));
        const { headers } = await fetch(downloads[0]);
        return { downloads, simd: underTest.hasSimd(), type: 'compileStreaming' in WebAssembly && headers.get('content-type') };
      });
      assert.equal(downloads.length, 1);
      assert.equal(/_baseline_/.test(downloads[0]), !simd);
      assert.equal(type, 'application/wasm'); // what init() streams
    });

    test('the vectors of SPEC.md, failures included', async (t) => {
      await tab.evaluate(() => { underTest.runVectors().then((result) => { window.vectors = result; }, (error) => { window.vectors = { passed: 0, failed: [String(error)] }; }); });
      const { passed, failed } = await tab.until('the vectors', () => window.vectors);
      assert.deepEqual(failed, []);
      assert.ok(passed > 1000, `only ${passed} checks ran`);
      t.diagnostic(`${passed} checks passed`);
    });

    test('after locking no key is left in memory; while unlocked the search sees them', async () => {
      const found = await tab.evaluate(async () => {
        const { Vault, account, bytes, memoryHolds } = underTest;
        const known = account();
        const { private_drawer_key, own_chart_key, ed25519_seed, x25519_secret, xwing_seed } = known.epoch;
        const keys = { private_drawer_key, own_chart_key, ed25519_seed, x25519_secret, xwing_seed, vault_key: known.vault.vault_key };
        const held = async () => {
          const names = [];
          for (const [name, key] of Object.entries(keys)) if (await memoryHolds(bytes(key))) names.push(name);
          return names;
        };
        const vault = await Vault.unlock({
          passphrase: known.passphrase, accountSecret: known.account_secret_text,
          sealedVault: bytes(known.vault.sealed), slots: [bytes(known.slot.sealed)],
        });
        const unlocked = await held();
        vault.lock();
        return { unlocked, locked: await held(), all: Object.keys(keys) };
      });
      assert.deepEqual(found.unlocked, found.all);
      assert.deepEqual(found.locked, []);
    });

    test('after sealing and opening no text is left in memory', async () => {
      const found = await tab.evaluate(async () => {
        const { Vault, init, newId, memoryHolds } = underTest;
        await init();
        const canary = `kanarie${newId()}`;
        const passphrase = `${canary} as a passphrase`;
        const { vault, recoveryCode, slots } = await Vault.create({ passphrase });
        await vault.confirmRecoveryCode({ code: recoveryCode, slots });
        const client = newId();
        const note = await vault.private.seal({ client, text: `${canary} note` });
        const record = await vault.chart.seal({ client, sections: { plan: `${canary} plan` } });
        const opened = [(await vault.private.open(note.bytes)).text, (await vault.chart.open(record.bytes)).sections.plan];
        const left = await memoryHolds(new TextEncoder().encode(canary));
        vault.lock();
        return { opened: opened.every((text) => text.startsWith(canary)), left };
      });
      assert.deepEqual(found, { opened: true, left: false });
    });
  });
}
