import { readFile } from 'node:fs/promises';

/** Reads the WebAssembly file of this package, or the one at `url` (a file: address or a path). */
export async function loadWasm(
  url: string | URL = new URL('../wasm/sealed_notes_bg.wasm', import.meta.url),
): Promise<BufferSource> {
  return readFile(url);
}
