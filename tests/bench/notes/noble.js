// @noble/curves, ciphers and hashes, put together by hand: an ephemeral X25519 key for each recipient, HKDF-SHA-256, and
// ChaCha20-Poly1305 for content key and note. No signature, no padding.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';

const ZERO = new Uint8Array(12); // every key seals once
const wrapper = (shared, ephemeral, recipient) => chacha20poly1305(hkdf(sha256, shared, undefined, concatBytes(ephemeral, recipient), 32), ZERO);

export default async function start(count) {
  const pairs = Array.from({ length: count }, () => x25519.keygen());
  return {
    seal(text, readers) {
      const contentKey = crypto.getRandomValues(new Uint8Array(32));
      const wrapped = pairs.slice(0, readers).map(({ publicKey }) => {
        const ephemeral = x25519.keygen();
        const shared = x25519.getSharedSecret(ephemeral.secretKey, publicKey);
        return { ephemeral: ephemeral.publicKey, key: wrapper(shared, ephemeral.publicKey, publicKey).encrypt(contentKey) };
      });
      return { body: chacha20poly1305(contentKey, ZERO).encrypt(new TextEncoder().encode(text)), wrapped };
    },
    open({ body, wrapped }, reader) {
      const { ephemeral, key } = wrapped[reader];
      const { secretKey, publicKey } = pairs[reader];
      const contentKey = wrapper(x25519.getSharedSecret(secretKey, ephemeral), ephemeral, publicKey).decrypt(key);
      return new TextDecoder().decode(chacha20poly1305(contentKey, ZERO).decrypt(body));
    },
  };
}
