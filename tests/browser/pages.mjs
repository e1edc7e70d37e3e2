// Builds pages for tests with the app's own Vite:
//   node pages.mjs harness OUT              a bare page that has the package on `window`
//   node pages.mjs app OUT PACKAGE_ENTRY    the app as it is, over another build of the package
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const app = join(here, '../../www/app');
const { build } = await import(pathToFileURL(createRequire(join(app, 'package.json')).resolve('vite')));

const [what, out, entry = join(here, '../../pkg/dist/index.js')] = process.argv.slice(2);
await build({
  root: what === 'harness' ? join(here, 'page') : app,
  configFile: join(app, 'vite.config.ts'),
  logLevel: 'warn',
  resolve: {
    alias: [
      { find: /^sealed-notes$/, replacement: resolve(entry) },
      { find: /^.*\/pkg\/wasm\/sealed_notes\.js$/, replacement: resolve(entry, '../../wasm/sealed_notes.js') },
    ],
  },
  build: { outDir: resolve(out), emptyOutDir: true },
});
