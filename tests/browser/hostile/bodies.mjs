// Bodies and grants.
import { ask } from '../../interop/javascript/python.mjs';
import { REFUSED } from './bench.mjs';
import { answering, BODY, cose, encode, flipped, fromBase64, GRANT, label, MANIFEST, parse, place, recose, repayload, serving, stored, toBase64, unhex, VERSION } from './objects.mjs';
import { onThePage } from './page.mjs';
import { doras, dorasWrites, insider, noteAt, recordAt, servingSealed, sharedAt } from './world.mjs';

/** One bit each: of every byte of a short part, of its beginning, its end and every ninth byte of a long one. */
const flips = (whole, parts, how) => parts.flatMap((part) => {
  const [at, length] = place(whole, part, how);
  const offsets = Array.from({ length }, (_, offset) => offset).filter((offset) => length <= 64 || offset < 8 || offset >= length - 16 || offset % 9 === 0);
  return offsets.map((offset) => (bytes) => flipped(bytes, at + offset, offset % 8));
});
const everyByte = (whole, step) => Array.from({ length: Math.ceil(whole.length / step) }, (_, at) => (bytes) => flipped(bytes, at * step, at % 8));

/** Iv, ciphertext with its tag, and context. */
const sealedParts = (bytes) => {
  const { header, unprotected, content } = cose(bytes);
  return [header.get(-65537), unprotected.get(5), content].filter(Boolean);
};
const signedParts = (bytes) => [cose(bytes).rest[0]];
const hashesOf = (signed) => {
  const manifest = parse(cose(signed).content);
  return manifest[MANIFEST.sections].flatMap(([, hash, commitment]) => [hash, commitment]);
};

async function bits(it, w) {
  const uniform = async (what, op, path, field, whole, parts, also = [], how = {}) => {
    const rule = (change) => serving(path, field, change);
    await it.sweeps(`${what}: iv, ciphertext, tag, signature, key, hash`, op, rule, flips(whole, parts, how));
    await it.sweeps(`${what}: any byte`, op, rule, everyByte(whole, 11), [...REFUSED, ...also]);
  };
  const { signed, wrap, body } = await it.stored.note(w.note, 2);
  const note = encode([label('private-note'), signed, wrap, body]);
  await uniform('private note', ['note', 'anna', w.note], noteAt(w.note), 'sealed', note, [...signedParts(signed), ...hashesOf(signed), ...sealedParts(wrap), ...sealedParts(body)]);

  const chart = await it.stored.chart(w.record);
  const all = Object.values(chart.bodies);
  const own = encode([label('chart-record'), chart.signed, chart.wrap, all]);
  await uniform('chart record', ['record', 'anna', w.record], recordAt(w.record), 'sealed', own, [...signedParts(chart.signed), ...sealedParts(chart.wrap), ...sealedParts(all[0])]);
  const handed = encode([label('chart-record'), chart.signed, null, all]);
  await uniform('shared record', ['shared', 'ben', w.record], sharedAt(w.record), 'sealed', handed, [...signedParts(chart.signed), ...hashesOf(chart.signed), ...sealedParts(all[1])]);

  for (const [who, account] of [['ben', w.ben.account], ['carl', w.carl.account]]) {
    const grant = await it.stored.grant(w.record, account);
    const [header, keys] = parse(cose(grant).content);
    const [protectedHeader, unprotected, wrapped] = keys[0][1];
    const parts = [cose(grant).rest[0], header[GRANT.versionHash], parse(protectedHeader).get(-65537), unprotected.get(-4).subarray(0, 64), wrapped];
    // One encapsulated key serves every section.
    await uniform(`grant to ${who}`, ['shared', who, w.record], sharedAt(w.record), 'grant', grant, parts, [], { repeated: true });
  }
  const [[draft]] = await it.database.rows('SELECT sealed FROM private_drafts WHERE record = ?', unhex(w.note));
  await uniform('draft', ['draft', 'anna', 'private', w.note], `GET /api/private/drafts/${w.note}`, 'sealed', draft, sealedParts(draft), ['not_the_author']);
  const [[entry]] = await it.database.rows('SELECT entry FROM ledger WHERE account = ? AND sequence = 1', unhex(w.anna.account));
  const [, signedEntry, events] = parse(entry);
  await it.sweeps('ledger: signature, hash, iv, ciphertext, tag', ['unlockFresh', 'anna'], servingEntry, flips(entry, [...signedParts(signedEntry), ...sealedParts(events).slice(1)]));
  await it.sweeps('ledger: any byte', ['unlockFresh', 'anna'], servingEntry, everyByte(entry, 11), [...REFUSED, 'forked']);
  const [[vault]] = await it.database.rows('SELECT sealed FROM vaults WHERE account = ? ORDER BY generation DESC LIMIT 1', unhex(w.ben.account));
  await it.sweeps('vault', ['unlock', 'ben'], servingSealedVault(w.ben.handle), everyByte(vault, 97), REFUSED);
  await it.sweeps('vault: iv and tag', ['unlock', 'ben'], servingSealedVault(w.ben.handle), flips(vault, [cose(vault).unprotected.get(5), cose(vault).content.subarray(-16)]));
}
/** The first entry of a ledger. */
const servingEntry = (change) => ({ at: /^GET \/api\/ledger/, answer: ({ entries, next }, hit) => ({ entries: [toBase64(change(fromBase64(entries[0]), hit)), ...entries.slice(1)], next }) });
const servingSealedVault = (handle) => (change) => serving(`GET /api/accounts/${handle}/unlock`, 'vault', change);

