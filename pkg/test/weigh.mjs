// What the package weighs: `node weigh.mjs` prints each file, and what a page that unlocks, seals and opens downloads.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const shipped = fileURLToPath(new URL('../', import.meta.url));
const PAGE = `
  import { newId, Vault } from 'sealed-notes';
  globalThis.work = async (stored) => {
    const vault = await Vault.unlock(stored);
    const note = await vault.private.seal({ client: newId(), text: 'text' });
    const record = await vault.chart.seal({ client: newId(), sections: { note: 'text' } });
    return [await vault.private.open(note.bytes), await vault.chart.open(record.bytes)];
  };
`;

async function weigh(folder, name) {
  const bytes = await readFile(join(folder, name));
  return { name, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length };
}

const whole = (files, name) => ['bytes', 'gzip', 'brotli'].reduce((sum, size) => ({ ...sum, [size]: files.reduce((n, file) => n + file[size], 0) }), { name });

/** The WebAssembly and JavaScript of the package; what lies in `dist` as one. */
export async function files() {
  const ofWasm = (await readdir(join(shipped, 'wasm'))).filter((name) => /(?<!_bg)\.(js|wasm)$|_bg\.wasm$/.test(name)).map((name) => `wasm/${name}`);
  const dist = (await readdir(join(shipped, 'dist'))).filter((name) => name.endsWith('.js')).map((name) => `dist/${name}`);
  const all = await Promise.all([...ofWasm, ...dist].map((name) => weigh(shipped, name)));
  return [...all.slice(0, ofWasm.length), whole(all.slice(ofWasm.length), `dist/*.js (${dist.length})`)];
}

/** What a bundler makes of a page that unlocks, seals and opens: its JavaScript, the worker's, and one of the two builds. */
export async function page() {
  const app = createRequire(new URL('../../www/app/package.json', import.meta.url));
  const { build } = await import(pathToFileURL(app.resolve('vite')));
  const root = await mkdtemp(join(tmpdir(), 'sealed-notes-page-'));
  try {
    await writeFile(join(root, 'page.js'), PAGE);
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      resolve: { alias: { 'sealed-notes': join(shipped, 'dist/index.js') } },
      worker: { format: 'es' },
      build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false }, rollupOptions: { input: join(root, 'page.js') } },
    });
    const assets = join(root, 'dist/assets');
    const made = await Promise.all((await readdir(assets)).map((name) => weigh(assets, name)));
    const wasm = made.filter(({ name }) => name.endsWith('.wasm')).sort((one, other) => other.brotli - one.brotli);
    if (wasm.length !== 2) throw new Error(`the bundler sees ${wasm.length} of the two builds`);
    return whole([wasm[0], ...made.filter(({ name }) => name.endsWith('.js'))], 'page that unlocks, seals and opens');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const column = (text) => String(text).padStart(10);
  console.log(`${''.padEnd(38)}${['bytes', 'gzip', 'brotli'].map(column).join('')}`);
  for (const { name, bytes, gzip, brotli } of [...(await files()), await page()]) {
    console.log(`${name.padEnd(38)}${[bytes, gzip, brotli].map(column).join('')}`);
  }
}
