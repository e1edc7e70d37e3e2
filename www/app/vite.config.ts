import { defineConfig } from 'vite';

const server = process.env.SEALED_NOTES_SERVER ?? 'http://localhost:8787';

export default defineConfig({
  // A data: URI or an injected preload script would need a hole in the Content-Security-Policy.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The dictionaries of the passphrase check come in one chunk, when a passphrase is being chosen.
    chunkSizeWarningLimit: 1_700,
    license: { fileName: 'licenses.md' },
  },
  // The worker of sealed-notes imports its own module.
  worker: { format: 'es' },
  // Pre-bundling would move the module away from the .wasm file beside it.
  optimizeDeps: { exclude: ['sealed-notes'] },
  server: { fs: { allow: ['../..'] }, proxy: { '/api': server } },
});
