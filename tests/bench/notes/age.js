// age-encryption: a file for X25519 recipients, or for hybrid ones (ML-KEM-768 with X25519). No signature, no padding.
import { Decrypter, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';

const start = (generate) => async (count) => {
  const identities = await Promise.all(Array.from({ length: count }, () => generate()));
  const recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
  return {
    async seal(text, readers) {
      const encrypter = new Encrypter();
      for (const recipient of recipients.slice(0, readers)) encrypter.addRecipient(recipient);
      return encrypter.encrypt(text);
    },
    async open(sealed, reader) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identities[reader]);
      return decrypter.decrypt(sealed, 'text');
    },
  };
};

export default start(generateX25519Identity);
export const hybrid = start(generateHybridIdentity);
