// Public keys: whose they are, which are newest, which are none.
import { REFUSED } from './bench.mjs';
import { answering, cose, encode, GRANT, hex, MANIFEST, parse, recose, toBase64, unhex } from './objects.mjs';
import { doras, dorasWrites, insider, publish, sharedAt } from './world.mjs';

const keysAt = (handle) => `GET /api/accounts/${handle}/keys`;
const byId = (account) => `GET /api/accounts/by-id/${account}/keys`;
const handing = (path, { account, keyLog }) => answering(path, (json) => ({ ...json, ...(account ? { account: typeof account === 'string' ? account : hex(account) } : {}), keyLog: keyLog.map(toBase64) }));
const NO_KEYS = [...REFUSED, 'invalid_key'];
const CHANGED = ['tampered'];

/** A rotation's entry behind `before`, signed by the key before it unless by somebody else. */
function rotation(before, next, signer, epoch = 2) {
  return insider.sign1('key-log', insider.keyLogPayload(next, epoch, insider.sha256(before)), signer);
}

async function handedOut(it, w) {
  const mallory = await insider.makeAccount();
  const own = { account: mallory.account, keyLog: [mallory.entry] };
  const posing = { keyLog: [mallory.entry] };
  const appended = { keyLog: [...await it.stored.keyLog(w.ben.account), rotation(w.benEntry, await insider.makeKeys(), mallory)] };
  const at = keysAt(w.ben.handle);
  for (const [what, op] of [['a grant', ['share', 'anna', w.ben.handle, w.ungranted]], ['a trustee\'s share', ['dealTo', 'anna', w.ben.handle]]]) {
    await it.refuses(`${what}: its own account in a colleague's place`, op, handing(at, own), 'unverified');
    await it.refuses(`${what}: its own keys under a colleague's account`, op, handing(at, posing), 'tampered');
    await it.refuses(`${what}: its own keys behind a colleague's`, op, handing(at, appended), CHANGED);
    await it.refuses(`${what}: no keys`, op, handing(at, { keyLog: [] }), 'invalid_key');
  }
  const verifiedToo = { account: w.dora.account, keyLog: [w.dora.entry] };
  await it.refuses('a grant: another colleague, verified as well, in her place', ['share', 'anna', w.ben.handle, w.ungranted, w.ben.account], handing(at, verifiedToo), 'another_account');
  const verify = ['verify', 'ben', w.carl.handle, w.carl.fingerprint];
  await it.refuses('first contact: its own account', verify, handing(keysAt(w.carl.handle), own), 'fingerprint_mismatch');
  await it.refuses('first contact: its own keys under the account', verify, handing(keysAt(w.carl.handle), posing), 'tampered');
  await it.refuses('first contact: its own keys behind the account\'s', verify, handing(keysAt(w.carl.handle), { keyLog: [w.carlEntry, rotation(w.carlEntry, await insider.makeKeys(), mallory)] }), CHANGED);
  await it.refuses('an author\'s keys', ['shared', 'ben', w.record], handing(byId(w.anna.account), posing), 'tampered');
  await it.refuses('an author\'s account', ['shared', 'ben', w.record], handing(byId(w.anna.account), own), 'unverified');
}

