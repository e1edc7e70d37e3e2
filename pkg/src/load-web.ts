import { SealedNotesError } from './error.js';
import { hasSimd } from './simd.js';

// The form that every bundler recognises: it copies both files and rewrites the addresses.
const address = () =>
  hasSimd()
    ? new URL('../wasm/sealed_notes_bg.wasm', import.meta.url)
    : new URL('../wasm/sealed_notes_baseline_bg.wasm', import.meta.url);

/** @internal Fetches the WebAssembly file of this package that suits this engine, or the one at `url`. */
export async function loadWasm(url: string | URL = address()): Promise<Response> {
  const where = new URL(url, import.meta.url).pathname;
  const response = await fetch(url, { credentials: 'same-origin' }).catch((cause: unknown) => {
    throw new SealedNotesError(
      'wasm_not_found',
      `The WebAssembly file ${where} could not be fetched. Check the connection, and that the page's Content-Security-Policy allows it in connect-src.`,
      { cause },
    );
  });
  // A server that answers every unknown path with its start page would otherwise fail as "bad magic number".
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
    throw new SealedNotesError(
      'wasm_not_found',
      `The server has no WebAssembly file at ${where} (status ${response.status}). Serve the file of this package there, or pass its address: init({ wasm: url }).`,
    );
  }
  return response;
}
