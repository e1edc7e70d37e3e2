// What is older than it should be, or not there.
import { encode, label, MANIFEST, parse, cose, toBase64, fromBase64, unhex } from './objects.mjs';
import { noteAt, recordAt, servingSealed } from './world.mjs';

const noteOf = ({ signed, wrap, body }) => encode([label('private-note'), signed, wrap, body]);
const rolledBack = 'rolled_back';

async function older(it, w) {
  const first = await it.stored.note(w.note, 1);
  await it.refuses('a note', ['note', 'anna', w.note], servingSealed(noteAt(w.note))(() => noteOf(first)), rolledBack);
  await it.refuses('database: a note\'s newest version deleted', ['note', 'anna', w.note], () => it.database.tamper(['private_versions'], ['DELETE FROM private_versions WHERE record = ? AND version = 2', unhex(w.note)]), rolledBack);
  await it.refuses('the same, in a list', ['list', 'anna', 'private'], () => it.database.tamper(['private_versions'], ['DELETE FROM private_versions WHERE record = ? AND version = 2', unhex(w.note)]), 'rolled-back');
  const record = w.revokedRecord ?? await twoVersions(w);
  const old = await it.stored.chart(record, 1);
  await it.refuses('a chart record', ['record', 'anna', record], servingSealed(recordAt(record))(() => encode([label('chart-record'), old.signed, old.wrap, Object.values(old.bodies)])), rolledBack);
  // On a device that remembers: the vault's generation, the ledger's head.
  const account = unhex(w.anna.account);
  const newest = '(SELECT max(generation) FROM vaults WHERE account = ?)';
  const vault = () => it.database.tamper(['vaults'], [`DELETE FROM vaults WHERE account = ? AND generation = ${newest}`, account, account]);
  const cut = ['DELETE FROM ledger WHERE account = ? AND sequence = (SELECT max(sequence) FROM ledger WHERE account = ?)', account, account];
  await w.client('storeLedger', 'anna');
  await it.refuses('the vault and its keyring', ['unlockAgain', 'anna'], vault, rolledBack);
  await it.refuses('the vault, by passphrase', ['unlockAgain', 'anna', 'passphrase'], vault, rolledBack);
  await it.refuses('the ledger', ['unlockAgain', 'anna'], () => it.database.tamper(['ledger'], cut), rolledBack);
  await it.refuses('no ledger at all', ['unlockAgain', 'anna'], () => it.database.tamper(['ledger'], ['DELETE FROM ledger WHERE account = ?', account]), rolledBack);
  await it.refuses('all of it as of a moment ago', ['unlockAgain', 'anna'], () => it.database.tamper(['vaults', 'ledger'], [`DELETE FROM vaults WHERE account = ? AND generation = ${newest}`, account, account], cut), rolledBack);
  const back = await vault();
  const refreshed = await it.client('refresh', 'anna');
  await back();
  it.check('an unlocked vault goes on with the newer one it has', refreshed.code === 'opened' && !refreshed.opened.newer && refreshed.opened.kept, 'not taken');
  // On a device that remembers nothing: what SPEC.md §8.5 says it cannot notice, until it is told a head.
  const whole = (await w.client('unlockFresh', 'anna')).entries;
  const mended = await it.database.tamper(['vaults', 'ledger'], [`DELETE FROM vaults WHERE account = ? AND generation = ${newest}`, account, account], cut);
  const fresh = await it.client('unlockFresh', 'anna');
  const told = await it.client('unlockFreshTold', 'anna');
  const answered = await it.client('unlockAnswered', 'anna');
  await mended();
  it.check(`a fresh device does not notice, as specified: ${fresh.code}`, fresh.code === 'opened' && fresh.opened.entries === whole - 1, 'opened by a fresh device');
  it.check(`a fresh device that another one answered: ${answered.code}`, answered.code === rolledBack, answered.code);
  it.check(`a fresh device that is given a head: ${told.code}`, told.code === rolledBack, told.code);
}

async function twoVersions(w) {
  const { record } = await w.client('writeRecord', 'anna', { plan: 'Synthetic. One.' }, [{ handle: w.ben.handle }, { handle: w.carl.handle }]);
  await w.client('revoke', 'anna', record, w.carl.handle, [w.ben.handle]);
  return record;
}

