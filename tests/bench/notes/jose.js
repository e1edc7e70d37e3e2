// jose: a JSON Web Encryption with ECDH-ES+A256KW on WebCrypto's X25519 for each recipient, A256GCM. No signature, no padding.
import { GeneralEncrypt, generalDecrypt, generateKeyPair } from 'jose';

export default async function start(count) {
  const pairs = await Promise.all(Array.from({ length: count }, () => generateKeyPair('ECDH-ES+A256KW', { crv: 'X25519' })));
  return {
    async seal(text, readers) {
      const message = new GeneralEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ enc: 'A256GCM' });
      for (const [at, { publicKey }] of pairs.slice(0, readers).entries()) {
        message.addRecipient(publicKey).setUnprotectedHeader({ alg: 'ECDH-ES+A256KW', kid: String(at) });
      }
      return message.encrypt();
    },
    async open(sealed, reader) {
      // The recipient's own entry alone: jose would otherwise try them all.
      const { plaintext } = await generalDecrypt({ ...sealed, recipients: [sealed.recipients[reader]] }, pairs[reader].privateKey);
      return new TextDecoder().decode(plaintext);
    },
  };
}
