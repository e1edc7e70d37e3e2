// Weaker, older, other.
import { REFUSED, STRUCTURAL } from './bench.mjs';
import { answering, BODY, cose, encode, fromBase64, label, parse, recose, serving, stored, toBase64, unhex, VERSION, WRAP } from './objects.mjs';
import { doras, dorasWrites, insider, noteAt, servingSealed, sharedAt } from './world.mjs';

const later = (typ) => typ.replace('.v1.', '.v2.');
const earlier = (typ) => typ.replace('.v1.', '.v0.');
/** What a header must not be talked into. */
const HEADERS = [
  ['another algorithm', ({ header }) => header.set(1, header.get(1) === 24 ? 3 : -7)],
  ['the algorithm that leaves the curve open, or a shorter tag', ({ header }) => header.set(1, header.get(1) === 24 ? 30 : -8)],
  ['no algorithm', ({ header }) => header.delete(1)],
  ['the algorithm outside the signature', ({ header, unprotected }) => { unprotected.set(1, header.get(1)); header.delete(1); }],
  ['a second algorithm outside the signature', ({ header, unprotected }) => unprotected.set(1, header.get(1))],
  ['a later format', ({ header }) => header.set(16, later(header.get(16)))],
  ['an earlier format', ({ header }) => header.set(16, earlier(header.get(16)))],
  ['another purpose', ({ header }) => header.set(16, label(header.get(16).endsWith('.login') ? 'share' : 'login'))],
  ['a foreign typ', ({ header }) => header.set(16, 'application/cose')],
  ['no typ', ({ header }) => header.delete(16)],
  ['crit', ({ header }) => header.set(2, [16])],
  ['an entry that nobody knows', ({ header }) => header.set(-70_000, 0)],
  ['another kind of COSE object', (parts) => { parts.tag = parts.tag === 18 ? 17 : parts.tag === 16 ? 96 : 16; }],
];

async function suites(it, w) {
  const inNote = (at) => (change) => servingSealed(noteAt(w.note))((bytes) => stored(bytes, (parts) => { parts[at] = change(parts[at]); }));
  const unlockAt = `GET /api/accounts/${w.carl.handle}/unlock`;
  const objects = [
    ['version', ['note', 'anna', w.note], inNote(VERSION)], ['wrap', ['note', 'anna', w.note], inNote(WRAP)], ['body', ['note', 'anna', w.note], inNote(BODY)],
    ['grant', ['shared', 'ben', w.record], (change) => serving(sharedAt(w.record), 'grant', change)],
    ['draft', ['draft', 'anna', 'private', w.note], servingSealed(`GET /api/private/drafts/${w.note}`)],
    ['vault', ['unlock', 'carl'], (change) => serving(unlockAt, 'vault', change)],
    ['slots', ['unlock', 'carl'], (change) => serving(unlockAt, 'slots', change)],
    ['key log', ['identity', 'anna', w.carl.handle], (change) => serving(`GET /api/accounts/${w.carl.handle}/keys`, 'keyLog', change)],
  ];
  for (const [what, op, rule] of objects) {
    for (const [how, change] of HEADERS) {
      await it.refuses(`${what}: ${how}`, op, rule((bytes) => recose(bytes, (parts) => { change(parts); })), [...REFUSED, 'unknown_slot', 'invalid_key']);
    }
  }
  // The same from an author who signs it: nothing but the profile is left to refuse it.
  const headerOf = (purpose, change) => {
    const parts = { header: parse(insider.signerHeader(purpose, w.dora.ed25519)), unprotected: new Map(), tag: 18 };
    change(parts);
    return encode(parts.header);
  };
  for (const [how, change] of HEADERS.slice(0, 12).filter(([how]) => !how.startsWith('a second'))) {
    const version = dorasWrites(w, { header: headerOf('version', change) });
    await it.refuses(`signed by its author: a version with ${how}`, ['shared', 'ben', w.dorasId], await doras(w, version), STRUCTURAL);
    await it.refuses(`signed by its author: a grant with ${how}`, ['shared', 'ben', w.dorasId], await doras(w, dorasWrites(w), { header: headerOf('grant', change) }), STRUCTURAL);
  }
  for (const [how, body] of [['AES-GCM', { alg: 3 }], ['the typ of a draft', { typ: label('chart-draft') }], ['the typ of a private body', { typ: label('private-body') }], ['a later format', { typ: later(label('chart-body')) }]]) {
    await it.refuses(`signed by its author: a body with ${how}`, ['shared', 'ben', w.dorasId], await doras(w, dorasWrites(w, { body: () => body })), STRUCTURAL);
  }
  for (const suite of [0, 3]) {
    const { change } = { change: (header) => { header[6] = suite; } };
    const grant = await insider.grant(w.dora, w.doras, w.benEntry, {});
    const payload = parse(cose(grant).content);
    change(payload[0]);
    await it.refuses(`signed by its author: suite ${suite}`, ['shared', 'ben', w.dorasId], serving(sharedAt(w.dorasId), 'grant', () => insider.sign1('grant', encode(payload), w.dora)), STRUCTURAL);
  }
  for (const suitesOf of [[], [1], [2], [2, 1], [1, 2, 3]]) {
    await it.refuses(`signed by its author: suites [${suitesOf}]`, ['shared', 'ben', w.dorasId], await doras(w, dorasWrites(w, { change: (manifest) => { manifest[11] = suitesOf; } })), STRUCTURAL);
  }
  const container = (text) => servingSealed(noteAt(w.note))((bytes) => stored(bytes, (parts) => { parts[0] = text; }));
  await it.refuses('a container of a later format', ['note', 'anna', w.note], container(later(label('private-note'))), 'unsupported_version');
  await it.refuses('a container of an earlier format', ['note', 'anna', w.note], container(earlier(label('private-note'))), 'unsupported_version');
}

