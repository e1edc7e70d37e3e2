import { readFile } from 'node:fs/promises';
import { hasSimd } from './simd.js';

const file = () => new URL(`../wasm/sealed_notes${hasSimd() ? '' : '_baseline'}_bg.wasm`, import.meta.url);

/** Reads the WebAssembly file of this package that suits this engine, or the one at `url` (a file: address or a path). */
export async function loadWasm(url: string | URL = file()): Promise<BufferSource> {
  return readFile(url);
}
