// Takes the stored objects of SPEC.md apart and puts them together again, as somebody without keys can.
import { decode, encode, Tagged } from 'cborg';

export { encode, Tagged };
export const label = (purpose) => `application/vnd.sealed-notes.v1.${purpose}`;
export const parse = (bytes) => decode(bytes, { useMaps: true, tags: Tagged.preserve(16, 18, 96) });
export const toBase64 = (bytes) => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text) => new Uint8Array(Buffer.from(text, 'base64'));
export const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
export const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** Header (decoded), unprotected, payload or ciphertext, and what follows, of a COSE object, or of a payload with its receipt. */
export function cose(bytes) {
  const parsed = parse(bytes);
  const receipt = Array.isArray(parsed);
  const { tag, value } = receipt ? parsed[1] : parsed;
  const [protectedHeader, unprotected, content, ...rest] = value;
  return { receipt, tag, header: parse(protectedHeader), unprotected, content: receipt ? parsed[0] : content, rest };
}
export function build({ receipt = false, tag, header, unprotected, content, rest }) {
  const object = new Tagged(tag, [header instanceof Map ? encode(header) : header, unprotected, receipt ? null : content, ...rest]);
  return encode(receipt ? [content, object] : object);
}

/** A COSE object with some of its parts changed in place. */
export function recose(bytes, change) {
  const parts = cose(bytes);
  return build(change(parts) ?? parts);
}

/** A COSE_Sign1 whose payload was changed, under the old signature. */
export const repayload = (bytes, change) => recose(bytes, (parts) => {
  const payload = parse(parts.content);
  parts.content = encode(change(payload) ?? payload);
});

/** A stored note or record: [label, version, wrap, body or bodies]. */
export function stored(bytes, change) {
  const parts = parse(bytes);
  return encode(change(parts) ?? parts);
}

export const VERSION = 1, WRAP = 2, BODY = 3;
export const MANIFEST = { tenant: 0, record: 1, drawer: 2, client: 3, session: 4, version: 5, previous: 6, author: 7, epoch: 8, flags: 9, writtenAt: 10, suites: 11, sections: 12, links: 13 };
export const GRANT = { tenant: 0, record: 1, version: 2, versionHash: 3, granter: 4, recipient: 5, suite: 6, purpose: 7, grantedAt: 8, expiresAt: 9 };

export function flipped(bytes, at, bit = 0) {
  const changed = new Uint8Array(bytes);
  changed[at] ^= 1 << bit;
  return changed;
}

/** Where `part` stands in `whole`; it must be there once, unless it is `repeated`: then where it is first. */
export function place(whole, part, { repeated = false } = {}) {
  const at = Buffer.from(whole).indexOf(Buffer.from(part));
  if (at < 0 || (!repeated && Buffer.from(whole).indexOf(Buffer.from(part), at + 1) >= 0)) throw new Error('the part does not stand there once');
  return [at, part.length];
}

// --- Rules for the proxy

const pattern = (path) => new RegExp(`^${path}(\\?.*)?$`);
/** Changes one field of an answer, or each item of a list in it. */
export function serving(path, field, change) {
  const to = (text, hit) => toBase64(change(fromBase64(text), hit));
  return { at: pattern(path), answer: (json, hit) => ({ ...json, [field]: Array.isArray(json[field]) ? json[field].map((text) => to(text, hit)) : to(json[field], hit) }) };
}
export const answering = (path, answer) => ({ at: pattern(path), answer });