async function dropped(it, w) {
  const gone = (table, record) => () => it.database.tamper([table], [`DELETE FROM ${table} WHERE record = ?`, unhex(record)]);
  await it.refuses('a note', ['list', 'anna', 'private'], gone('private_versions', w.otherNote), 'dropped');
  await it.refuses('a chart record', ['list', 'anna', 'chart'], gone('chart_versions', w.otherRecord), 'dropped');
  await it.refuses('every note', ['list', 'anna', 'private'], { at: /^GET \/api\/private\/notes$/, answer: () => ({ notes: [], next: null }) }, 'dropped,dropped');
  await it.refuses('one note listed twice instead of another', ['list', 'anna', 'private'], { at: /^GET \/api\/private\/notes$/, answer: ({ notes }) => ({ notes: notes.map(() => notes[0]), next: null }) }, 'dropped');
  await it.refuses('a reader', ['auditReaders', 'anna', w.record], () => it.database.tamper(['grants'], ['DELETE FROM grants WHERE record = ? AND recipient = ?', unhex(w.record), unhex(w.carl.account)]), 'readers_differ');
  await it.refuses('a note of one\'s own that the ledger does not name', ['list', 'ben', 'private'], () => stray(it, w), 'unlisted');
  await it.refuses('the ledger\'s entries out of order', ['unlockAgain', 'anna'], { at: /^GET \/api\/ledger/, answer: ({ entries }) => ({ entries: entries.toReversed(), next: null }) }, ['forked', 'rolled_back']);
  await it.refuses('an entry left out in the middle', ['unlockAgain', 'anna'], { at: /^GET \/api\/ledger/, answer: ({ entries }) => ({ entries: entries.toSpliced(1, 1), next: null }) }, 'forked');
  await it.refuses('an entry of somebody else\'s ledger', ['unlockAgain', 'anna'], { at: /^GET \/api\/ledger/, answer: ({ entries }) => ({ entries: [...entries, toBase64(w.bensEntry)], next: null }) }, ['tampered', 'forked']);
}

/** A version of Ben's that was stored behind the ledger's back. */
async function stray(it, w) {
  const { record, sealed } = await w.client('sealUnstored', 'ben', 'Synthetic. Never stored.');
  const [, signed, wrap, body] = parse(fromBase64(sealed));
  const client = parse(cose(signed).content)[MANIFEST.client];
  const { sha256 } = await import('./insider.mjs');
  return it.database.tamper(['private_versions'], ['INSERT INTO private_versions VALUES (?, 1, ?, ?, ?, ?, ?, ?, 0)', unhex(record), unhex(w.ben.account), client, sha256(signed), signed, wrap, body]);
}

async function forks(it, w) {
  const account = unhex(w.anna.account);
  await w.client('storeLedger', 'anna');
  await it.page.evaluate(() => underTest.hostile.secondDevice('anna', 'phone'));
  await w.client('follow', 'phone');
  const common = await it.page.evaluate(() => underTest.hostile.head('anna'));
  const rows = () => it.database.rows('SELECT sequence, hash, entry, stored_at FROM ledger WHERE account = ? AND sequence > ?', account, common.sequence);
  const forget = () => it.database.run(['DELETE FROM ledger WHERE account = ? AND sequence > ?', account, common.sequence]);
  const show = async (branch) => { await forget(); await it.database.run(...branch.map((row) => ['INSERT INTO ledger VALUES (?, ?, ?, ?, ?)', account, ...row])); };
  // One device writes; the other is shown a ledger without that, and writes too.
  await w.client('writeNote', 'anna', 'Synthetic. On one device.');
  const here = await rows();
  await forget();
  await w.client('writeNote', 'phone', 'Synthetic. On the other device.');
  const there = await rows();
  it.check('the two branches are of one length', here.length === 1 && there.length === 1 && here[0][0] === there[0][0], 'forked by the server');
  const quiet = await it.client('follow', 'anna');
  it.check(`each is shown its own branch: ${quiet.code}`, quiet.code === 'opened', 'not noticed before an exchange');
  const head = (who) => it.page.evaluate((who) => underTest.hostile.head(who), who);
  const tell = async (who, of) => it.client('expect', who, await head(of));
  for (const [who, of] of [['phone', 'anna'], ['anna', 'phone']]) {
    const told = await tell(who, of);
    it.check(`the head of the other device: ${told.code}`, told.code === 'forked', told.code);
  }
  // The server joins them on one branch: the device of the other one notices.
  await show(here);
  await w.client('writeNote', 'anna', 'Synthetic. Once more.');
  const joined = await it.client('follow', 'phone');
  it.check(`the other branch goes on: ${joined.code}`, joined.code === 'forked', joined.code);
  const whole = await it.client('unlockAgain', 'anna');
  it.check(`the device whose branch it is goes on: ${whole.code}`, whole.code === 'opened', 'goes on');
  const fresh = await it.client('unlockFreshTold', 'anna', await head('phone'));
  it.check(`a new device that is given the other's head: ${fresh.code}`, fresh.code === 'forked', fresh.code);
}