const [ACCOUNT, SLOT, KIND, GENERATION, SALT, MEMORY, PASSES, LANES] = [0, 1, 2, 3, 4, 5, 6, 7];
const parametersOf = (slot) => parse(cose(slot).header.get(-65538));
const withParameters = (slot, change) => recose(slot, ({ header }) => {
  const fields = parse(header.get(-65538));
  change(fields);
  header.set(-65538, encode(fields));
});
const slotsOf = (handle, change) => answering(`GET /api/accounts/${handle}/unlock`, (json) => ({ ...json, slots: change(json.slots.map(fromBase64)).map(toBase64) }));
const passphraseSlot = (change) => (slots) => slots.map((slot) => (parametersOf(slot)[KIND] === 1 ? change(slot) : slot));

async function stretching(it, w) {
  const unlock = ['unlock', 'carl', 'passphrase'];
  const cost = (at, value) => slotsOf(w.carl.handle, passphraseSlot((slot) => withParameters(slot, (fields) => { fields[at] = value; })));
  const outside = [[MEMORY, 0], [MEMORY, 8], [MEMORY, 65_535], [MEMORY, 262_145], [MEMORY, 2 ** 32 - 1], [MEMORY, 2 ** 40], [PASSES, 0], [PASSES, 1], [PASSES, 2], [PASSES, 11], [PASSES, 2 ** 32 - 1], [LANES, 0], [LANES, 9], [LANES, 2 ** 24]];
  for (const [at, value] of outside) {
    const { ms, honestly } = await it.refuses(`${['memory', 'passes', 'lanes'][at - MEMORY]} ${value}`, unlock, cost(at, value), ['weak_parameters', 'not_sealed']);
    it.check(`${value}: refused after ${Math.round(ms)} ms, unlocked after ${Math.round(honestly)}`, ms < honestly / 2, 'before any work');
  }
  for (const [at, value] of [[MEMORY, 65_537], [PASSES, 4], [LANES, 1]]) await it.refuses(`another cost within the bounds: ${value}`, unlock, cost(at, value), 'wrong_passphrase');
  for (const kind of [2, 3]) await it.refuses(`a passphrase slot relabelled kind ${kind}`, unlock, slotsOf(w.carl.handle, passphraseSlot((slot) => withParameters(slot, (fields) => { fields[KIND] = kind; }))), [...REFUSED, 'unknown_slot']);
}