async function places(it, w) {
  const [first, second, other] = [await it.stored.note(w.note, 1), await it.stored.note(w.note, 2), await it.stored.note(w.otherNote, 1)];
  const bens = await it.stored.note(w.bensNote, 1);
  const noteOf = ({ signed, wrap, body }) => encode([label('private-note'), signed, wrap, body]);
  const served = (what, note, codes) => it.refuses(what, ['note', 'anna', w.note], servingSealed(noteAt(w.note))(() => noteOf(note)), codes);
  await served('another record\'s body', { ...second, body: other.body });
  await served('another record\'s body and wrap', { ...second, body: other.body, wrap: other.wrap });
  await served('an earlier version\'s body', { ...second, body: first.body });
  await served('an earlier version\'s body and wrap', { ...second, body: first.body, wrap: first.wrap });
  await served('another author\'s body', { ...second, body: bens.body });
  await served('another record, whole', other);
  await served('another author\'s note', bens);
  for (const [what, field, value] of [['client', 'client', insider.random(16)], ['tenant', 'tenant', insider.random(16)], ['version number', 'version', 3], ['author', 'author', unhex(w.ben.account)], ['record', 'record', unhex(w.otherNote)]]) {
    await served(`relabelled with another ${what}`, { ...second, signed: repayload(second.signed, (manifest) => { manifest[MANIFEST[field]] = value; }) });
  }
  const others = await it.stored.chart(w.otherRecord);
  const sql = ['UPDATE chart_bodies SET body = ? WHERE record = ? AND section = ?', others.bodies.plan, unhex(w.record), 'plan'];
  await it.refuses('database: another record\'s body, to its author', ['record', 'anna', w.record], () => it.database.tamper(['chart_bodies'], sql));
  await it.refuses('database: another record\'s body, to its reader', ['shared', 'ben', w.record], () => it.database.tamper(['chart_bodies'], sql));
  await it.refuses('database: another record\'s wrap', ['record', 'anna', w.record], () => it.database.tamper(['chart_versions'], ['UPDATE chart_versions SET wrap = ? WHERE record = ?', others.wrap, unhex(w.record)]));
  await it.refuses('another chart record, whole', ['record', 'anna', w.record], servingSealed(recordAt(w.record))(() => encode([label('chart-record'), others.signed, others.wrap, Object.values(others.bodies)])));
  const grant = await it.stored.grant(w.otherRecord, w.ben.account);
  await it.refuses('another shared record with its grant', ['shared', 'ben', w.record], answering(sharedAt(w.record), (row) => ({ ...row, sealed: toBase64(encode([label('chart-record'), others.signed, null, Object.values(others.bodies)])), grant: toBase64(grant) })));
  const abroad = insider.write(w.dora, { tenant: insider.random(16), sections: { plan: 'x' }, record: unhex(w.dorasId) });
  await it.refuses('a whole record of another tenant', ['shared', 'ben', w.dorasId], await doras(w, abroad));
  await onThePage(it, (page) => listedElsewhere(page, it));
}

