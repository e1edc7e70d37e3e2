// The one table of contenders: where their code comes from, and what of our work they do not do.
import { readFileSync } from 'node:fs';

const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
const NONE_OF = 'no signature, no padding, no commitment, one key for the whole note';

/** Of notes; `aead` where the bulk ciphers differ. `byHand`: a protocol of our making from that package's primitives. */
export const CONTENDERS = {
  'sealed-notes': {
    name: 'sealed-notes',
    color: '#0b7a75',
    lacks: '',
    aead: 'also padded, committing, a fresh key each, bound to account and name',
  },
  libsodium: {
    name: `libsodium.js ${version('libsodium-wrappers')}`,
    color: '#d1495b',
    lacks: NONE_OF,
    aead: 'no padding, no commitment, nothing bound; a fresh output array each',
  },
  jose: { name: `jose ${version('jose')}`, color: '#8d6a9f', lacks: NONE_OF },
  hpke: { name: `@hpke/core ${version('@hpke/core')}`, color: '#5f7c3a', lacks: NONE_OF },
  openpgp: { name: `OpenPGP.js ${version('openpgp')}`, color: '#30638e', lacks: 'signs once; no padding, one key for the whole note' },
  age: { name: `age-encryption ${version('age-encryption')}`, color: '#b07d2b', lacks: 'no signature, no padding, one key for the whole note' },
  noble: {
    name: `noble ${version('@noble/curves')}, by hand`,
    byHand: true,
    color: '#777777',
    lacks: NONE_OF,
    aead: 'no padding, no commitment, nothing bound',
  },
  webcrypto: { name: 'WebCrypto, by hand', byHand: true, color: '#9a9a9a', lacks: NONE_OF },
  'webcrypto-chacha': { name: 'WebCrypto ChaCha20-Poly1305', color: '#9a9a9a', aead: 'no padding, no commitment, nothing bound; a fresh buffer each' },
  'webcrypto-aes': { name: 'WebCrypto AES-GCM', color: '#4f4f4f', aead: 'no padding, no commitment, nothing bound; a fresh buffer each; another cipher, by the processor\'s AES' },
  'libsodium-one-key': { name: 'libsodium.js, one secret key for all', color: '#e39aa4', lacks: 'can never be shared; no signature, no padding, no key of a note\'s own' },
  'hash-wasm': { name: `hash-wasm ${version('hash-wasm')}`, color: '#30638e' },
  native: { name: 'Rust crates, native', color: '#222222', aead: 'in place, AVX2; no padding, no commitment, nothing bound' },
  'native-ours': { name: 'this library, native', color: '#222222', lacks: '' },
};

export const nameOf = (contender) => CONTENDERS[contender].name;
