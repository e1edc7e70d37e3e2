// Finds a secret in bytes, however it was written down.

const utf8 = (text) => Buffer.from(text, 'utf8');

/** Every spelling of a secret's bytes that the search knows. A letter's case never hides it. */
export function spellings(name, secret) {
  const bytes = Buffer.isBuffer(secret) ? secret : utf8(secret);
  const found = [['raw', bytes], ['hex', utf8(bytes.toString('hex'))]];
  for (let shift = 0; shift < 3; shift++) {
    found.push([`base64 at ${shift}`, utf8(base64Within(bytes, shift))]);
    found.push([`base64url at ${shift}`, utf8(base64Within(bytes, shift).replaceAll('+', '-').replaceAll('/', '_'))]);
  }
  if (!Buffer.isBuffer(secret)) {
    found.push(['UTF-16LE', Buffer.from(secret, 'utf16le')], ['UTF-16BE', Buffer.from(secret, 'utf16le').swap16()]);
  }
  return found.map(([encoding, needle]) => ({ name, encoding, needle: fold(needle) }));
}

/** The base64 digits that depend on the secret alone when it starts `shift` bytes into a group of three. */
function base64Within(bytes, shift) {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const start = Math.ceil((shift * 8) / 6);
  const end = Math.floor(((shift + bytes.length) * 8) / 6);
  return text.slice(start, end);
}

/** ASCII letters in lower case, all other bytes as they are: base64 loses nothing that matters at these lengths. */
function fold(bytes) {
  const folded = Buffer.from(bytes);
  for (let i = 0; i < folded.length; i++) if (folded[i] >= 0x41 && folded[i] <= 0x5a) folded[i] += 0x20;
  return folded;
}

/** What is hidden in `bytes`: secrets as spelled, also after undoing percent-encoding and base64 that is nested in it. */
export function search(bytes, needles) {
  const found = new Map();
  for (const layer of layers(bytes)) {
    const hay = fold(layer);
    for (const { name, encoding, needle } of needles) {
      if (!found.has(name) && hay.includes(needle)) found.set(name, encoding);
    }
  }
  return found;
}

function* layers(bytes, depth = 0) {
  yield bytes;
  if (depth === 3) return;
  const text = bytes.toString('latin1');
  if (/%[0-9a-f]{2}/i.test(text)) {
    yield Buffer.from(text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1');
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{24,}={0,2}/g)) {
    const inner = Buffer.from(run.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
    if (inner.length) yield* layers(inner, depth + 1);
  }
}
