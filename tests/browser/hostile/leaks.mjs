// Broken encodings, and what shows without being opened.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disk, storage } from '../canary/places.mjs';
import { search, spellings } from '../canary/search.mjs';
import { root } from '../server.mjs';
import { REFUSED } from './bench.mjs';
import { cose, encode, flipped, label, parse, recose, serving, stored, Tagged, toBase64, unhex, VERSION } from './objects.mjs';
import { isPadded } from './padme.mjs';
import { onThePage } from './page.mjs';
import { insider, noteAt, recordAt, servingSealed, sharedAt, TEXTS } from './world.mjs';

const join2 = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
const MALFORMED = [
  ['nothing', () => new Uint8Array()],
  ['one byte', (bytes) => bytes.subarray(0, 1)],
  ['its first half', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ['all but the last byte', (bytes) => bytes.subarray(0, -1)],
  ['a byte after the end', (bytes) => join2(bytes, [0])],
  ['itself twice', (bytes) => join2(bytes, bytes)],
  ['a tag in front', (bytes) => join2([0xd9, 0xd9, 0xf7], bytes)],
  ['a tag of COSE_Mac0 in front', (bytes) => join2([0xd1], bytes)],
  ['indefinite length', (bytes) => join2([0x9f], bytes.subarray(1), [0xff])],
  ['an endless map', () => new Uint8Array(64).fill(0xbf)],
  ['nesting of 100000', () => new Uint8Array(100_000).fill(0x81)],
  ['nesting of tags', () => new Uint8Array(1000).fill(0xd2)],
  ['an array of 2^32 elements', () => join2([0x9a, 0xff, 0xff, 0xff, 0xff], new Uint8Array(32))],
  ['a byte string of 2^63 bytes', () => join2([0x84, 0x61, 0x61, 0x5b, 0x7f, ...new Array(7).fill(0xff)], new Uint8Array(8))],
  ['a byte string of 4 GiB', () => join2([0x5a, 0xff, 0xff, 0xff, 0xff], new Uint8Array(8))],
  ['a length not in shortest form', (bytes) => join2([bytes[0] < 0xa0 ? 0x98 : 0xd8, bytes[0] & 31], bytes.subarray(1))],
  ['a map with a key twice', () => new Uint8Array([0xa2, 0x01, 0x02, 0x01, 0x03])],
  ['a float', () => new Uint8Array([0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0])],
  ['undefined', () => new Uint8Array([0xf7])],
  ['text that is not UTF-8', () => new Uint8Array([0x62, 0xc3, 0x28])],
  ['JSON', () => Buffer.from('{"ciphertext":"AAAA"}')],
  ['4 MiB of zeros', () => new Uint8Array(4 << 20)],
];

async function encodings(it, w) {
  const unlockAt = `GET /api/accounts/${w.anna.handle}/unlock`;
  const objects = [
    ['note', ['note', 'anna', w.note], servingSealed(noteAt(w.note))],
    ['record', ['record', 'anna', w.record], servingSealed(recordAt(w.record))],
    ['shared record', ['shared', 'ben', w.record], servingSealed(sharedAt(w.record))],
    ['grant', ['shared', 'ben', w.record], (change) => serving(sharedAt(w.record), 'grant', change)],
    ['version', ['note', 'anna', w.note], (change) => servingSealed(noteAt(w.note))((bytes) => stored(bytes, (parts) => { parts[VERSION] = change(parts[VERSION]); }))],
    ['draft', ['draft', 'anna', 'chart', w.note], servingSealed(`GET /api/chart/drafts/${w.note}`)],
    ['vault', ['unlock', 'anna'], (change) => serving(unlockAt, 'vault', change)],
    ['slots', ['unlock', 'anna'], (change) => serving(unlockAt, 'slots', change)],
    ['key log', ['identity', 'anna', w.carl.handle], (change) => serving(`GET /api/accounts/${w.carl.handle}/keys`, 'keyLog', change)],
    ['ledger', ['unlockFresh', 'ben', 'passphrase'], (change) => serving('GET /api/ledger', 'entries', change)],
  ];
  const memory = () => it.page.evaluate(() => underTest.memoryBytes());
  const before = await memory();
  for (const [what, op, rule] of objects) {
    for (const [how, change] of MALFORMED) {
      if (op[0] === 'unlockFresh' && !CHEAP.has(how)) continue; // stretches a passphrase each time
      const { ms } = await it.refuses(`${what}: ${how}`, op, rule(change), [...REFUSED, 'invalid_key', 'unknown_slot']);
      if (ms > 15_000) it.wrong.push(`${what}: ${how} takes ${Math.round(ms)} ms`);
    }
  }
  const grown = (await memory()) - before;
  it.check(`memory has grown by ${grown >> 20} MiB`, grown <= 64 << 20, 'memory stays');
  // Inside, signed by its author: the same strictness where no signature helps.
  const odd = [['an integer not in shortest form', [0x18, 1]], ['a float', [0xf9, 0x3c, 0]], ['true', [0xf5]], ['a tag', [0xc1, 1]], ['a negative number', [0x20]]];
  for (const [how, bytes] of odd) {
    const manifest = Buffer.from(encode(w.doras.manifest.with(8, 0x7fff)));
    const at = manifest.indexOf(Buffer.from([0x19, 0x7f, 0xff]));
    const payload = join2(manifest.subarray(0, at), bytes, manifest.subarray(at + 3));
    const version = insider.sign1('version', payload, w.dora);
    const grant = await insider.grant(w.dora, { ...w.doras, version }, w.benEntry);
    await it.refuses(`signed by its author: ${how} in a manifest`, ['shared', 'ben', w.dorasId], { at: new RegExp(`^${sharedAt(w.dorasId)}`), answer: (row) => ({ ...row, sealed: toBase64(insider.served({ ...w.doras, version })), grant: toBase64(grant) }) }, 'not_sealed');
  }
  const header = join2([0xa4, 0x01, 0x32, 0x01, 0x32], Buffer.from(insider.signerHeader('grant', w.dora.ed25519)).subarray(3));
  const grant = insider.sign1('grant', cose(await insider.grant(w.dora, w.doras, w.benEntry)).content, w.dora, header);
  await it.refuses('signed by its author: a header with a key twice', ['shared', 'ben', w.dorasId], serving(sharedAt(w.dorasId), 'grant', () => grant), 'not_sealed');
  const trailing = insider.sign1('grant', join2(cose(await insider.grant(w.dora, w.doras, w.benEntry)).content, [0]), w.dora);
  await it.refuses('signed by its author: a byte after the end', ['shared', 'ben', w.dorasId], serving(sharedAt(w.dorasId), 'grant', () => trailing), 'not_sealed');
}
const CHEAP = new Set(['nothing', 'a byte after the end', 'indefinite length', 'nesting of 100000', 'an array of 2^32 elements']);

/** Whatever was wrong, what the client sends is what it sends when nothing is. */
async function oracle(it) {
  it.check(`${it.all.length} refusals, each with its requests compared to those of the honest answer`, it.all.length > 0, 'no request more');
  const uniform = it.all.filter(({ code }) => code === 'tampered').map(({ message }) => message);
  it.check(`one message for all that a key decides: ${new Set(uniform).size}`, uniform.length === 0 || new Set(uniform).size === 1, 'one message');
  const inWrap = (change) => (bytes) => stored(bytes, (parts) => { parts[2] = recose(parts[2], (wrap) => { change(wrap); }); });
  // What a key decides, and what anybody can see in the bytes: the server too, which learns nothing from being told.
  const keyed = {
    'the wrap\'s ciphertext': inWrap((wrap) => { wrap.content = flipped(wrap.content, 3); }),
    'the wrap\'s tag': inWrap((wrap) => { wrap.content = flipped(wrap.content, wrap.content.length - 1); }),
    'the wrap\'s iv': inWrap((wrap) => { wrap.unprotected.set(5, flipped(wrap.unprotected.get(5), 0)); }),
  };
  const open = {
    'the body': (bytes) => flipped(bytes, bytes.length - 1),
    'the signature': (bytes) => stored(bytes, (parts) => { parts[1] = recose(parts[1], (version) => { version.rest = [flipped(version.rest[0], 5)]; }); }),
    'the encoding': (bytes) => join2(bytes, [0]),
    'the purpose': (bytes) => stored(bytes, (parts) => { parts[0] = label('chart-record'); }),
    'the format': (bytes) => stored(bytes, (parts) => { parts[0] = parts[0].replace('.v1.', '.v2.'); }),
  };
  await onThePage(it, async ({ person, wire }) => {
    await person.open('Synthetic. To be refused.', 'Synthetic. Plan.');
    const sentAfter = async (what, change) => {
      const text = (text) => toBase64(change(new Uint8Array(Buffer.from(text, 'base64'))));
      const stop = wire.tamper({ at: /^GET \/api\/private\/notes/, answer: (json) => (json.notes ? { ...json, notes: json.notes.map((row) => ({ ...row, sealed: text(row.sealed) })) } : { ...json, sealed: text(json.sealed) }) });
      const from = wire.log.length;
      await person.reload();
      // What waits for the ledger is sent on a timer, in steps of one size, whether it opened or not.
      const sent = wire.log.slice(from).filter((request) => request !== 'POST /api/ledger').map((request) => request.replace(/[0-9a-f]{32,}/g, 'id').replace(/after=\d+/, 'after=n'));
      const [hits] = stop();
      const shown = await person.shows('To be refused');
      it.check(`the page, ${what}: ${shown ? 'shown' : 'not shown'}`, hits > 0 && shown === (what === 'nothing'), shown ? 'shown' : 'not shown');
      return [...new Set(sent)].sort().join('\n');
    };
    const honest = await sentAfter('nothing', (bytes) => bytes);
    for (const [what, change] of Object.entries(keyed)) it.check(`the page, ${what}: the requests`, (await sentAfter(what, change)) === honest, 'as if it had opened');
    const first = await sentAfter('the body', open['the body']);
    for (const [what, change] of Object.entries(open)) it.check(`the page, ${what}: the requests`, (await sentAfter(what, change)) === first, 'all alike');
  });
}

async function lengths(it, w) {
  const from = it.wire.seen.bodies.length;
  const sizes = [0, 1, 100, 254, 255, 256, 300, 511, 512, 1000, 2047, 2048, 3000, 4095, 5000, 9999, 20_000];
  const letters = (length) => 'a'.repeat(length);
  const noise = (length) => Array.from(insider.random(length), (byte) => String.fromCharCode(33 + (byte % 90))).join('');
  const seen = { same: [], other: [] };
  for (const size of sizes) {
    for (const [kind, text] of [['same', letters(size)], ['other', noise(size)]]) {
      const { sealed } = await w.client('sealUnstored', 'ben', text);
      seen[kind].push(cose(parse(Buffer.from(sealed, 'base64'))[3]).content.length);
    }
  }
  seen.same.forEach((length, at) => it.check(`${sizes[at]} bytes: ${length} and ${seen.other[at]} on the wire`, length === seen.other[at] && isPadded(length), 'in its bucket'));
  it.check('texts of up to 255 bytes are of one length', new Set(seen.same.slice(0, 5)).size === 1, 'one length');
  await w.client('writeRecord', 'ben', { plan: letters(700), assessment: noise(3) });
  await w.client('writeDrafts', 'ben', w.bensNote, noise(900));
  const uploads = it.wire.seen.bodies.slice(from);
  const ciphertexts = uploads.flatMap(({ body }) => Object.entries(JSON.parse(body))).flatMap(([field, value]) => [value].flat().flatMap((text) => sealedIn(field, text)));
  for (const { what, length, floor } of ciphertexts) it.check(`${what}: ${length} bytes`, isPadded(length, floor), 'in its bucket');
  it.check('notes, drafts and ledger entries were among them', ciphertexts.length >= 4, 'each kind of upload');
  const vaults = await it.database.rows('SELECT sealed FROM vaults');
  for (const [sealed] of vaults) it.check('a vault', isPadded(cose(sealed).content.length, 4096), 'in its bucket');
  it.check(`encodings of the answers: ${[...it.wire.seen.answers]}`, [...it.wire.seen.answers].join() === 'as it is', 'nothing compressed');
}

/** Ciphertexts of an upload's field, by what they are. */
function sealedIn(field, text) {
  if (typeof text !== 'string' || !['sealed', 'ledger', 'entry'].includes(field)) return [];
  const value = parse(Buffer.from(text, 'base64'));
  if (value instanceof Tagged) return [{ what: 'a draft', length: cose(Buffer.from(text, 'base64')).content.length }];
  if (value[0] === label('ledger-entry')) return [{ what: 'a ledger entry', length: cose(value[2]).content.length }];
  return [value[3]].flat().map((body) => ({ what: 'a body', length: cose(body).content.length }));
}

async function links(it) {
  const hot = ['https://tracker.invalid/pixel.png', '<img src="https://tracker.invalid/a.png">', '![x](https://tracker.invalid/b.png)', 'mailto:somebody@tracker.invalid', '<script src="//tracker.invalid/c.js"></script>', 'www.tracker.invalid', 'data:text/html,<h1>x</h1>', 'Synthetic, with teh speling mistakes'].join('\n');
  const plain = 'x'.repeat(hot.length);
  await onThePage(it, async ({ person, wire, requests, complaints }) => {
    const sent = {};
    for (const [kind, text] of [['plain', plain], ['hot', hot]]) {
      const [from, logged] = [requests.length, wire.log.length];
      await person.open(text, text);
      await person.reload();
      it.check(`${kind}: the text is on the screen`, await person.shows(text.slice(-20)), 'shown');
      const asked = requests.slice(from);
      sent[kind] = [...new Set(wire.log.slice(logged).map((request) => request.replace(/[0-9a-f]{32,}/g, 'id')))].sort();
      const elsewhere = asked.filter((url) => !url.startsWith(wire.url) && !url.startsWith('blob:') && !url.startsWith('data:'));
      it.check(`${kind}: ${asked.length} requests, elsewhere: ${elsewhere}`, asked.length > 0 && elsewhere.length === 0, 'to its own server alone');
      it.check(`${kind}: none of them names what was written`, !asked.some((url) => /tracker|invalid|pixel|speling/.test(url)), 'not of the text');
    }
    it.check('the same requests, whatever is written', JSON.stringify(sent.hot) === JSON.stringify(sent.plain), 'the same requests');
    it.check(`nothing that the Content-Security-Policy had to stop: ${complaints}`, complaints.length === 0, 'no report');
    const unsafe = await person.fieldsWithSpellCheck();
    it.check(`fields whose text a browser may send to be spell-checked: ${unsafe}`, unsafe.length === 0, 'no spell check');
  });
}

async function traces(it, w) {
  const secrets = [...Object.entries(TEXTS), ...['anna', 'ben', 'carl'].flatMap((who) => ['accountSecret', 'recoveryCode', 'passphrase'].map((what) => [`${who}'s ${what}`, w[who][what]]))];
  const needles = secrets.flatMap(([name, text]) => spellings(name, text));
  const { stdout, stderr } = it.server.output();
  const sent = it.wire.seen.bodies;
  const places = [
    ...disk('server\'s disk', it.server.data), { place: 'server\'s log', bytes: Buffer.concat([stdout, stderr]) },
    { place: 'request lines', bytes: Buffer.from(it.wire.log.join('\n')) }, { place: 'request bodies', bytes: Buffer.concat(sent.flatMap(({ body }) => [body, Buffer.from('\n')])) },
    { place: 'messages of refusals', bytes: Buffer.from(it.all.map(({ message }) => message).join('\n')) }, { place: 'console', bytes: Buffer.from(it.console.join('\n')) },
    ...await storage('browser', it.page),
  ];
  for (const { place, bytes } of places) it.check(`${place}: ${[...search(bytes, needles).keys()]}`, search(bytes, needles).size === 0, 'nothing');
  it.check('the search finds what is there', search(Buffer.from(`x${toBase64(Buffer.from(TEXTS.plan))}`), needles).size === 1 && sent.length > 10, 'the search finds');

  const spec = readFileSync(join(root, 'SPEC.md'), 'utf8').split('\n## 9. ')[1].split('\n## ')[0];
  const listed = (line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  const tables = Object.fromEntries([...spec.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, table, columns]) => [table, listed(columns).join()]));
  const columns = await it.database.rows('SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = \'table\' AND t.name NOT LIKE \'\\_sqlx%\' ESCAPE \'\\\' ORDER BY t.name, c.cid');
  const found = {};
  for (const [table, column] of columns) found[table] = found[table] ? `${found[table]},${column}` : column;
  for (const table of new Set([...Object.keys(found), ...Object.keys(tables)])) it.check(`table ${table}: ${found[table]} and in SPEC.md ${tables[table]}`, found[table] === tables[table], 'as listed');
  const headers = listed(spec.split('**In the headers.**')[1].split('\n\n')[0]);
  const others = [...it.wire.seen.headers].filter((name) => !headers.some((known) => (known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known)));
  it.check(`headers that SPEC.md does not list: ${others}`, others.length === 0 && it.wire.seen.headers.size > 5, 'as listed');
}

