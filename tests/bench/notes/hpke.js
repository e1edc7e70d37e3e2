// @hpke/core: a content key for each recipient by HPKE base mode (RFC 9180) on WebCrypto's X25519, and the note under it with
// WebCrypto's AES-GCM. No signature, no padding.
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';

const ZERO = new Uint8Array(12); // every content key seals one note

export default async function start(count) {
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
  const pairs = await Promise.all(Array.from({ length: count }, () => suite.kem.generateKeyPair()));
  const aes = (bytes, usage) => crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [usage]);
  return {
    async seal(text, readers) {
      const contentKey = crypto.getRandomValues(new Uint8Array(32));
      const key = await aes(contentKey, 'encrypt');
      const body = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: ZERO }, key, new TextEncoder().encode(text));
      const wrapped = await Promise.all(pairs.slice(0, readers).map(({ publicKey }) => suite.seal({ recipientPublicKey: publicKey }, contentKey)));
      return { body, wrapped };
    },
    async open({ body, wrapped }, reader) {
      const { enc, ct } = wrapped[reader];
      const contentKey = await suite.open({ recipientKey: pairs[reader], enc }, ct);
      return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: ZERO }, await aes(contentKey, 'decrypt'), body));
    },
  };
}