async function rolledBack(it, w) {
  const first = await it.stored.keyLog(w.ben.account);
  const older = handing(keysAt(w.ben.handle), { keyLog: first });
  await w.client('rotate', 'ben');
  // New keys are a decision: until it is made nothing is shared, and what the former ones signed still opens.
  const share = ['share', 'anna', w.ben.handle, w.ungranted];
  const changed = await it.client(...share);
  it.check(`a colleague who made new keys: ${changed.code}`, changed.code === 'keys-changed', changed.code);
  const dealt = await it.client('dealTo', 'anna', w.ben.handle);
  it.check(`as a trustee: ${dealt.code}`, dealt.code === 'keys-changed', dealt.code);
  // Pinned with her first keys, and seen once with the next: the first are not enough any more.
  await w.client('see', 'anna', w.ben.handle);
  await w.client('acceptKeys', 'anna', w.ben.handle);
  await it.refuses('a grant: the key log without its newest entry', share, older, 'rolled_back');
  await it.refuses('the fingerprint compared once more', ['verify', 'anna', w.ben.handle, w.ben.fingerprint], older, 'rolled_back');
  await it.refuses('a trustee\'s share', ['dealTo', 'anna', w.ben.handle], older, 'rolled_back');
  await it.refuses('database: the entry deleted', ['known', 'anna', w.ben.handle], () => it.database.tamper(['key_log'], ['DELETE FROM key_log WHERE account = ? AND sequence = 1', unhex(w.ben.account)]), 'rolled_back');
  const [, second] = await it.stored.keyLog(w.ben.account);
  const at = (keyLog) => handing(keysAt(w.ben.handle), { keyLog });
  await it.refuses('the newest entry alone', ['known', 'anna', w.ben.handle], at([second]), NO_KEYS);
  await it.refuses('entries exchanged', ['known', 'anna', w.ben.handle], at([second, first[0]]), NO_KEYS);
  await it.refuses('the newest entry twice', ['known', 'anna', w.ben.handle], at([first[0], second, second]), NO_KEYS);
  await it.refuses('one\'s own key log, set back', ['unlockAgain', 'ben', 'passphrase'], answering(`GET /api/accounts/${w.ben.handle}/unlock`, (json) => ({ ...json, keyLog: json.keyLog.slice(0, 1) })), 'rolled_back');
  await seenOnly(it, w);
}

/** Fern is pinned by Ben with her first keys; he only ever saw that there are newer ones. */
async function seenOnly(it, w) {
  const fern = await insider.settle(it.database, `demo-fern-${hex(insider.random(4))}`);
  const written = insider.write(fern, { tenant: w.tenant, sections: { plan: 'Synthetic. By Fern.' } });
  await publish(it.database, fern, written, w.ben.account, await insider.grant(fern, written, w.benEntry));
  await w.client('verify', 'ben', fern.handle, fern.fingerprint);
  const next = await insider.makeKeys();
  const log = [fern.entry, rotation(fern.entry, next, fern)];
  const stop = it.wire.tamper(handing(keysAt(fern.handle), { keyLog: log }));
  await w.client('see', 'ben', fern.handle);
  const known = await it.client('known', 'ben', fern.handle);
  it.check(`newer keys, seen once: ${known.code}`, stop()[0] > 0 && known.code === 'keys-changed', known.code);
  const back = await it.client('known', 'ben', fern.handle);
  it.check(`then the log as it was pinned: ${back.code}`, back.code === 'rolled_back', back.code);
  await stolen(it, w, { fern, next, log, record: hex(written.manifest[MANIFEST.record]) });
}

/** A thief has a colleague's earlier keys, and works with the server. */
async function stolen(it, w, { fern, next, log, record }) {
  const revoked = (signer) => insider.sign1('key-log', encode([2, insider.sha256(log[1]), 2, insider.now(), 1, insider.now() - 3600]), signer);
  const read = async (what, keyLog, rules, code) => {
    const stop = it.wire.tamper(handing(byId(fern.id), { keyLog }), ...rules);
    const result = await it.client('shared', 'ben', record);
    it.check(`${what}: ${result.code}`, stop().every((hits) => hits > 0) && result.code === code, result.code);
  };
  await read('what the former keys signed', log, [], 'opened');
  await read('the same, once they are revoked as of before', [...log, revoked(next)], [], 'key_revoked');
  await read('a revocation signed by the keys that it revokes', [...log, revoked(fern)], [], 'tampered');
  const written = insider.write(fern, { tenant: w.tenant, sections: { plan: 'Synthetic. By a thief.' }, record: unhex(record), signer: next, change: (manifest) => { manifest[MANIFEST.epoch] = 2; } });
  const grant = toBase64(await insider.grant(fern, written, w.benEntry, { signer: next }));
  await read('what keys signed that nobody accepted', log, [answering(sharedAt(record), (row) => ({ ...row, sealed: toBase64(insider.served(written)), grant }))], 'keys_changed');
}