async function slots(it, w) {
  const of = async (who) => (await it.database.rows('SELECT sealed FROM unlock_slots WHERE account = ? AND removed_at IS NULL', unhex(w[who].account))).map(([sealed]) => sealed);
  const annas = await of('anna');
  for (const [way, wrong] of [['passphrase', 'wrong_passphrase'], ['passkey', 'wrong_passkey'], ['recovery code', 'wrong_recovery_code']]) {
    await it.refuses(`${way}: another account's slots`, ['unlock', 'carl', way], slotsOf(w.carl.handle, () => annas), 'tampered');
    await it.refuses(`${way}: another account's slots under this account's id`, ['unlock', 'carl', way], slotsOf(w.carl.handle, () => annas.map((slot) => withParameters(slot, (fields) => { fields[ACCOUNT] = unhex(w.carl.account); }))), wrong);
    await it.refuses(`${way}: another account, whole`, ['unlock', 'carl', way], answering(`GET /api/accounts/${w.carl.handle}/unlock`, (json) => ({ ...json, ...w.annasAnswer })), [wrong, 'tampered']);
  }
  const annasSalt = annas.map(parametersOf).find((fields) => fields[KIND] === 1)[SALT];
  await it.refuses('another account\'s salt', ['unlock', 'carl', 'passphrase'], slotsOf(w.carl.handle, passphraseSlot((slot) => withParameters(slot, (fields) => { fields[SALT] = annasSalt; }))), 'wrong_passphrase');
  for (const [what, at, value] of [['slot id', SLOT, insider.random(16)], ['generation', GENERATION, 2]]) {
    await it.refuses(`another ${what}`, ['unlock', 'carl', 'passphrase'], slotsOf(w.carl.handle, passphraseSlot((slot) => withParameters(slot, (fields) => { fields[at] = value; }))), ['tampered', 'stale_slot']);
  }
  const [before, old] = [await of('carl'), { passphrase: w.carl.passphrase }];
  await w.client('changePassphrase', 'carl');
  const set = slotsOf(w.carl.handle, () => before);
  await it.refuses('the slot from before a change, with the new passphrase', ['unlock', 'carl', 'passphrase'], set, 'wrong_passphrase');
  const stop = it.wire.tamper(set);
  const stale = await it.client('unlock', 'carl', 'passphrase', old);
  it.check(`the slot from before a change, with the old passphrase: ${stale.code}`, stop()[0] > 0 && stale.code === 'stale_slot', stale.code);
  await w.client('removePasskey', 'carl');
  const removed = it.wire.tamper(set);
  const gone = await it.client('unlock', 'carl', 'passkey');
  it.check(`a passkey that was removed: ${gone.code}`, removed()[0] > 0 && gone.code === 'stale_slot', gone.code);
}

async function flags(it, w) {
  const flags = { legacy: true, mode: 'legacy', version: 0, format: 0, recovery: true, recoveryConfirmed: true, confirmed: true, allowWeak: true, minimumPassphrase: 1, signatures: 'optional', ledger: false, plaintext: true, debug: true, downgrade: true, argon2: { memory: 8, passes: 1 } };
  const everywhere = { at: /^(GET|POST|PUT) \/api\//, answer: (json) => ({ ...flags, ...json, ...flags }) };
  const same = async (what, ...op) => {
    const honest = await it.client(...op);
    const from = it.wire.seen.bodies.length;
    const stop = it.wire.tamper(everywhere);
    const result = await it.client(...op);
    const [hits] = stop();
    const sent = JSON.stringify(it.wire.seen.bodies.slice(from).map(({ path, body }) => [path.replace(/[0-9a-f]{32,}/g, 'id'), Object.keys(JSON.parse(body))]));
    it.check(`${what}: ${result.code}`, hits > 0 && result.code === honest.code && JSON.stringify(result.opened) === JSON.stringify(honest.opened) && !/legacy|plaintext/.test(sent), `${result.code}, as without`);
  };
  await same('a note', 'note', 'anna', w.note);
  await same('a shared record', 'shared', 'ben', w.record);
  await same('unlocking', 'unlock', 'anna', 'passphrase');
  await same('by recovery code', 'unlock', 'anna', 'recovery code');
  await same('an account without a confirmed recovery code seals nothing', 'sealWithoutRecovery');
  await same('a passphrase that is too short', 'shortPassphrase');
  await same('somebody who was not verified', 'known', 'carl', w.dora.handle);
  await it.refuses('no slots', ['unlock', 'anna', 'passphrase'], slotsOf(w.anna.handle, () => []), 'unknown_slot');
  const unknown = (slot) => withParameters(slot, (fields) => { fields[KIND] = 9; });
  await it.refuses('slots of a kind that does not exist', ['unlock', 'anna', 'passphrase'], slotsOf(w.anna.handle, (all) => all.map(unknown)), ['unsupported_version', 'unknown_slot']);
  const stop = it.wire.tamper(slotsOf(w.anna.handle, (all) => [unknown(all[0]), ...all]));
  const beside = await it.client('unlock', 'anna', 'passphrase');
  it.check(`one of them beside the true ones: ${beside.code}`, stop()[0] > 0 && beside.code === 'opened', 'passed over');
}

export const downgrade = [
  [20, 'other algorithms, suites, formats, purposes, crit', suites],
  [21, 'Argon2id cheaper than the floor, dearer than the ceiling', stretching],
  [22, 'salts and slots of other accounts, or from before a change', slots],
  [23, 'flags for recovery, legacy and weaker modes', flags],
];
