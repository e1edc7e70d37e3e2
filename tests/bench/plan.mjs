// Which jobs are timed, with which contenders and parameters, how often.
const NOTES = ['sealed-notes', 'libsodium', 'jose', 'hpke', 'openpgp', 'age', 'noble', 'webcrypto'];
const KiB = 1024;
const MiB = 1024 * KiB;

/** `rounds`: at most so many; `milliseconds`: how long one sample takes at least. */
export const FULL = {
  rounds: 15,
  milliseconds: 20,
  engines: ['chromium', 'firefox', 'node'],
  recipients: 1000,
  cold: 9,
  jobs: [
    { job: 'seal', parameters: [1, 5, 50], contenders: [...NOTES, 'native-ours'] },
    { job: 'seal', parameters: [1000], contenders: [...NOTES, 'native-ours'], rounds: 5 },
    { job: 'open-shared', parameters: [1], contenders: [...NOTES, 'native-ours'] },
    { job: 'open-shared', parameters: [500], contenders: [...NOTES, 'native-ours'], rounds: 5 },
    { job: 'open-own', parameters: [1000], contenders: [...NOTES, 'libsodium-one-key', 'native-ours'], rounds: 5 },
    { job: 'aead', parameters: [KiB, 4 * KiB, 64 * KiB, MiB], contenders: ['sealed-notes', 'libsodium', 'webcrypto-chacha', 'webcrypto-aes', 'noble', 'native'] },
    { job: 'aead', parameters: [16 * MiB, 64 * MiB], contenders: ['sealed-notes', 'libsodium', 'webcrypto-chacha', 'webcrypto-aes', 'noble', 'native'], rounds: 7 },
    { job: 'hybrid', parameters: [1, 50], contenders: ['sealed-notes', 'age', 'native-ours'], rounds: 9 },
    { job: 'unlock', parameters: [undefined], contenders: ['sealed-notes', 'libsodium', 'hash-wasm', 'noble', 'native'], rounds: 7 },
    { job: 'sign', parameters: [undefined], contenders: ['sealed-notes', 'libsodium', 'webcrypto', 'noble', 'native'] },
    { job: 'verify', parameters: [undefined], contenders: ['sealed-notes', 'libsodium', 'webcrypto', 'noble', 'native'] },
  ],
};

const FAST_NOTES = NOTES.filter((contender) => contender !== 'noble');
const FAST_OWN = ['sealed-notes', 'libsodium', 'libsodium-one-key', 'jose', 'webcrypto', 'native-ours'];

export const QUICK = {
  ...FULL,
  rounds: 5,
  milliseconds: 8,
  engines: ['chromium', 'node'],
  recipients: 50,
  cold: 3,
  jobs: [
    { job: 'seal', parameters: [1, 5, 50], contenders: [...FAST_NOTES, 'native-ours'] },
    { job: 'open-shared', parameters: [1], contenders: [...FAST_NOTES, 'native-ours'] },
    { job: 'open-own', parameters: [1000], contenders: FAST_OWN, rounds: 3 },
    { job: 'aead', parameters: [KiB, 64 * KiB, 16 * MiB], contenders: ['sealed-notes', 'libsodium', 'webcrypto-chacha', 'webcrypto-aes', 'native'] },
    { job: 'hybrid', parameters: [1], contenders: ['sealed-notes', 'age', 'native-ours'] },
    { job: 'unlock', parameters: [undefined], contenders: ['sealed-notes', 'libsodium', 'native'], rounds: 3 },
    { job: 'sign', parameters: [undefined], contenders: ['sealed-notes', 'libsodium', 'webcrypto', 'native'] },
    { job: 'verify', parameters: [undefined], contenders: ['sealed-notes', 'libsodium', 'webcrypto', 'native'] },
  ],
};