async function replays(it, w) {
  const count = async () => (await it.database.rows('SELECT (SELECT count(*) FROM private_versions), (SELECT count(*) FROM ledger), (SELECT count(*) FROM grants), (SELECT count(*) FROM chart_versions)'))[0];
  const twice = { at: /^(PUT|POST) \/api\/(private|chart|ledger)/, after: async (_, again) => again() };
  const record = await w.client('writeNote', 'anna', 'Synthetic. One.');
  const before = await count();
  const stop = it.wire.tamper(twice);
  const edited = await it.client('editNote', 'anna', record, 'Synthetic. Two.');
  const granted = await it.client('writeRecord', 'anna', { plan: 'Synthetic. Sent twice.' }, [{ handle: w.ben.handle }]);
  const [hits] = stop();
  const after = await count();
  it.check(`every upload sent twice: ${edited.code}, ${granted.code}, ${after.map((many, at) => many - before[at])}`, hits > 1 && edited.code === 'opened' && granted.code === 'opened' && after.join() === [before[0] + 1, before[1] + 2, before[2] + 1, before[3] + 1].join(), 'stored once');
  // Version 1 once more, now that there is a second one.
  const first = it.wire.seen.bodies.find(({ method, path }) => method === 'PUT' && path.endsWith(`${record}/versions/1`));
  const cookie = (await it.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const replayed = await fetch(it.wire.url + first.path, { method: 'PUT', headers: { cookie, 'content-type': 'application/json', origin: it.wire.url }, body: first.body });
  it.check(`an old upload once more: ${replayed.status}`, replayed.status === 200 && (await count()).join() === after.join(), 'changes nothing');
  const third = JSON.stringify({ sealed: JSON.parse(first.body).sealed });
  const misplaced = await fetch(`${it.wire.url}/api/private/notes/${record}/versions/3`, { method: 'PUT', headers: { cookie, 'content-type': 'application/json', origin: it.wire.url }, body: third });
  it.check(`an old upload under a later number: ${misplaced.status}`, misplaced.status >= 400 && (await count()).join() === after.join(), 'refused');
  const text = await it.client('note', 'anna', record);
  it.check('the newest version is still the newest', text.opened === 'Synthetic. Two.', 'opened');
  // Said to be stored, and thrown away.
  const swallowed = it.wire.tamper({ at: /^PUT \/api\/private/, after: async () => ({ status: 201, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') }), before: (body) => ({ ...body, sealed: '' }) });
  const lost = await it.client('writeNote', 'anna', 'Synthetic. Thrown away.');
  swallowed();
  const listed = await it.client('list', 'anna', 'private');
  it.check(`an upload that was acknowledged and thrown away: ${lost.code}, ${listed.code}`, lost.code === 'opened' && /dropped/.test(listed.code), listed.code);
  const follow = await it.client('unlockAgain', 'anna');
  it.check(`its ledger: ${follow.code}`, follow.code === rolledBack, follow.code);
}

export const freshness = [
  [24, 'an older version, vault, slot, ledger', older],
  [25, 'records, grants, ledger entries left out', dropped],
  [26, 'two histories for two devices', forks],
  [27, 'uploads sent twice, late, elsewhere, or thrown away', replays],
];
