// Ed25519 over 32 bytes.
import { ed25519 } from '@noble/curves/ed25519.js';
import sodium from 'libsodium-wrappers';
import { ours } from './world.js';

const MESSAGE = new Uint8Array(32).fill(1);
const GRANTS = 50;

export const sign = {
  /** A server's challenge, with account and origin, in a COSE_Sign1. */
  'sealed-notes'() {
    const { author } = ours();
    return { run: () => author.login({ challenge: MESSAGE, origin: 'https://notes.example' }), check: (signed) => signed.length > 64 };
  },
  async libsodium() {
    await sodium.ready;
    const { privateKey, publicKey } = sodium.crypto_sign_keypair();
    return { run: () => sodium.crypto_sign_detached(MESSAGE, privateKey), check: (signature) => sodium.crypto_sign_verify_detached(signature, MESSAGE, publicKey) };
  },
  noble() {
    const { secretKey, publicKey } = ed25519.keygen();
    return { run: () => ed25519.sign(MESSAGE, secretKey), check: (signature) => ed25519.verify(signature, MESSAGE, publicKey) };
  },
  async webcrypto() {
    const { privateKey, publicKey } = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return { run: () => crypto.subtle.sign('Ed25519', privateKey, MESSAGE), check: (signature) => crypto.subtle.verify('Ed25519', publicKey, signature, MESSAGE) };
  },
};

const good = (result) => result === true;

export const verify = {
  /** The list of a record's readers: every grant decoded, its signature checked. Per grant. */
  async 'sealed-notes'() {
    const { author, sealedNotes, recipients } = ours();
    const grantTo = recipients.slice(0, GRANTS).map((to) => ({ to, purpose: 'treatment', postQuantum: false }));
    const { bytes, grants } = await author.chart.seal({ client: sealedNotes.newId(), sections: { note: 'x' }, grantTo });
    const list = grants.map((grant) => grant.bytes);
    return { run: () => author.chart.readers(bytes, list), check: (readers) => readers.length === list.length, per: list.length };
  },
  async libsodium() {
    await sodium.ready;
    const { privateKey, publicKey } = sodium.crypto_sign_keypair();
    const signature = sodium.crypto_sign_detached(MESSAGE, privateKey);
    return { run: () => sodium.crypto_sign_verify_detached(signature, MESSAGE, publicKey), check: good };
  },
  noble() {
    const { secretKey, publicKey } = ed25519.keygen();
    const signature = ed25519.sign(MESSAGE, secretKey);
    return { run: () => ed25519.verify(signature, MESSAGE, publicKey), check: good };
  },
  async webcrypto() {
    const { privateKey, publicKey } = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    const signature = await crypto.subtle.sign('Ed25519', privateKey, MESSAGE);
    return { run: () => crypto.subtle.verify('Ed25519', publicKey, signature, MESSAGE), check: good };
  },
};
