// Argon2id, 64 MiB, 3 passes, 1 lane, 32 bytes: what stands between a passphrase and the vault.
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { argon2id } from 'hash-wasm';
import sodium from 'libsodium-wrappers-sumo';
import { ours } from './world.js';

const MEMORY = 64 * 1024; // KiB
const PASSES = 3;
const PASSWORD = 'four quiet random words';
const SALT = new Uint8Array(16).fill(7);
/** Of the two lines above, as the reference implementation has it. */
let reference;
const check = (out) => (reference ??= out.join()) === out.join();

export const unlock = {
  /** The whole call: a worker started and ended, the vault opened. */
  'sealed-notes'() {
    const { sealedNotes, fixture } = ours();
    return {
      run: () => sealedNotes.Vault.unlock(fixture.passphrase),
      check: (vault) => vault.account === fixture.author.account,
    };
  },
  async libsodium() {
    await sodium.ready;
    const hash = () => sodium.crypto_pwhash(32, PASSWORD, SALT, PASSES, MEMORY * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13);
    return { run: hash, check };
  },
  'hash-wasm': () => ({
    run: () => argon2id({ password: PASSWORD, salt: SALT, iterations: PASSES, memorySize: MEMORY, parallelism: 1, hashLength: 32, outputType: 'binary' }),
    check,
  }),
  noble: () => ({ run: () => argon2idAsync(PASSWORD, SALT, { t: PASSES, m: MEMORY, p: 1, dkLen: 32, asyncTick: 1e9 }), check }),
};
