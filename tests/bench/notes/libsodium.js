// libsodium.js: the note under a content key with ChaCha20-Poly1305, the key in a sealed box (X25519, XSalsa20-Poly1305) for each
// recipient. No signature, no padding.
import sodium from 'libsodium-wrappers';

export default async function start(count) {
  await sodium.ready;
  const nonce = new Uint8Array(sodium.crypto_aead_chacha20poly1305_IETF_NPUBBYTES); // every content key seals one note
  const pairs = Array.from({ length: count }, () => sodium.crypto_box_keypair());
  return {
    seal(text, readers) {
      const contentKey = sodium.crypto_aead_chacha20poly1305_ietf_keygen();
      const body = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(text, null, null, nonce, contentKey);
      return { body, wrapped: pairs.slice(0, readers).map(({ publicKey }) => sodium.crypto_box_seal(contentKey, publicKey)) };
    },
    open({ body, wrapped }, reader) {
      const { publicKey, privateKey } = pairs[reader];
      const contentKey = sodium.crypto_box_seal_open(wrapped[reader], publicKey, privateKey);
      return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, body, null, nonce, contentKey, 'text');
    },
  };
}

/** Every note under one and the same secret key, as who never shares could do: no key of its own for any note. */
export async function oneKey() {
  await sodium.ready;
  const key = sodium.crypto_secretbox_keygen();
  return {
    seal(text) {
      const nonce = sodium.randombytes_buf(sodium.crypto_secretbox_NONCEBYTES);
      return { nonce, body: sodium.crypto_secretbox_easy(text, nonce, key) };
    },
    open: ({ nonce, body }) => sodium.crypto_secretbox_open_easy(body, nonce, key, 'text'),
  };
}
