// The reference implementation checks itself and the vectors.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runPython } from './python.mjs';

test('the vectors are what the reference implementation makes of SPEC.md', async (t) => {
  const printed = await runPython(['generate.py', '--check']);
  assert.match(printed, /^11 files, \d+ failures/);
  t.diagnostic(printed.trim());
});

test('the reference implementation agrees with others', async () => {
  assert.match(await runPython(['-m', 'unittest', '--verbose']), /^OK$/m);
});
