// Runs the test vectors of src/crypto/vectors inside the wasm that `cargo xtask test primitives` built of them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2]);
const { default: init, checkPrimitives, compareAead } = await import(pathToFileURL(join(folder, 'sealed_notes.js')));
await init({ module_or_path: await readFile(join(folder, 'sealed_notes_bg.wasm')) });

let total = 0;
for (const { name, expected, count, failure } of checkPrimitives()) {
  assert.equal(failure, undefined, failure);
  assert.ok(expected > 0 && count === expected, `${name}: ${count} cases instead of ${expected}`);
  console.log(`${String(count).padStart(5)}  ${name}`);
  total += count;
}
// Counted here too: an empty list would pass the loop.
assert.ok(total >= 25449, `only ${total} cases`);
console.log(`${String(total).padStart(5)}  in all, in ${basename(dirname(folder))}`);
// For a thorough run.
const cases = Number(process.env.COMPARE_CASES ?? 0);
if (cases > 0) console.log(`${compareAead(Math.random() * 2 ** 32, cases)}  more of ChaCha20-Poly1305 against the crate`);
