// In a process of its own: nothing is loaded yet. The other tests run on whichever build this Node chooses.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as library from 'sealed-notes';
import { runVectors } from './vectors.mjs';

const address = (name) => fileURLToPath(import.meta.resolve(`sealed-notes/${name}`));

test('one build may use SIMD, the other must not', async () => {
  assert.equal(library.hasSimd(), true);
  for (const [name, simd] of [['sealed_notes.wasm', true], ['sealed_notes_baseline.wasm', false]]) {
    const [section] = WebAssembly.Module.customSections(await WebAssembly.compile(await readFile(address(name))), 'target_features');
    assert.equal(new TextDecoder('latin1').decode(section).includes('+\x07simd128'), simd, name);
  }
});

test('the baseline passes the vectors of SPEC.md, failures included', async () => {
  await library.init({ wasm: address('sealed_notes_baseline.wasm') });
  const names = ['accounts', 'padding', 'private-notes', 'chart-records', 'drafts', 'failures', 'recovery', 'recovery-failures'];
  const read = async (name) => [name, JSON.parse(await readFile(new URL(`../../tests/vectors/${name}.json`, import.meta.url), 'utf8'))];
  const { passed, failed } = await runVectors(library, Object.fromEntries(await Promise.all(names.map(read))));
  assert.deepEqual(failed, []);
  assert.ok(passed > 1000, `only ${passed} checks ran`);
});