/** The page lists one client's notes: another client's, whole and authentic, must not be among them. */
async function listedElsewhere({ person, wire }, it) {
  const ids = () => person.hash.match(/[0-9a-f]{32}/g);
  await person.open('Synthetic. About the first.', 'Synthetic. Plan.');
  const [client] = ids();
  await person.addClient('Synthetic Other');
  await person.newSession();
  await person.write('private', 'text', 'Synthetic. About the second.');
  await person.save('private', 1);
  person.hash = await person.tab.evaluate(() => location.hash);
  const [other, session] = ids();
  const listOf = (client) => new RegExp(`^GET /api/private/notes\\?client=${client}`);
  let notes;
  const stop = wire.tamper({ at: listOf(other), answer: (json) => { ({ notes } = json); return json; } });
  await person.reload();
  stop();
  const back = wire.tamper({ at: listOf(client), answer: (json) => ({ ...json, notes: [...json.notes, ...notes] }) });
  person.hash = `#/clients/${client}`;
  await person.reload('client');
  const [hits] = back();
  const shown = await person.tab.evaluate((session) => document.body.innerHTML.includes(session), session);
  it.check(`the page: another client's session ${shown ? 'is' : 'is not'} shown as this client's`, hits > 0 && !shown, 'not shown');
}

async function drawers(it, w) {
  const note = await it.stored.note(w.note, 2);
  const chart = await it.stored.chart(w.record);
  const asNote = (label, ...rest) => servingSealed(noteAt(w.note))(() => encode([label, ...rest]));
  await it.refuses('a private note labelled chart', ['note', 'anna', w.note], asNote(label('chart-record'), note.signed, note.wrap, [note.body]), 'wrong_object');
  await it.refuses('a chart record labelled private', ['record', 'anna', w.record], servingSealed(recordAt(w.record))(() => encode([label('private-note'), chart.signed, chart.wrap, chart.bodies.plan])), 'wrong_object');
  await it.refuses('a private note as a chart record', ['record', 'anna', w.record], servingSealed(recordAt(w.record))(() => encode([label('private-note'), note.signed, note.wrap, note.body])), 'wrong_object');
  await it.refuses('a chart record as a private note', ['note', 'anna', w.note], asNote(label('chart-record'), chart.signed, chart.wrap, Object.values(chart.bodies)), 'wrong_object');
  await it.refuses('a private manifest in a chart record', ['record', 'anna', w.record], servingSealed(recordAt(w.record))(() => encode([label('chart-record'), note.signed, note.wrap, [note.body]])), 'wrong_object');
  await it.refuses('a private manifest relabelled chart', ['record', 'anna', w.record], servingSealed(recordAt(w.record))(() => encode([label('chart-record'), repayload(note.signed, (manifest) => { manifest[2] = 1; manifest[11] = [1, 2]; }), note.wrap, [note.body]])), 'wrong_object');
  await it.refuses('a private body in a chart record', ['record', 'anna', w.record], servingSealed(recordAt(w.record))((bytes) => stored(bytes, (parts) => { parts[BODY][0] = note.body; })));
  const grant = await it.stored.grant(w.record, w.ben.account);
  const handed = (...parts) => answering(sharedAt(w.record), (row) => ({ ...row, sealed: toBase64(encode(parts)), grant: toBase64(grant) }));
  await it.refuses('a private note through a grant', ['shared', 'ben', w.record], handed(label('private-note'), note.signed, note.wrap, note.body), 'wrong_object');
  await it.refuses('a private note through a grant, as a chart record', ['shared', 'ben', w.record], handed(label('chart-record'), note.signed, null, [note.body]), 'wrong_object');
  await it.refuses('a private body through a grant', ['shared', 'ben', w.record], handed(label('chart-record'), chart.signed, null, [note.body]));
  const asChart = recose(note.body, (body) => { body.tag = 96; body.rest = [[]]; body.header.set(16, label('chart-body')); });
  await it.refuses('a private body with room for recipients', ['note', 'anna', w.note], servingSealed(noteAt(w.note))((bytes) => stored(bytes, (parts) => { parts[BODY] = asChart; })));
  const drawer = dorasWrites(w, { change: (manifest) => { manifest[MANIFEST.drawer] = 0; manifest[MANIFEST.suites] = []; } });
  await it.refuses('a grant by its author on a private version', ['shared', 'ben', w.dorasId], await doras(w, drawer), ['wrong_object', 'not_sealed']);
}

