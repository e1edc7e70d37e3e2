// In a process of its own: nothing is loaded yet.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { checkAccountSecret, init } from 'sealed-notes';

const shipped = new URL('../', import.meta.url);
const { files } = JSON.parse(await readFile(new URL('hashes.json', shipped), 'utf8'));

test('hashes.json names whatever runs, as it is', async () => {
  const runs = [];
  for (const folder of ['dist', 'wasm']) {
    runs.push(...(await readdir(new URL(folder, shipped))).filter((name) => /\.(js|wasm)$/.test(name)).map((name) => `${folder}/${name}`));
  }
  assert.deepEqual(Object.keys(files).sort(), runs.sort());
  for (const [name, { sha256, integrity }] of Object.entries(files)) {
    const bytes = await readFile(new URL(name, shipped));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, `${name}: cargo xtask build package writes hashes.json anew`);
    assert.equal(`sha384-${createHash('sha384').update(bytes).digest('base64')}`, integrity, name);
  }
});

test('a page that pins the WebAssembly starts no other', async () => {
  const name = 'wasm/sealed_notes_bg.wasm';
  const wasm = await readFile(new URL(name, shipped));
  const changed = wasm.map((byte, at) => (at === wasm.length - 1 ? byte ^ 1 : byte));
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/wasm').end(request.url === '/changed' ? changed : wasm);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { integrity } = files[name];
  const load = (path) => init({ wasm: fetch(`http://127.0.0.1:${server.address().port}${path}`, { integrity }) });
  await assert.rejects(load('/changed'), { name: 'SealedNotesError', code: 'wasm_not_found' });
  await load('/');
  assert.equal(checkAccountSecret('ABCD'), false);
  server.close();
});
