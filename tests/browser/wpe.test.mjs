// The package in an engine without WebAssembly SIMD: it takes the build that runs there, and the other would not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchWPE } from './drivers/webkit.mjs';
import { harness, startServer } from './server.mjs';

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

test('WPE: the build with SIMD is no valid module, the other is loaded', async () => {
  const loaded = await tab.evaluate(async () => {
    const files = performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.wasm'));
    return Promise.all(files.map(async (name) => ({ name, valid: WebAssembly.validate(await (await fetch(name)).arrayBuffer()) })));
  });
  assert.equal(loaded.length, 1);
  assert.match(loaded[0].name, /baseline/);
  assert.equal(loaded[0].valid, true);
});

test('WPE: the vectors of SPEC.md, failures included', async (t) => {
  await tab.evaluate(() => { underTest.runVectors().then((result) => { window.vectors = result; }, (error) => { window.vectors = { passed: 0, failed: [String(error)] }; }); });
  const { passed, failed } = await tab.until('the vectors', () => window.vectors);
  assert.deepEqual(failed, []);
  assert.ok(passed > 1000, `only ${passed} checks ran`);
  t.diagnostic(`${passed} checks passed`);
});
