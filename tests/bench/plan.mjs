// Which jobs are timed, with which contenders and parameters, how often.
const NOTES = ['sealed-notes', 'libsodium', 'jose', 'hpke', 'openpgp', 'age', 'noble', 'webcrypto'];
const AEAD = ['sealed-notes', 'libsodium', 'webcrypto-chacha', 'webcrypto-aes', 'noble'];
const KiB = 1024;
const MiB = 1024 * KiB;

/** `rounds`: at most so many; `milliseconds`: how long one sample takes at least; `blocks`: how often the standstill is looked at. */
export const FULL = {
  rounds: 15,
  milliseconds: 20,
  engines: ['chromium', 'firefox', 'node'],
  blocks: 3,
  recipients: 1000,
  cold: { rounds: 9, contenders: NOTES },
  memory: [
    { job: 'aead', parameter: 64 * MiB, contenders: AEAD },
    { job: 'open-own', parameter: 1000, contenders: NOTES },
  ],
  jobs: [
    { job: 'seal', parameters: [1, 5, 50], contenders: [...NOTES, 'native-ours'] },
    { job: 'seal', parameters: [1000], contenders: [...NOTES, 'native-ours'], rounds: 5 },
    { job: 'open-shared', parameters: [1], contenders: [...NOTES, 'native-ours'] },
    { job: 'open-shared', parameters: [500], contenders: [...NOTES, 'native-ours'], rounds: 5 },
    { job: 'open-own', parameters: [1000], contenders: [...NOTES, 'libsodium-one-key', 'native-ours'], rounds: 5 },
    { job: 'aead', parameters: [KiB, 4 * KiB, 64 * KiB, MiB], contenders: [...AEAD, 'native'] },
    { job: 'aead', parameters: [16 * MiB, 64 * MiB], contenders: [...AEAD, 'native'], rounds: 7 },
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
  blocks: 1,
  recipients: 50,
  cold: { rounds: 3, contenders: ['sealed-notes', 'libsodium', 'jose', 'openpgp', 'age'] },
  memory: [],
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