async function pairs(it, w) {
  const [one, other] = [await it.stored.grant(w.record, w.ben.account), await it.stored.grant(w.otherRecord, w.ben.account)];
  await it.refuses('the grant of another record', ['shared', 'ben', w.record], serving(sharedAt(w.record), 'grant', () => other));
  await it.refuses('the body of another record', ['shared', 'ben', w.otherRecord], serving(sharedAt(w.otherRecord), 'grant', () => one));
  await it.refuses('database: grants exchanged', ['shared', 'ben', w.record], () => it.database.tamper(['grants'], ['UPDATE grants SET sealed = ? WHERE record = ? AND recipient = ?', other, unhex(w.record), unhex(w.ben.account)]));
  // Two versions that their author signed over the very same bodies: only the grant tells them apart.
  const written = dorasWrites(w);
  const twin = { ...written, version: written.signed(written.manifest.with(MANIFEST.flags, 1)) };
  const grant = toBase64(await insider.grant(w.dora, written, w.benEntry));
  await it.refuses('a version signed by its author that the grant is not on', ['shared', 'ben', w.dorasId], answering(sharedAt(w.dorasId), (row) => ({ ...row, sealed: toBase64(insider.served(twin)), grant })));
  for (const [field, value] of [['record', insider.random(16)], ['version', 2], ['versionHash', insider.random(32)], ['tenant', insider.random(16)]]) {
    await it.refuses(`a grant signed by its author with another ${field}`, ['shared', 'ben', w.dorasId], await doras(w, written, { change: (header) => { header[GRANT[field]] = value; } }));
  }
}

async function moved(it, w) {
  const grants = { ben: await it.stored.grant(w.record, w.ben.account), carl: await it.stored.grant(w.record, w.carl.account) };
  const served = (what, change, codes, who = 'ben') => it.refuses(what, ['shared', who, w.record], serving(sharedAt(w.record), 'grant', change), codes);
  await served('another recipient\'s grant', () => grants.carl, 'not_a_recipient');
  await served('another recipient\'s grant', () => grants.ben, 'not_a_recipient', 'carl');
  const header = (field, value) => (bytes) => repayload(bytes, ([fields]) => { fields[GRANT[field]] = value; });
  for (const [field, value] of [['recipient', unhex(w.ben.account)], ['granter', unhex(w.ben.account)], ['purpose', 5], ['expiresAt', 4_102_444_800], ['grantedAt', 1], ['suite', 2]]) {
    await served(`another ${field} under the old signature`, header(field, value), 'tampered', 'carl');
  }
  const keys = (change) => (bytes) => repayload(bytes, (payload) => change(payload[1]));
  const protect = (recipient, change) => { const fields = parse(recipient[0]); change(fields); recipient[0] = encode(fields); };
  await served('another key id', keys((list) => protect(list[0][1], (fields) => fields.set(4, insider.random(16)))), 'tampered', 'carl');
  await served('another section', keys((list) => { list[0][0] = 'assessment'; }), 'tampered', 'carl');
  await served('two sections\' keys exchanged', keys((list) => { [list[0][1], list[1][1]] = [list[1][1], list[0][1]]; }));
  await served('a section less', keys((list) => { list.pop(); }));
  await served('a section twice', keys((list) => { list.splice(1, 0, list[0]); }), 'not_sealed');
  await served('a key of another grant added', keys((list) => { list[1][1] = parse(cose(grants.carl).content)[1][0][1]; }));
  const written = dorasWrites(w);
  await it.refuses('a grant to this account with keys wrapped to another', ['shared', 'ben', w.dorasId], await doras(w, written, { keysOf: w.carlEntry }));
}