async function purposes(it, w) {
  const challenge = insider.random(32);
  const login = Buffer.from(await w.client('signLogin', 'anna', toBase64(challenge)), 'base64');
  const [keyLog] = await it.stored.keyLog(w.anna.account);
  const { signed } = await it.stored.note(w.note, 2);
  const grant = await it.stored.grant(w.record, w.ben.account);
  const [[entry]] = await it.database.rows('SELECT entry FROM ledger WHERE account = ? LIMIT 1', unhex(w.anna.account));
  const ledger = parse(entry)[1];
  const signatures = { login, 'key-log': keyLog, version: signed, grant, ledger };
  const inNote = (change) => servingSealed(noteAt(w.note))((bytes) => stored(bytes, (parts) => { parts[VERSION] = change(parts[VERSION]); }));
  const inGrant = (change) => serving(sharedAt(w.record), 'grant', change);
  const uses = [['version', ['note', 'anna', w.note], inNote], ['grant', ['shared', 'ben', w.record], inGrant], ['key-log', ['known', 'ben', w.anna.handle], (change) => serving(`GET /api/accounts/${w.anna.handle}/keys`, 'keyLog', change)]];
  for (const [use, op, rule] of uses) {
    for (const [made, bytes] of Object.entries(signatures)) {
      if (made === use) continue;
      // Where nothing is ever signed together with others, a payload with its receipt is no signature at all.
      await it.refuses(`a ${made} for a ${use}`, op, rule(() => bytes), cose(bytes).receipt ? ['wrong_object', 'not_sealed'] : 'wrong_object');
      const renamed = recose(bytes, ({ header }) => { header.set(16, label(use)); });
      await it.refuses(`a ${made} that calls itself ${use}`, op, rule(() => renamed), ['not_sealed', 'truncated', 'tampered', 'invalid_key', 'unsupported_version']);
      const borrowed = (honest) => recose(honest, (parts) => { parts.rest = cose(bytes).rest; });
      await it.refuses(`the signature of a ${made} on a ${use}`, op, rule(borrowed), ['tampered', 'invalid_key']);
    }
  }
  // A challenge that is the hash of a version: what is signed is still a login, for one origin.
  const chosen = Buffer.from(await w.client('signLogin', 'anna', toBase64(insider.sha256(signed))), 'base64');
  await it.refuses('a login over a challenge that is a version\'s hash', ['note', 'anna', w.note], inNote(() => chosen), 'wrong_object');
  const [account, origin] = parse(cose(chosen).content);
  it.check('a login names account and origin', Buffer.from(account).toString('hex') === w.anna.account && origin === it.wire.url, 'bound to its origin');
  for (const [made, bytes] of Object.entries(signatures)) {
    const { status } = await fetch(`${it.wire.url}/api/login`, { method: 'POST', headers: { 'content-type': 'application/json', origin: it.wire.url }, body: JSON.stringify({ login: toBase64(bytes) }) });
    it.check(`a ${made} as a login: ${status}`, status >= 400, 'no login');
  }
}

export const leaks = [
  [28, 'broken, endless, deep, huge and ambiguous encodings', encodings],
  [29, 'which check failed, from what the client then does', oracle],
  [30, 'lengths of what is sealed; compression', lengths],
  [31, 'requests that come from what was decrypted', links],
  [32, 'plaintext and keys in logs, messages, storage; columns and headers', traces],
  [33, 'a signature made for one purpose used for another', purposes],
];
