// Bytes sealed with a key that is already there; `out` is used again wherever the contender can write into it.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import sodium from 'libsodium-wrappers';
import { ours } from './world.js';

const TAG = 16;
const NONCE = 12;
const random = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** One key and nonce again and again is safe for one and the same text, and no work is saved by it. */
async function webcrypto(name, size) {
  const [text, iv] = [random(size), random(NONCE)];
  const raw = name === 'AES-GCM' ? 'raw' : 'raw-secret'; // the latter is what the newer algorithms want
  const key = await crypto.subtle.importKey(raw, random(32), name, false, ['encrypt', 'decrypt']).catch(() => undefined);
  if (!key) return undefined; // this engine has no such cipher
  return {
    run: () => crypto.subtle.encrypt({ name, iv }, key, text), // hands out a fresh buffer, always
    check: async (sealed) => same(new Uint8Array(await crypto.subtle.decrypt({ name, iv }, key, sealed)), text),
  };
}

export const aead = {
  /** Own data: bound to the owner's account and to a name, padded, a fresh nonce each. Lets the page draw every 2 MiB. */
  async 'sealed-notes'(size) {
    const { author } = ours();
    if (!author.ownData) return undefined;
    const data = author.ownData('bench');
    const bytes = random(size);
    const into = new Uint8Array((await data.seal(bytes)).length);
    return {
      run: () => data.seal(bytes, into),
      check: async (sealed) => same(await data.open(sealed), bytes),
    };
  },
  async libsodium(size) {
    await sodium.ready;
    const [text, nonce, key] = [random(size), random(NONCE), random(32)];
    return {
      run: () => sodium.crypto_aead_chacha20poly1305_ietf_encrypt(text, null, null, nonce, key), // hands out a fresh array, always
      check: (sealed) => same(sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, null, nonce, key), text),
    };
  },
  noble(size) {
    const [text, nonce, key, out] = [random(size), random(NONCE), random(32), new Uint8Array(size + TAG)];
    return {
      run: () => chacha20poly1305(key, nonce).encrypt(text, out),
      check: (sealed) => same(chacha20poly1305(key, nonce).decrypt(sealed), text),
    };
  },
  'webcrypto-chacha': (size) => webcrypto('ChaCha20-Poly1305', size),
  'webcrypto-aes': (size) => webcrypto('AES-GCM', size),
};
