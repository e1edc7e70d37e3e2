// OpenPGP.js: a message of RFC 9580 for X25519 keys, signed with Ed25519 and checked when opened. No padding.
import { config, createMessage, decrypt, encrypt, generateKey, readMessage } from 'openpgp';

config.aeadProtect = true;

export default async function start(count) {
  const generate = (at) => generateKey({ type: 'curve25519', userIDs: [{ name: `reader ${at}` }], format: 'object', config: { v6Keys: true } });
  const author = await generate('author');
  const pairs = [];
  for (let at = 0; at < count; at++) pairs.push(await generate(at));
  const publicKeys = pairs.map(({ publicKey }) => publicKey);
  return {
    async seal(text, readers) {
      const message = await createMessage({ text });
      return encrypt({ message, encryptionKeys: publicKeys.slice(0, readers), signingKeys: author.privateKey, format: 'binary' });
    },
    async open(sealed, reader) {
      const message = await readMessage({ binaryMessage: sealed });
      const { data } = await decrypt({ message, decryptionKeys: pairs[reader].privateKey, verificationKeys: author.publicKey, expectSigned: true });
      return data;
    },
  };
}
