import { defineConfig } from 'vite';

const server = process.env.SEALED_NOTES_SERVER ?? 'http://localhost:8787';

export default defineConfig({
  // A data: URI or an injected preload script would need a hole in the Content-Security-Policy.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
  },
  // Pre-bundling would move the module away from the .wasm file beside it.
  optimizeDeps: { exclude: ['sealed-notes'] },
  server: { fs: { allow: ['../..'] }, proxy: { '/api': server } },
});
