// Who sealed it, for whom.
import { REFUSED } from './bench.mjs';
import { answering, cose, encode, GRANT, label, MANIFEST, recose, repayload, serving, stored, toBase64, unhex, VERSION, hex, parse } from './objects.mjs';
import { doras, dorasWrites, insider, noteAt, recordAt, servingSealed, sharedAt } from './world.mjs';

/** The key id of an account's newest signing key. */
const signerOf = (keyLog) => parse(cose(keyLog.at(-1)).content)[5];

async function ownKey(it, w) {
  const mallory = await insider.settle(it.database, `demo-mallory-${hex(insider.random(4))}`);
  const written = (author, more) => insider.write(author, { tenant: w.tenant, sections: { plan: 'Synthetic. Planted.' }, record: unhex(w.dorasId), ...more });
  const served = async (written, author, grant) => answering(sharedAt(w.dorasId), (row) => ({ ...row, author, sealed: toBase64(insider.served(written)), grant: toBase64(grant) }));
  const op = ['shared', 'ben', w.dorasId];
  const own = written(mallory);
  const hers = await insider.grant(mallory, own, w.benEntry);
  await it.refuses('a record of the server\'s own account', op, await served(own, mallory.id, hers), 'unverified');
  await it.refuses('the same, said to be a colleague\'s', op, await served(own, w.dora.id, hers), 'not_the_author');
  const posing = written(mallory, { as: w.dora.account });
  const forged = { as: w.dora.account };
  await it.refuses('a record in a colleague\'s name under its own signature', op, await served(posing, w.dora.id, await insider.grant(mallory, posing, w.benEntry, forged)));
  const kid = { header: insider.signerHeader('grant', w.dora.ed25519) };
  await it.refuses('the same, naming the colleague\'s key', op, await served(posing, w.dora.id, await insider.grant(mallory, posing, w.benEntry, { ...forged, ...kid })));
  await it.refuses('a grant of its own on a colleague\'s record', op, await served(w.doras, w.dora.id, await insider.grant(mallory, w.doras, w.benEntry)));
  await it.refuses('a grant in a colleague\'s name on a colleague\'s record', op, await served(w.doras, w.dora.id, await insider.grant(mallory, w.doras, w.benEntry, forged)));
  // To the author, in her own name: the wrap's key is hers alone.
  const { signed, wrap, body } = await it.stored.note(w.note, 2);
  const resigned = (payload) => insider.sign1('version', payload, mallory);
  const planted = resigned(cose(signed).content);
  const wrapped = recose(wrap, (parts) => { parts.header.set(-65537, insider.sha256(planted)); parts.content = insider.random(48); });
  await it.refuses('a note in the author\'s own name', ['note', 'anna', w.note], servingSealed(noteAt(w.note))(() => encode([label('private-note'), planted, wrapped, body])));
  await it.refuses('a draft of the server\'s', ['draft', 'anna', 'private', w.note], servingSealed(`GET /api/private/drafts/${w.note}`)((bytes) => recose(bytes, (parts) => { parts.content = insider.random(parts.content.length); })));
  const stranger = await insider.grant(mallory, { ...w.doras }, w.benEntry, { change: (header) => { header[GRANT.record] = unhex(w.record); } });
  await it.refuses('a reader added to the author\'s list', ['readers', 'anna', w.record], answering(`GET /api/chart/records/${w.record}/grants`, (json) => ({ grants: [...json.grants, { ...json.grants[0], grant: toBase64(stranger) }] })));
}