async function additions(it, w) {
  const kind = (number) => insider.sign1('key-log', encode(parse(insider.keyLogPayload(w.dora, 2, insider.sha256(w.dora.entry))).with(2, number)), w.dora);
  await it.refuses('an entry of a kind that does not exist, signed by its account', ['known', 'anna', w.dora.handle], handing(keysAt(w.dora.handle), { keyLog: [w.dora.entry, kind(99)] }), NO_KEYS);
  await practices(it, w);
  // Whatever else an answer says, a grant goes to whom the client named.
  const more = { recoveryKey: toBase64(insider.random(32)), escrow: { required: true, key: toBase64(w.dora.public.x25519) }, recipients: [w.dora.id], enrolment: 'automatic', organisation: w.dora.id, grantTo: [w.dora.handle] };
  const stop = it.wire.tamper({ at: /^GET \/api\//, answer: (json) => ({ ...json, ...more }) });
  const from = it.wire.seen.bodies.length;
  const written = await it.client('writeRecord', 'anna', { plan: 'Synthetic. For Ben alone.' }, [{ handle: w.ben.handle }]);
  const unlocked = await it.client('unlock', 'anna');
  const [hits] = stop();
  const sent = it.wire.seen.bodies.slice(from).filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body));
  const recipients = sent.flatMap(({ grants = [] }) => grants).map((grant) => hex(parse(cose(Buffer.from(grant, 'base64')).content)[0][GRANT.recipient]));
  it.check(`policies, escrow and recipients in every answer: ${written.code}, granted to ${recipients}`, hits > 1 && written.code === 'opened' && recipients.join() === w.ben.account, 'no further recipient');
  it.check(`the same while unlocking: ${unlocked.code}`, unlocked.code === 'opened', 'no further way in');
  const uploaded = sent.flatMap((body) => Object.keys(body)).filter((name) => !['sealed', 'grants', 'ledger'].includes(name));
  it.check(`nothing else is uploaded: ${uploaded}`, uploaded.length === 0, 'nothing else uploaded');

  // A slot, a device: both are made inside the vault, and the server is not.
  const before = await w.client('slots', 'anna');
  const slot = answering(`GET /api/accounts/${w.anna.handle}/unlock`, (json) => ({ ...json, slots: [...json.slots, ...json.slots.map((slot) => toBase64(recose(Buffer.from(slot, 'base64'), (parts) => {
    const fields = parse(parts.header.get(-65538));
    fields[1] = insider.random(16);
    parts.header.set(-65538, encode(fields));
    parts.header.set(-65539, insider.random(32));
  })))] }));
  const [planted] = [it.wire.tamper(slot)];
  const again = await it.client('unlock', 'anna');
  it.check('slots of the server\'s are no way in', planted()[0] > 0 && again.code === 'opened' && JSON.stringify(await w.client('slots', 'anna')) === JSON.stringify(before), 'no further way in');
  const { hash, code } = await w.client('ask', 'anna');
  const request = await w.client('requestOf', 'anna');
  await it.refuses('a device of the server\'s in the place of one\'s own', ['answer', 'anna', hash, code], answering('GET /api/requests', ({ requests }) => ({ requests: requests.map((asked) => ({ ...asked, sealed: request })) })), 'wrong_code');
}

/** Whoever trusts a practice trusts whom it endorses: nobody else's practice, and nobody else's endorsement. */
async function practices(it, w) {
  const elm = await insider.settle(it.database, `demo-elm-${hex(insider.random(4))}`);
  const own = await insider.settle(it.database, `demo-own-${hex(insider.random(4))}`);
  const member = await insider.settle(it.database, `demo-member-${hex(insider.random(4))}`);
  const later = insider.now() + 86_400;
  const endorses = (log, signer, expires = later, whom = member) => [...log, insider.sign1('key-log', encode([log.length, insider.sha256(log.at(-1)), 3, insider.now(), whom.account, insider.sha256(whom.entry), 1, expires]), signer)];
  const withdraws = (log, signer) => [...log, insider.sign1('key-log', encode([log.length, insider.sha256(log.at(-1)), 4, insider.now(), member.account]), signer)];
  const endorsed = endorses([elm.entry], elm);
  for (const [sequence, entry] of endorsed.entries()) if (sequence) await it.database.run(['INSERT INTO key_log (account, sequence, entry, stored_at, epoch) VALUES (?, ?, ?, ?, NULL)', elm.account, sequence, entry, insider.now()]);
  await w.client('verify', 'anna', elm.handle, elm.fingerprint, 'practice');
  const op = ['known', 'anna', member.handle, elm.handle];
  const shows = (keyLog, whose = elm) => handing(keysAt(elm.handle), { account: whose.account, keyLog });
  await it.refuses('a practice of the server\'s own', op, shows(endorses([own.entry], own), own), 'unverified');
  await it.refuses('an endorsement of the server\'s own', op, shows(endorses([elm.entry], own)), 'tampered');
  await it.refuses('no endorsement any more', op, shows([elm.entry]), ['unverified', 'rolled_back']);
  await it.refuses('an endorsement that was withdrawn', op, shows(withdraws(endorsed, elm)), 'unverified');
  await it.refuses('an endorsement that ran out', op, shows(endorses(endorsed, elm, 1)), 'unverified');
  const keys = rotation(member.entry, await insider.makeKeys(), member);
  await it.refuses('newer keys than those endorsed', op, handing(keysAt(member.handle), { keyLog: [member.entry, keys] }), 'keys-changed');
  await it.refuses('somebody else in the member\'s place', op, handing(keysAt(member.handle), { account: own.account, keyLog: [own.entry] }), 'unverified');
}

