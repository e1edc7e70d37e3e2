import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import * as library from 'sealed-notes';

import { runVectors } from './vectors.mjs';

test('the vectors of SPEC.md, failures included', async (t) => {
  const names = ['accounts', 'padding', 'private-notes', 'chart-records', 'drafts', 'failures', 'recovery', 'recovery-failures'];
  const read = async (name) => [name, JSON.parse(await readFile(new URL(`../../tests/vectors/${name}.json`, import.meta.url), 'utf8'))];
  const { passed, failed } = await runVectors(library, Object.fromEntries(await Promise.all(names.map(read))));
  t.diagnostic(`${passed} checks passed`);
  assert.deepEqual(failed, []);
  assert.ok(passed > 1000, `only ${passed} checks ran`);
});