async function forwarded(it, w) {
  // Dora was granted the record and holds its content keys: she seals them on, in the author's name and in hers.
  const chart = await it.stored.chart(w.record);
  const annas = await it.stored.grant(w.record, w.dora.id);
  const held = await insider.contentKeys(annas, w.dora);
  const record = { manifest: parse(cose(chart.signed).content), version: chart.signed, bodies: held };
  const op = ['shared', 'carl', w.record];
  const handed = (grant, sealed = encode([label('chart-record'), chart.signed, null, Object.values(chart.bodies)])) =>
    answering(sharedAt(w.record), (row) => ({ ...row, sealed: toBase64(sealed), grant: toBase64(grant) }));
  const resealed = (options) => insider.grant(w.dora, record, w.carlEntry, options);
  const anna = { as: unhex(w.anna.account) };
  const annasKey = signerOf(await it.stored.keyLog(w.anna.account));
  await it.refuses('the author\'s grant to the insider', op, handed(annas), 'not_a_recipient');
  await it.refuses('the same, with another recipient', op, handed(repayload(annas, ([header]) => { header[GRANT.recipient] = unhex(w.carl.account); })));
  await it.refuses('keys sealed on in the author\'s name', op, handed(await resealed(anna)));
  await it.refuses('the same, naming the author\'s key', op, handed(await resealed({ ...anna, header: insider.signerHeader('grant', annasKey) })));
  await it.refuses('keys sealed on in the insider\'s name', op, handed(await resealed()));
  const purpose = repayload(await it.stored.grant(w.record, w.carl.account), ([header]) => { header[GRANT.purpose] = 2; });
  await it.refuses('the author\'s grant with another purpose of use', op, handed(purpose));
  const rewritten = insider.sign1('version', encode(record.manifest), w.dora, insider.signerHeader('version', annasKey));
  const regranted = await insider.grant(w.dora, { ...record, version: rewritten }, w.carlEntry, { ...anna, header: insider.signerHeader('grant', annasKey) });
  await it.refuses('the version signed again by the insider', op, handed(regranted, encode([label('chart-record'), rewritten, null, Object.values(chart.bodies)])));
  // What she may do is pass on what she read, as her own words.
  const own = dorasWrites(w, { sections: { plan: 'Synthetic. As Anna wrote: weekly.' } });
  const rule = await doras(w, own);
  const stop = it.wire.tamper(rule);
  const passed = await it.client('author', 'ben', w.dorasId);
  stop();
  it.check('what an insider passes on names her as its author', passed.opened === w.dora.id, 'opened as the insider\'s');
}

async function revoked(it, w) {
  const { record } = await w.client('writeRecord', 'anna', { plan: 'Synthetic. Before.' }, [{ handle: w.ben.handle }, { handle: w.carl.handle }]);
  const before = { chart: await it.stored.chart(record), ben: await it.stored.grant(record, w.ben.account), carl: await it.stored.grant(record, w.carl.account) };
  await w.client('shared', 'ben', record);
  await w.client('shared', 'carl', record);
  await w.client('revoke', 'anna', record, w.carl.handle, [w.ben.handle]);
  await w.client('shared', 'ben', record);
  w.revokedRecord = record;
  const gone = await it.client('shared', 'carl', record);
  it.check('an honest server no longer hands it out', gone.code === 'not_found', gone.code);

  const after = await it.stored.chart(record, 2);
  const version = ({ signed, bodies }) => encode([label('chart-record'), signed, null, Object.values(bodies)]);
  const served = (chart, grant) => answering(sharedAt(record), (row) => ({ ...row, sealed: toBase64(version(chart)), grant: toBase64(grant) }));
  await it.refuses('the new version with the old grant', ['shared', 'ben', record], served(after, before.ben));
  await it.refuses('the new version with the former recipient\'s grant', ['shared', 'ben', record], served(after, before.carl), 'not_a_recipient');
  await it.refuses('the old version and its grant, to a reader of the new one', ['shared', 'ben', record], served(before.chart, before.ben), 'rolled_back');
  await it.refuses('database: the new grant taken away', ['shared', 'ben', record], () => it.database.tamper(['grants'], ['DELETE FROM grants WHERE record = ? AND version = 2', unhex(record)],
    ['UPDATE grants SET revoked_at = NULL WHERE record = ? AND version = 1 AND recipient = ?', unhex(record), unhex(w.ben.account)]), ['rolled_back', 'not_found']);
  await it.refuses('database: the revocation undone, to the author', ['auditReaders', 'anna', record], () => it.database.tamper(['grants'],
    ['INSERT INTO grants SELECT record, 2, recipient, hash, sealed, expires_at, stored_at, NULL FROM grants WHERE record = ? AND version = 1 AND recipient = ?', unhex(record), unhex(w.carl.account)]), ['readers_differ', 'tampered']);

  // The former recipient keeps what the receipt names, and nothing later.
  const row = { record, version: 2, author: w.anna.account, handle: w.anna.handle };
  const handOut = (chart, grant) => ({ at: new RegExp(`^${sharedAt(record)}`), after: () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ ...row, sealed: toBase64(version(chart)), grant: toBase64(grant) })) }) });
  for (const [what, chart, grant, code] of [['the new version with her old grant', after, before.carl, 'tampered'], ['the new version with another\'s grant', after, await it.stored.grant(record, w.ben.account, 2), 'not_a_recipient'], ['what the receipt names', before.chart, before.carl, 'opened']]) {
    const stop = it.wire.tamper(handOut(chart, grant));
    const result = await it.client('shared', 'carl', record);
    it.check(`${what}: ${result.code}`, stop()[0] > 0 && result.code === code, result.code);
  }

  const expiring = (await w.client('writeRecord', 'anna', { plan: 'Synthetic. For a day.' }, [{ handle: w.ben.handle, expires: Date.now() + 86_400_000 }])).record;
  await w.client('shared', 'ben', expiring);
  const [shift] = [(by) => it.page.evaluate((by) => { const now = Date.now.clock ?? Date.now; Date.now = Object.assign(() => now() + by, { clock: now }); }, by)];
  await shift(2 * 86_400_000);
  const late = await it.client('shared', 'ben', expiring);
  await shift(0);
  it.check(`a grant that the server hands out past its expiry: ${late.code}`, late.code === 'grant_expired', late.code);
  const prolonged = serving(sharedAt(expiring), 'grant', (bytes) => repayload(bytes, ([header]) => { header[GRANT.expiresAt] += 864_000; }));
  await it.refuses('an expiry put off by the server', ['shared', 'ben', expiring], prolonged);
}

