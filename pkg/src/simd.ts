// (func (result v128) (i8x16.splat (i32.const 0)))
const probe = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // "\\0asm", version 1
  0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, // types: one, from nothing to v128
  0x03, 0x02, 0x01, 0x00, // functions: one, of that type
  0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b, // code: i32.const 0, i8x16.splat
]);

/**
 * Whether WebAssembly has SIMD here. The package has two builds: `sealed-notes/sealed_notes.wasm` needs it, and
 * `sealed-notes/sealed_notes_baseline.wasm` runs everywhere, slower. {@link init} chooses by itself, unless it is told what to
 * load: then pass the right one, or the baseline to everybody.
 */
export const hasSimd = (): boolean => WebAssembly.validate(probe);