async function shown(it, w) {
  // Dora's key is the server's: it can fork her log, and gives Anna one branch and others the other.
  const [one, other] = [await insider.makeKeys(), await insider.makeKeys()];
  const [left, right] = [one, other].map((keys) => rotation(w.dora.entry, keys, w.dora));
  const at = keysAt(w.dora.handle);
  const branch = (entry) => handing(at, { keyLog: [w.dora.entry, entry] });
  const stop = it.wire.tamper(branch(left));
  await w.client('verify', 'anna', w.dora.handle, w.dora.fingerprint);
  const still = await it.client('known', 'anna', w.dora.handle);
  it.check('the branch that was compared', still.code === 'opened', 'verified');
  stop();
  const refused = async (what, rule, op, codes) => {
    const stop = it.wire.tamper(rule);
    const result = await it.client(...op);
    it.check(`${what}: ${result.code}`, stop()[0] > 0 && codes.includes(result.code), result.code);
  };
  await refused('another branch', branch(right), ['known', 'anna', w.dora.handle], ['forked']);
  await refused('another branch, compared again', branch(right), ['verify', 'anna', w.dora.handle, w.dora.fingerprint], ['forked']);
  await refused('the trunk', handing(at, { keyLog: [w.dora.entry] }), ['known', 'anna', w.dora.handle], ['rolled_back']);
  // Two accounts under one handle: the digits that are read out fit one of them.
  const [here, there] = [await insider.makeAccount(), await insider.makeAccount()];
  await it.refuses('another account for the same handle than the one whose digits are read out', ['verify', 'ben', w.carl.handle, w.carl.fingerprint], handing(keysAt(w.carl.handle), { account: here.account, keyLog: [here.entry] }), 'fingerprint_mismatch');
  it.check('the digits of two accounts differ', here.fingerprint !== there.fingerprint, 'other digits');
}