async function signers(it, w) {
  const { signed } = await it.stored.note(w.note, 2);
  const annasKey = signerOf(await it.stored.keyLog(w.anna.account));
  const kinds = (purpose, owner) => [
    ['signature of zeros', (bytes) => recose(bytes, (parts) => { parts.rest = [new Uint8Array(64)]; })],
    ['signature left out', (bytes) => recose(bytes, (parts) => { parts.rest = []; })],
    ['signature empty', (bytes) => recose(bytes, (parts) => { parts.rest = [new Uint8Array()]; })],
    ['signature null', (bytes) => recose(bytes, (parts) => { parts.rest = [null]; })],
    ['payload alone', (bytes) => cose(bytes).content],
    ['signed by an accomplice', (bytes) => insider.sign1(purpose, cose(bytes).content, w.dora)],
    ['signed by an accomplice, naming the author\'s key', (bytes) => insider.sign1(purpose, cose(bytes).content, w.dora, insider.signerHeader(purpose, owner))],
    ['another object\'s signature', (bytes) => recose(bytes, (parts) => { parts.rest = cose(signed).rest; })],
  ];
  const inVersion = (change) => (bytes) => stored(bytes, (parts) => { parts[VERSION] = change(parts[VERSION]); });
  for (const [what, change] of kinds('version', annasKey)) {
    if (!what.startsWith('another')) await it.refuses(`note: ${what}`, ['note', 'anna', w.note], servingSealed(noteAt(w.note))(inVersion(change)), REFUSED);
    await it.refuses(`record: ${what}`, ['record', 'anna', w.record], servingSealed(recordAt(w.record))(inVersion(change)), REFUSED);
    await it.refuses(`shared version: ${what}`, ['shared', 'ben', w.record], servingSealed(sharedAt(w.record))(inVersion(change)), REFUSED);
  }
  for (const [what, change] of kinds('grant', annasKey)) await it.refuses(`grant: ${what}`, ['shared', 'ben', w.record], serving(sharedAt(w.record), 'grant', change), REFUSED);
  const posing = dorasWrites(w, { change: (manifest) => { manifest[MANIFEST.author] = unhex(w.anna.account); } });
  await it.refuses('a version in another\'s name under one\'s own grant', ['shared', 'ben', w.dorasId], await doras(w, posing), ['not_the_author', 'tampered']);
}

export const sender = [
  [10, 'notes, grants and drafts of the server\'s own, sealed to the client', ownKey],
  [11, 'a colleague\'s signed note sealed on to somebody else', forwarded],
  [12, 'grants after their revocation or expiry; older versions', revoked],
  [13, 'signatures taken off or put in by others', signers],
];
