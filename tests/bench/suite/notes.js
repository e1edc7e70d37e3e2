// The clinician's jobs: a note of 4 KiB of text sealed for others, and opened as text again.
import age, { hybrid as ageHybrid } from '../notes/age.js';
import hpke from '../notes/hpke.js';
import jose from '../notes/jose.js';
import libsodium, { oneKey } from '../notes/libsodium.js';
import noble from '../notes/noble.js';
import openpgp from '../notes/openpgp.js';
import sealedNotes, { hybrid, own } from '../notes/sealed-notes.js';
import webcrypto from '../notes/webcrypto.js';
import { TEXT } from './text.js';

const SEALING = { 'sealed-notes': sealedNotes, libsodium, jose, hpke, openpgp, age, noble, webcrypto };

// Making keys is no part of any job, and takes some peers seconds for a thousand.
const started = new Map();
async function keys(start, count) {
  const key = started.get(start);
  if (key?.count >= count) return key.notes;
  const notes = await start(count);
  started.set(start, { count, notes });
  return notes;
}

const seal = (start) => async (readers) => {
  const notes = await keys(start, readers);
  return {
    run: () => notes.seal(TEXT, readers),
    check: async (sealed) => (await notes.open(sealed, 0)) === TEXT,
    rest: notes.rest,
  };
};

/** Opens `count` different notes: in one call where there is such a call, otherwise all at once, so that WebCrypto has all cores. */
const open = (start) => async (count) => {
  const notes = await keys(start, 1);
  const sealed = [];
  for (let at = 0; at < count; at++) sealed.push(await notes.seal(TEXT, 1));
  return {
    run: () => (notes.openMany && count > 1 ? notes.openMany(sealed) : Promise.all(sealed.map((note) => notes.open(note, 0)))),
    check: (opened) => opened.length === count && opened.every((note) => textOf(note) === TEXT),
    rest: notes.rest,
    isOneCall: count === 1 || Boolean(notes.openMany),
  };
};

const textOf = (note) => (typeof note === 'string' ? note : (note.text ?? note.sections?.note));

const each = (make, contenders) => Object.fromEntries(Object.entries(contenders).map(([id, start]) => [id, make(start)]));

export const sealNote = each(seal, SEALING);
export const openShared = each(open, SEALING);
export const openOwn = each(open, { ...SEALING, 'sealed-notes': own, 'libsodium-one-key': oneKey });
export const sealHybrid = each(seal, { 'sealed-notes': hybrid, age: ageHybrid });
