// SPEC.md §2.3 once more.
export function padded(length, floor = 256) {
  const least = Math.max(floor, length + 1);
  const exponent = Math.floor(Math.log2(least));
  const step = 2 ** (exponent - (Math.floor(Math.log2(exponent)) + 1));
  return Math.ceil(least / step) * step;
}
/** Whether a ciphertext of this length, its tag included, is one that padding gives. */
export const isPadded = (length, floor) => padded(length - 16 - 1, floor) === length - 16;
