// The package as it is published: packed, installed, and bundled into the pages by Vite, as anybody would.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
export const out = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'bench');

const npm = (folder, ...words) => execFileSync('npm', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** Packs `pkg` and installs it into `target/bench/installed`; its entry file. */
export function install() {
  const installed = join(out, 'installed');
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{ "private": true }');
  npm(join(root, 'pkg'), 'pack', '--silent', '--pack-destination', installed);
  const archive = readdirSync(installed).find((name) => name.endsWith('.tgz'));
  npm(installed, 'install', '--silent', '--offline', '--no-audit', '--no-fund', `./${archive}`);
  return join(installed, 'node_modules/sealed-notes/dist/index.js');
}

/** Builds the page of the suite and one cold page for each contender: folders by name. */
export async function pages(packageEntry) {
  const { build } = await import(pathToFileURL(createRequire(join(root, 'www/app/package.json')).resolve('vite')));
  const page = async (name, input, entryFileNames) => {
    const folder = join(out, 'pages', name);
    await build({
      root: join(here, 'page'),
      base: './',
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      resolve: { alias: [{ find: /^sealed-notes$/, replacement: packageEntry }] },
      build: {
        outDir: folder, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 4000,
        rollupOptions: { input, ...(entryFileNames ? { output: { entryFileNames } } : {}) },
      },
    });
    return [name, folder];
  };
  const cold = readdirSync(join(here, 'cold')).map((file) => page(`cold-${basename(file, '.js')}`, join(here, 'cold', file), 'main.js'));
  return Object.fromEntries(await Promise.all([page('suite', join(here, 'page/index.html')), ...cold]));
}
