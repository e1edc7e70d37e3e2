// What a ledger knows a stored note or record by.

/** Hash of the signed version inside a stored note or record, as the server's list has it. */
export async function hashOf(sealed) {
  const [at, length] = byteString(sealed, 1 + 2 + sealed[2]);
  const digest = await crypto.subtle.digest('SHA-256', sealed.subarray(at, at + length));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Where the CBOR byte string at `at` begins, and how long it is. */
function byteString(bytes, at) {
  if (bytes[at] === 0x58) return [at + 2, bytes[at + 1]];
  if (bytes[at] === 0x59) return [at + 3, (bytes[at + 1] << 8) | bytes[at + 2]];
  throw new Error('not a stored version');
}
