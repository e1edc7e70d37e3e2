import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page } from './weigh.mjs';

/** Bytes of brotli. Whoever needs more says in docs/decisions.md what for. */
const LIMIT = 265_000;

test('a page that unlocks, seals and opens downloads no more than it did', async (t) => {
  const { brotli } = await page();
  t.diagnostic(`${brotli} bytes of ${LIMIT}`);
  assert.ok(brotli <= LIMIT, `${brotli} bytes of brotli, and ${LIMIT} is the most: \`node test/weigh.mjs\` shows each file`);
});
