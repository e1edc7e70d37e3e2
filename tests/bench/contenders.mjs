// The one table of contenders: where their code comes from, and what of our work they do not do.
import { readFileSync } from 'node:fs';

const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const NONE_OF = 'no signature, no padding, no commitment, one key for the whole note';

/** Of notes; `aead` where the bulk ciphers differ. `byHand`: a protocol of our making from that package's primitives. */
export const CONTENDERS = {
  'sealed-notes': {
    name: 'sealed-notes',
    lacks: '',
    aead: 'own data: also padded, a fresh nonce each, bound to account, epoch and name; the page is let draw every 2 MiB',
  },
  libsodium: {
    name: `libsodium.js ${version('libsodium-wrappers')}`,
    lacks: NONE_OF,
    aead: 'no padding, nothing bound; a fresh output array each',
  },
  jose: { name: `jose ${version('jose')}`, lacks: NONE_OF },
  hpke: { name: `@hpke/core ${version('@hpke/core')}`, lacks: NONE_OF },
  openpgp: { name: `OpenPGP.js ${version('openpgp')}`, lacks: 'signs once; no padding, one key for the whole note' },
  age: { name: `age-encryption ${version('age-encryption')}`, lacks: 'no signature, no padding, one key for the whole note' },
  noble: {
    name: `noble ${version('@noble/curves')}, by hand`,
    byHand: true,
    lacks: NONE_OF,
    aead: 'no padding, nothing bound',
  },
  webcrypto: { name: 'WebCrypto, by hand', byHand: true, lacks: NONE_OF },
  'webcrypto-chacha': { name: 'WebCrypto ChaCha20-Poly1305', aead: 'no padding, nothing bound; a fresh buffer each' },
  'webcrypto-aes': { name: 'WebCrypto AES-GCM', aead: 'no padding, nothing bound; a fresh buffer each; another cipher, by the processor\'s AES' },
  'libsodium-one-key': { name: 'libsodium.js, one secret key for all', lacks: 'can never be shared; no signature, no padding, no key of a note\'s own' },
  'hash-wasm': { name: `hash-wasm ${version('hash-wasm')}` },
  native: { name: 'Rust crates, native', aead: 'in place, AVX2; no padding, nothing bound' },
  'native-ours': { name: 'this library, native', lacks: '' },
};

export const nameOf = (contender) => CONTENDERS[contender].name;
