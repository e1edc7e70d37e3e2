// WebCrypto, put together by hand: one ephemeral X25519 key for each recipient, HKDF-SHA-256, AES-GCM for content key and note.
// No signature, no padding. A protocol of nobody's, here as the limit of what the browser itself can do.
const ZERO = new Uint8Array(12); // every key seals once
const { subtle } = globalThis.crypto;
const SEALING = { name: 'AES-GCM', iv: ZERO };

const generate = () => subtle.generateKey('X25519', false, ['deriveBits']);
const aes = (bytes) => subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);

async function wrapper(privateKey, publicKey, ephemeral, recipient) {
  const shared = await subtle.deriveBits({ name: 'X25519', public: publicKey }, privateKey, 256);
  const secret = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveBits']);
  const info = new Uint8Array([...ephemeral, ...recipient]);
  return aes(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: ZERO, info }, secret, 256));
}

export default async function start(count) {
  const pairs = await Promise.all(Array.from({ length: count }, async () => {
    const pair = await generate();
    return { ...pair, bytes: new Uint8Array(await subtle.exportKey('raw', pair.publicKey)) };
  }));
  return {
    async seal(text, readers) {
      const contentKey = crypto.getRandomValues(new Uint8Array(32));
      const wrapped = Promise.all(pairs.slice(0, readers).map(async (recipient) => {
        const { publicKey, privateKey } = await generate();
        const ephemeral = new Uint8Array(await subtle.exportKey('raw', publicKey));
        return { ephemeral, key: await subtle.encrypt(SEALING, await wrapper(privateKey, recipient.publicKey, ephemeral, recipient.bytes), contentKey) };
      }));
      const body = await subtle.encrypt(SEALING, await aes(contentKey), new TextEncoder().encode(text));
      return { body, wrapped: await wrapped };
    },
    async open({ body, wrapped }, reader) {
      const { ephemeral, key } = wrapped[reader];
      const { privateKey, bytes } = pairs[reader];
      const publicKey = await subtle.importKey('raw', ephemeral, 'X25519', false, []);
      const contentKey = await subtle.decrypt(SEALING, await wrapper(privateKey, publicKey, ephemeral, bytes), key);
      return new TextDecoder().decode(await subtle.decrypt(SEALING, await aes(contentKey), body));
    },
  };
}