async function sections(it, w) {
  const order = await it.stored.chart(w.otherRecord);
  const handed = (change) => servingSealed(sharedAt(w.record))((bytes) => stored(bytes, (parts) => { parts[BODY] = change(parts[BODY]); }));
  const own = (change) => servingSealed(recordAt(w.record))((bytes) => stored(bytes, (parts) => { parts[BODY] = change(parts[BODY]); }));
  for (const [side, op, rule] of [['to a reader', ['shared', 'ben', w.record], handed], ['to the author', ['record', 'anna', w.record], own]]) {
    await it.refuses(`${side}: two exchanged`, op, rule(([a, b, c]) => [b, a, c]), 'not_sealed');
    await it.refuses(`${side}: one dropped`, op, rule(([a, , c]) => [a, c]), ['tampered', 'not_sealed']);
    await it.refuses(`${side}: one twice`, op, rule(([a, b, c]) => [a, b, b, c]), 'not_sealed');
    await it.refuses(`${side}: one twice instead of another`, op, rule(([a, b]) => [a, b, b]), 'not_sealed');
    await it.refuses(`${side}: another record's added`, op, rule((all) => [...all, order.bodies.plan]), REFUSED);
    await it.refuses(`${side}: none`, op, rule(() => []), 'not_sealed');
  }
  const listed = (change) => servingSealed(recordAt(w.record))((bytes) => stored(bytes, (parts) => { parts[VERSION] = repayload(parts[VERSION], (manifest) => { change(manifest[MANIFEST.sections]); }); }));
  await it.refuses('two names exchanged in the manifest', ['record', 'anna', w.record], listed((list) => { [list[0][1], list[1][1]] = [list[1][1], list[0][1]]; }));
  await it.refuses('a section taken out of the manifest', ['record', 'anna', w.record], listed((list) => { list.pop(); }), REFUSED);
  await it.refuses('database: a section deleted', ['shared', 'ben', w.record], () => it.database.tamper(['chart_bodies'], ['DELETE FROM chart_bodies WHERE record = ? AND section = ?', unhex(w.record), 'plan']));
  await it.refuses('database: a section renamed', ['shared', 'ben', w.record], () => it.database.tamper(['chart_bodies'], ['UPDATE chart_bodies SET section = ? WHERE record = ? AND section = ?', 'a', unhex(w.record), 'plan']), REFUSED);
  // By an author who signs what the reader must still refuse: the second section's body made for the first.
  const bound = insider.hashFor('context', encode([w.tenant, unhex(w.dorasId), 1, w.doras.manifest[MANIFEST.client], 1, w.dora.account, 'another']));
  const written = dorasWrites(w, { body: () => ({ context: bound }) });
  await it.refuses('a body made for another section, signed by its author', ['shared', 'ben', w.dorasId], await doras(w, recommitted(w, written)));
}

/** With the commitment that the reader will compute, so that the context alone tells. */
function recommitted(w, written) {
  const manifest = written.manifest;
  const context = insider.hashFor('context', encode([manifest[0], manifest[1], 1, manifest[3], 1, w.dora.account, 'plan']));
  manifest[MANIFEST.sections][0][2] = insider.commit(written.bodies[0].contentKey, context);
  return { ...written, version: written.signed(manifest) };
}

async function attachments(it, w) {
  // Reserved for later, refused now (SPEC.md §2.1, §3): whatever names one is no object of this version.
  for (const link of [1, 2, 3, 4]) {
    const linked = dorasWrites(w, { change: (manifest) => { manifest[MANIFEST.links] = new Map([[link, [insider.random(16)]]]); } });
    await it.refuses(`a link of kind ${link}, signed by the author`, ['shared', 'ben', w.dorasId], await doras(w, linked), 'not_sealed');
  }
  const flagged = dorasWrites(w, { change: (manifest) => { manifest[MANIFEST.flags] = 4; } });
  await it.refuses('a flag for attachments', ['shared', 'ben', w.dorasId], await doras(w, flagged), 'not_sealed');
  await it.refuses('a container named attachment', ['note', 'anna', w.note], servingSealed(noteAt(w.note))((bytes) => stored(bytes, (parts) => { parts[0] = label('attachment'); })), 'wrong_object');
  const typed = dorasWrites(w, { body: () => ({ typ: label('attachment') }) });
  await it.refuses('a body of typ attachment, signed by the author', ['shared', 'ben', w.dorasId], await doras(w, typed), 'wrong_object');
  // A ciphertext is opened whole or not at all: there are no chunks to be left out.
  const { body } = await it.stored.note(w.note, 2);
  const { content } = cose(body);
  const half = content.length >> 1;
  for (const [what, parts] of [['cut short', [content.subarray(0, half)]], ['halves exchanged', [content.subarray(half), content.subarray(0, half)]], ['a half twice', [content, content.subarray(half)]], ['bytes appended', [content, new Uint8Array(64)]]]) {
    const changed = recose(body, (cose) => { cose.content = new Uint8Array(Buffer.concat(parts)); });
    await it.refuses(`ciphertext ${what}`, ['note', 'anna', w.note], servingSealed(noteAt(w.note))((bytes) => stored(bytes, (all) => { all[BODY] = changed; })));
  }
}