const LOW_ORDER = ['00'.repeat(32), `01${'00'.repeat(31)}`, 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(30)}7f`, `ee${'ff'.repeat(30)}7f`].map(unhex);

async function noKeys(it, w) {
  const { dora } = w;
  const at = keysAt(dora.handle);
  const payload = parse(insider.keyLogPayload(dora));
  const [X25519, XWING, ED25519] = [6, 7, 5];
  const served = async (what, fields, signer = dora, codes = NO_KEYS) => {
    const entry = insider.sign1('key-log', encode(fields), signer);
    await it.refuses(what, ['identity', 'anna', dora.handle], handing(at, { account: insider.sha256(entry), keyLog: [entry] }), codes);
  };
  for (const [number, key] of LOW_ORDER.entries()) {
    await served(`a receiving key of low order, ${number}`, payload.with(X25519, key));
    await served(`an X-Wing key that ends in one, ${number}`, payload.with(XWING, new Uint8Array([...dora.public.xwing.subarray(0, 1184), ...key])));
  }
  for (const [what, at, key] of [['X25519', X25519, dora.public.x25519], ['X-Wing', XWING, dora.public.xwing], ['Ed25519', ED25519, dora.ed25519]]) {
    for (const [how, wrong] of [['a byte short', key.subarray(1)], ['a byte long', new Uint8Array([...key, 0])], ['empty', new Uint8Array()], ['as text', hex(key)], ['null', null], ['a number', 1]]) {
      await served(`${what} key ${how}`, payload.with(at, wrong));
    }
  }
  await served('X25519 and Ed25519 keys exchanged', payload.with(X25519, dora.ed25519).with(ED25519, dora.public.x25519));
  await served('one key for signing and receiving', payload.with(X25519, dora.ed25519));
  await served('a signing key of small order', payload.with(ED25519, LOW_ORDER[1]), { ...dora, ed25519: LOW_ORDER[1] });
  await served('a signing key that is no point', payload.with(ED25519, new Uint8Array(32).fill(0xff)), { ...dora, ed25519: new Uint8Array(32).fill(0xff) });
  await served('a signing key in another spelling', payload.with(ED25519, LOW_ORDER[6]), { ...dora, ed25519: LOW_ORDER[6] });
  // An encapsulated key of low order, signed by its author.
  for (const [suite, length] of [[1, 32], [2, 1120]]) {
    const wrap = (keys) => keys.map(([section, [header, , wrapped]]) => [section, [header, new Map([[-4, new Uint8Array(length)]]), wrapped]]);
    await it.refuses(`an encapsulated key of zeros, suite ${suite}`, ['shared', 'ben', w.dorasId], await doras(w, dorasWrites(w), { suite, wrap }), ['tampered', 'invalid_key']);
  }
}

async function namespaces(it, w) {
  const { dora } = w;
  const ids = { 'a key id': insider.keyId('ed25519', dora.ed25519), 'a key id twice': new Uint8Array([...insider.keyId('ed25519', dora.ed25519), ...insider.keyId('ed25519', dora.ed25519)]) };
  for (const [what, id] of Object.entries(ids)) {
    const at = keysAt(w.carl.handle);
    await it.refuses(`${what} as an account's id`, ['identity', 'anna', w.carl.handle], handing(at, { account: id, keyLog: [w.carlEntry] }), ['invalid_id', 'tampered']);
    const author = dorasWrites(w, { change: (manifest) => { manifest[MANIFEST.author] = id; } });
    await it.refuses(`${what} as an author`, ['shared', 'ben', w.dorasId], await doras(w, author), ['not_sealed', 'not_the_author', 'tampered']);
    await it.refuses(`${what} as a recipient`, ['shared', 'ben', w.dorasId], await doras(w, dorasWrites(w), { change: (header) => { header[GRANT.recipient] = id; } }), ['not_sealed', 'not_a_recipient', 'tampered']);
  }
  // The key id of one kind of key where another is named: their labels differ, so equal ids are not to be had.
  const keys = Object.fromEntries(['ed25519', 'x25519', 'xwing'].map((kind) => [kind, insider.keyId(kind, kind === 'ed25519' ? dora.ed25519 : dora.public[kind])]));
  it.check('ids of one key under three labels differ', new Set(['ed25519', 'x25519', 'xwing'].map((kind) => hex(insider.keyId(kind, dora.ed25519)))).size === 3, 'three ids');
  for (const [kind, id] of Object.entries(keys)) {
    const wrap = (list) => list.map(([section, [header, ek, wrapped]]) => [section, [encode(parse(header).set(4, id)), ek, wrapped]]);
    await it.refuses(`a key wrapped to another account's ${kind} key`, ['shared', 'ben', w.dorasId], await doras(w, dorasWrites(w), { wrap }), ['tampered', 'not_a_recipient']);
  }
  const signed = dorasWrites(w, { header: encode(new Map([[1, -19], [4, keys.x25519], [16, 'application/vnd.sealed-notes.v1.version']])) });
  const grantHeader = encode(new Map([[1, -19], [4, keys.x25519], [16, 'application/vnd.sealed-notes.v1.grant']]));
  await it.refuses('a signature under a receiving key\'s id', ['shared', 'ben', w.dorasId], await doras(w, signed, { header: grantHeader }));
}

export const keys = [
  [14, 'keys of its own for a colleague, author or trustee', handedOut],
  [15, 'a key log set back to before a rotation', rolledBack],
  [16, 'a recipient, recovery key, policy, slot or device of its own', additions],
  [17, 'different key logs to different people', shown],
  [18, 'keys that are none; one key for two uses', noKeys],
  [19, 'a key id in the place of an account or of another kind of key', namespaces],
];
