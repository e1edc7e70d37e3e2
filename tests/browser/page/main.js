import * as sealedNotes from 'sealed-notes';
import { runVectors } from '../../../pkg/test/vectors.mjs';
import { hostile } from './hostile.js';
import { many } from './many.js';
import { ways } from './ways.js';
import start, * as glue from '../../../pkg/wasm/sealed_notes.js';
import accounts from '../../vectors/accounts.json';
import chartRecords from '../../vectors/chart-records.json';
import drafts from '../../vectors/drafts.json';
import failures from '../../vectors/failures.json';
import padding from '../../vectors/padding.json';
import privateNotes from '../../vectors/private-notes.json';
import recovery from '../../vectors/recovery.json';
import recoveryFailures from '../../vectors/recovery-failures.json';

const files = { accounts, 'chart-records': chartRecords, drafts, failures, padding, 'private-notes': privateNotes, recovery, 'recovery-failures': recoveryFailures };

window.underTest = {
  ...sealedNotes,
  many,
  ways,
  hostile,
  leaveOut: { ...glue }.leaveOut, // there in the build of `verify hostile` whose checks can be left out, and in no other
  runVectors: () => runVectors(sealedNotes, files),
  account: () => accounts.accounts.find(({ name }) => name === 'demo-clinician'),
  bytes: (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)),
  async memoryBytes() {
    const { memory } = await start();
    return memory.buffer.byteLength;
  },
  /** Whether the WebAssembly memory holds these bytes. The package itself never hands that memory out. */
  async memoryHolds(needle) {
    await sealedNotes.init();
    const { memory } = await start(); // started already: the same instance
    const hay = new Uint8Array(memory.buffer);
    for (let at = hay.indexOf(needle[0]); at !== -1; at = hay.indexOf(needle[0], at + 1)) {
      if (needle.every((byte, i) => hay[at + i] === byte)) return true;
    }
    return false;
  },
};