async function twoKeys(it, w) {
  const context = insider.hashFor('context', encode([w.tenant, unhex(w.dorasId), 1, w.doras.manifest[MANIFEST.client], 1, w.dora.account, 'plan']));
  const [committed, other] = [insider.random(32), insider.random(32)];
  const { body, commitment } = await ask('make_two_key_body', { context, committed_key: committed, other_key: other });
  const crafted = { section: 'plan', body: unhex(body), commitment: unhex(commitment) };
  const written = dorasWrites(w, { client: w.doras.manifest[MANIFEST.client], change: (manifest) => { manifest[MANIFEST.sections] = [['plan', insider.sha256(crafted.body), crafted.commitment]]; } });
  const under = (contentKey) => doras(w, { ...written, bodies: [{ ...crafted, contentKey }] });
  await it.refuses('a body that opens under two keys, granted with the one not committed to', ['shared', 'ben', w.dorasId], await under(other));
  const empty = (change) => dorasWrites(w, { change: (manifest) => { manifest[MANIFEST.sections][0][2] = change(manifest[MANIFEST.sections][0][2]); } });
  await it.refuses('a commitment to nothing', ['shared', 'ben', w.dorasId], await doras(w, empty(() => new Uint8Array(32))));
  await it.refuses('a commitment with one bit changed', ['shared', 'ben', w.dorasId], await doras(w, empty((bytes) => flipped(bytes, 31))));
}

async function oracle(it, w) {
  const at = `GET /api/accounts/${w.carl.handle}/unlock`;
  const slots = (change) => answering(at, (json) => ({ ...json, slots: change(json.slots.map(fromBase64)).map(toBase64) }));
  const kind = (bytes) => parse(cose(bytes).header.get(-65538))[2];
  const each = (wanted, change) => slots((all) => all.map((slot) => (kind(slot) === wanted ? recose(slot, change) : slot)));
  const ways = [['passphrase', 1, 'wrong_passphrase'], ['passkey', 2, 'wrong_passkey'], ['recovery code', 3, 'wrong_recovery_code']];
  for (const [way, number, wrong] of ways) {
    const unlock = ['unlock', 'carl', way];
    await it.refuses(`${way}: another commitment`, unlock, each(number, ({ header }) => { header.set(-65539, insider.random(32)); }), wrong);
    await it.refuses(`${way}: commitment zero, ciphertext of the server's`, unlock, each(number, (slot) => { slot.header.set(-65539, new Uint8Array(32)); slot.content = insider.random(48); }), wrong);
    await it.refuses(`${way}: ciphertext of the server's`, unlock, each(number, (slot) => { slot.content = insider.random(48); }));
  }
  // A crafted slot in front of the true one: the passphrase is not tried on the second by itself.
  const first = slots((all) => [recose(all.find((slot) => kind(slot) === 1), ({ header }) => { header.set(-65539, insider.random(32)); }), ...all]);
  await it.refuses('a crafted slot before the true one', ['unlock', 'carl', 'passphrase'], first, 'wrong_passphrase');
}

export const bodies = [
  [1, 'a bit of a note, record, grant, draft, ledger or vault flipped', bits],
  [2, 'a body under another record, client, tenant, author or version', places],
  [3, 'private relabelled chart, chart private; a grant on a private body', drawers],
  [4, 'a grant of one record with the body of another', pairs],
  [5, 'a grant moved to another recipient, key, purpose, section, expiry', moved],
  [6, 'sections exchanged, dropped, repeated, added', sections],
  [7, 'attachments, which this version does not have; parts of a text', attachments],
  [8, 'a ciphertext that opens under two keys', twoKeys],
  [9, 'unlock slots made to try passphrases with', oracle],
];
