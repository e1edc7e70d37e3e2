// Serves the built pages as a careful server would: compressed with brotli, cross-origin isolated.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };
const brotli = (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
const html = (fixture) => `<!doctype html><meta charset="utf-8"><title>bench</title><script type="application/json" id="fixture">${fixture}</script><script type="module" src="main.js"></script>`;

/** `folders` by name, as `pages` gives them; `fixture` is for the suite, `coldFixture` for the cold page of ours. */
export async function serve({ folders, fixture, coldFixture }) {
  const files = new Map();
  for (const [name, folder] of Object.entries(folders)) {
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      files.set(`/${name}/${relative(folder, path)}`, { type: TYPES[extname(path)] ?? 'application/octet-stream', bytes: readFileSync(path) });
    }
    const index = files.get(`/${name}/index.html`) ?? { type: TYPES['.html'], bytes: Buffer.from(html(name === 'cold-sealed-notes' ? coldFixture : '{}')) };
    files.set(`/${name}/`, index);
  }
  await Promise.all([...files.values()].map(async (file) => { file.compressed = await brotli(file.bytes); }));
  files.set('/fixture.json', { type: TYPES['.json'], bytes: Buffer.from(fixture) });

  let asked = [];
  const server = createServer(({ url }, response) => {
    const file = files.get(url);
    const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cache-Control': 'no-store' };
    if (!file) return response.writeHead(404, headers).end();
    asked.push({ path: url, type: file.type, size: file.bytes.length, compressed: file.compressed?.length });
    response.writeHead(200, { ...headers, 'Content-Type': file.type, ...(file.compressed ? { 'Content-Encoding': 'br' } : {}) }).end(file.compressed ?? file.bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** What was asked for since this was called last. */
    asked() { const list = asked; asked = []; return list; },
    files,
    close: () => server.close(),
  };
}
