// What a platform does with the package, for `tests/browser/hostile` to answer falsely: three clinicians, one session at a
// time. Every call goes to the server; nothing is kept between calls but what an unlocked vault and its device remember.
import { Identity, newId, UnlockRequest, Vault } from 'sealed-notes';
import { hashOf } from './hash.js';
import { api, bodyOf, change, fromBase64, logIn, NEXT, PASSPHRASE, sealedShares, signUp, stored, toBase64 } from './world.js';

const people = {};
let inside;

async function as(who) {
  const me = people[who];
  if (inside !== who) await logIn(me.vault);
  inside = who;
  return me;
}

async function changing(who, make) {
  await as(who);
  return change(people[who].vault, make);
}

class Blocked extends Error {
  constructor(code) {
    super(`${code}: the platform goes no further`);
    this.code = code;
  }
}

const identityOf = async ({ account, keyLog }) => Identity.fromKeyLog(account, keyLog.map(fromBase64));

/** Nothing is granted to somebody who was not verified with her newest keys, by oneself or by a practice. */
async function verified(me, keys, practices = []) {
  const { standing, identity } = await me.vault.trust.standing(await identityOf(keys), practices);
  if (standing !== 'verified') throw new Blocked(standing);
  return identity;
}

/** Of somebody who made new keys, what the earlier ones signed is opened. */
async function authorOf(me, { author }) {
  const found = await me.vault.trust.standing(await identityOf(await api('GET', `/accounts/by-id/${author}/keys`)));
  if (found.standing === 'unverified') throw new Blocked(found.standing);
  return found.identity ?? found.author;
}

/** Unlocks with what the server has now, on a device that has `seen` so much of it. */
async function onDevice(who, way = 'passkey', seen) {
  const me = await as(who);
  const { owner, ...now } = await stored(me.handle);
  const vault = await IN[way](me, { ...now, seen });
  try {
    await vault.trust.checkOwnKeyLog(owner);
    return { generation: vault.generation, entries: await vault.ledger.follow(await entriesAfter(), { all: true }) };
  } finally {
    vault.lock();
  }
}

/** Stores with the ledger's entry that names it. */
async function store(me, method, path, body, about) {
  const entry = await me.vault.ledger.seal(about);
  await api(method, path, { ...body, ledger: toBase64(entry) });
  await me.vault.ledger.stored(entry);
}

async function entriesAfter(head) {
  const { entries } = await api('GET', `/ledger?after=${head?.sequence ?? 0}`);
  return entries.map(fromBase64);
}

const content = ({ sections, text }) => sections ?? text;

const ops = {
  /** Only logs in, so that what follows is the same each time. */
  async hold(who) {
    if (people[who]) await as(who);
  },

  // --- reading

  async note(who, record, access) {
    const me = await as(who);
    const { sealed } = await api('GET', `/private/notes/${record}`);
    return content(await me.vault.private.open(fromBase64(sealed), { record, access }));
  },
  async record(who, record, access) {
    const me = await as(who);
    const { sealed } = await api('GET', `/chart/records/${record}`);
    return content(await me.vault.chart.open(fromBase64(sealed), { record, access }));
  },
  async shared(who, record) {
    const me = await as(who);
    const row = await api('GET', `/chart/shared/${record}`);
    const author = await authorOf(me, row);
    return content(await me.vault.chart.openShared({ bytes: fromBase64(row.sealed), grant: fromBase64(row.grant), author, record }));
  },
  async author(who, record) {
    const me = await as(who);
    const row = await api('GET', `/chart/shared/${record}`);
    const author = await authorOf(me, row);
    return (await me.vault.chart.openShared({ bytes: fromBase64(row.sealed), grant: fromBase64(row.grant), author, record })).author;
  },
  async draft(who, drawer, record) {
    const me = await as(who);
    const { sealed } = await api('GET', `/${drawer}/drafts/${record}`);
    return content(await me.vault[drawer].openDraft(fromBase64(sealed)));
  },
  async readers(who, record) {
    const me = await as(who);
    const { sealed } = await api('GET', `/chart/records/${record}`);
    const { grants } = await api('GET', `/chart/records/${record}/grants`);
    const inForce = grants.filter(({ revokedAt }) => revokedAt === null);
    const readers = await me.vault.chart.readers(fromBase64(sealed), inForce.map(({ grant }) => fromBase64(grant)));
    return [...new Set(readers.map(({ account }) => account))];
  },
  /** Whether the server's readers are those of the ledger. */
  async auditReaders(who, record) {
    const me = await as(who);
    const [told, known] = [await ops.readers(who, record), (await me.vault.ledger.readers(record)).map(({ account }) => account)];
    if (JSON.stringify(told.sort()) !== JSON.stringify(known.sort())) throw new Blocked('readers_differ');
    return known.length;
  },
  /** Whether the server's list is that of the ledger. */
  async list(who, drawer) {
    const me = await as(who);
    const path = drawer === 'private' ? '/private/notes' : '/chart/records';
    const { notes, records } = await api('GET', path);
    const heads = [];
    for (const { record, version, sealed } of notes ?? records) {
      heads.push({ record, version, hash: await hashOf(fromBase64(sealed)) });
    }
    const found = await me.vault.ledger.compare({ drawer, heads, all: true });
    if (found.length) throw new Blocked(found.map(({ problem }) => problem).sort().join());
    return heads.length;
  },
  async follow(who) {
    const me = await as(who);
    return me.vault.ledger.follow(await entriesAfter(me.vault.ledger.head), { all: true });
  },

  // --- unlocking

  async unlock(who, way = 'passkey', more = {}) {
    const me = people[who];
    const { owner, ...now } = await stored(me.handle);
    const vault = await IN[way](me, { ...now, ...more });
    if (vault.account !== me.vault.account) throw new Blocked('another_account');
    const { account, generation, hasConfirmedRecovery } = vault;
    vault.lock();
    return { account, generation, hasConfirmedRecovery };
  },
  /** On a device that remembers the vault's generation and the ledger's head. */
  async unlockAgain(who, way) {
    const { generation, ledger } = (await as(who)).vault;
    return (await onDevice(who, way, { generation, ledger: ledger.head })).entries;
  },
  /** On a device that remembers nothing. */
  unlockFresh: (who, way) => onDevice(who, way),
  /** A fresh device that another one tells the ledger's head. */
  unlockFreshTold: (who, head = people[who].vault.ledger.head) => onDevice(who, undefined, { generation: 0, ledger: head }),
  /** A fresh device that another one answered. */
  async unlockAnswered(who) {
    const { vault } = await as(who);
    const request = await UnlockRequest.make({ account: vault.account, kind: 'device' });
    const answer = await vault.answerDevice({ request: request.bytes, code: request.code });
    return onDevice(who, undefined, (await request.openDeviceAnswer(answer)).seen);
  },
  async expect(who, head) {
    await people[who].vault.ledger.expect(head);
  },
  async sealWithoutRecovery() {
    const { tenant } = await api('GET', '/server');
    const { vault } = await Vault.create({ passphrase: PASSPHRASE, tenant });
    await vault.private.seal({ client: newId(), text: 'x' });
  },
  async shortPassphrase() {
    const { tenant } = await api('GET', '/server');
    await Vault.create({ passphrase: 'short', tenant });
  },
  async refresh(who) {
    const me = await as(who);
    const before = me.vault.generation;
    const newer = await me.vault.refresh(fromBase64((await api('GET', '/me')).vault));
    return { newer, kept: me.vault.generation >= before };
  },

  // --- keys

  async known(who, handle, practice) {
    const me = await as(who);
    const practices = practice ? [await identityOf(await api('GET', `/accounts/${practice}/keys`))] : [];
    await verified(me, await api('GET', `/accounts/${handle}/keys`), practices);
    return 'verified';
  },
  async identity(who, handle) {
    await as(who);
    const { account, fingerprint } = await identityOf(await api('GET', `/accounts/${handle}/keys`));
    return { account, fingerprint };
  },
  /** With the account that the platform remembers under this handle, where it does. */
  async share(who, handle, record, account) {
    const me = await as(who);
    const { sealed } = await api('GET', `/chart/records/${record}`);
    const keys = await api('GET', `/accounts/${handle}/keys`);
    const to = await verified(me, keys);
    if (account && account !== to.account) throw new Blocked('another_account');
    return (await me.vault.chart.share(fromBase64(sealed), [{ to, purpose: 'treatment' }])).length;
  },
  async dealTo(who, handle) {
    const to = await verified(await as(who), await api('GET', `/accounts/${handle}/keys`));
    const { shares } = await changing(who, async () => {
      const dealt = await people[who].vault.dealTrustees({ threshold: 2, people: [{ name: 'One', to }, { name: 'Two' }] });
      await api('PUT', `/deals/${dealt.deal}`, { kind: 'trustees', shares: sealedShares(dealt.shares) });
      return dealt;
    });
    return shares.length;
  },
  async ask(who) {
    const request = await UnlockRequest.make({ account: people[who].vault.account, kind: 'device' });
    const { request: hash } = await api('POST', '/requests', { request: toBase64(request.bytes) });
    return { hash, code: request.code };
  },
  /** A request of the server's own making, which it does not have to store. */
  async requestOf(who) {
    return toBase64((await UnlockRequest.make({ account: people[who].vault.account, kind: 'device' })).bytes);
  },
  async answer(who, hash, code) {
    const me = await as(who);
    const asked = (await api('GET', '/requests')).requests.find(({ request }) => request === hash);
    return (await me.vault.answerDevice({ request: fromBase64(asked.sealed), code })).length;
  },
  async slots(who) {
    const me = await as(who);
    await me.vault.refresh(fromBase64((await api('GET', '/me')).vault));
    return me.vault.unlockSlots().map(({ slot }) => slot).sort();
  },

  // --- writing; none of it is a way in for the server

  async writeNote(who, text, { client = newId(), record } = {}) {
    const me = await as(who);
    const note = await me.vault.private.seal({ client, text, ...(record ? { record } : {}) });
    await store(me, 'PUT', `/private/notes/${note.record}/versions/1`, { sealed: toBase64(note.bytes) }, { versions: [note.bytes] });
    return note.record;
  },
  async editNote(who, record, text) {
    const me = await as(who);
    const { sealed } = await api('GET', `/private/notes/${record}`);
    const note = await me.vault.private.edit(fromBase64(sealed), { text });
    await store(me, 'PUT', `/private/notes/${record}/versions/${note.version}`, { sealed: toBase64(note.bytes) }, { versions: [note.bytes] });
    return note.version;
  },
  async writeRecord(who, sections, readers = [], { client = newId() } = {}) {
    const me = await as(who);
    const grantTo = [];
    for (const { handle, ...grant } of readers) {
      const to = await verified(me, await api('GET', `/accounts/${handle}/keys`));
      grantTo.push({ to, purpose: 'treatment', ...grant, ...(grant.expires ? { expires: new Date(grant.expires) } : {}) });
    }
    const sealed = await me.vault.chart.seal({ client, sections, grantTo });
    const grants = sealed.grants.map(({ bytes }) => bytes);
    await store(me, 'PUT', `/chart/records/${sealed.record}/versions/1`, { sealed: toBase64(sealed.bytes), grants: grants.map(toBase64) }, { versions: [sealed.bytes], grants });
    return { record: sealed.record, granted: sealed.grants.map(({ recipient }) => recipient) };
  },
  async revoke(who, record, handle, remaining) {
    const me = await as(who);
    const { sealed } = await api('GET', `/chart/records/${record}`);
    const { grants } = await api('GET', `/chart/records/${record}/grants`);
    const { account } = await api('GET', `/accounts/${handle}/keys`);
    const others = [];
    for (const other of remaining) others.push(await verified(me, await api('GET', `/accounts/${other}/keys`)));
    const next = await me.vault.chart.revoke({ bytes: fromBase64(sealed), grants: grants.map(({ grant }) => fromBase64(grant)), recipient: account, remaining: others });
    const bytes = next.grants.map((grant) => grant.bytes);
    await store(me, 'PUT', `/chart/records/${record}/versions/${next.version}`,
      { sealed: toBase64(next.bytes), grants: bytes.map(toBase64), revoke: [account] }, { versions: [next.bytes], grants: bytes, revoked: [next.receipt] });
    return next.version;
  },
  async writeDrafts(who, record, text) {
    const me = await as(who);
    const place = { record, client: newId(), baseVersion: 0 };
    await api('PUT', `/private/drafts/${record}`, { sealed: toBase64(await me.vault.private.sealDraft({ ...place, text })) });
    await api('PUT', `/chart/drafts/${record}`, { sealed: toBase64(await me.vault.chart.sealDraft({ ...place, sections: { plan: text } })) });
  },
  async changePassphrase(who) {
    const me = people[who];
    await changing(who, (slots) => me.vault.changePassphrase({ current: me.passphrase, next: NEXT, slots }));
    me.passphrase = NEXT;
  },
  async removePasskey(who) {
    const { vault } = people[who];
    await changing(who, () => vault.removeSlot(vault.unlockSlots().find(({ kind }) => kind === 'passkey').slot));
  },
  async sealUnstored(who, text) {
    const note = await people[who].vault.private.seal({ client: newId(), text });
    return { record: note.record, sealed: toBase64(note.bytes) };
  },
  async rotate(who) {
    const me = people[who];
    await as(who);
    const expects = me.vault.generation;
    const kit = await me.vault.prepareRotation({ passphrase: me.passphrase });
    await kit.confirm(kit.recoveryCode);
    await api('PUT', '/vault', bodyOf(await kit.change(), expects));
    Object.assign(me, { accountSecret: kit.accountSecret, recoveryCode: kit.recoveryCode });
    await kit.commit();
    inside = undefined;
    return me.vault.epoch;
  },
  async verify(who, handle, digits, trustedAs) {
    const me = people[who];
    const make = async () => me.vault.confirm(await identityOf(await api('GET', `/accounts/${handle}/keys`)), digits, trustedAs);
    await changing(who, make);
    return 'verified';
  },
  async acceptKeys(who, handle) {
    await changing(who, async () => people[who].vault.trust.acceptKeys(await identityOf(await api('GET', `/accounts/${handle}/keys`))));
    return 'accepted';
  },
  /** Remembers how far somebody's key log goes. */
  async see(who, handle) {
    const me = await as(who);
    const identity = await identityOf(await api('GET', `/accounts/${handle}/keys`));
    if (!(await me.vault.trust.standing(identity)).standing) return;
    const seen = await me.vault.trust.see(identity);
    if (!seen) return 'known';
    await api('PUT', '/vault', bodyOf(seen, me.vault.generation - 1));
    return 'seen';
  },
  async crossReferences(who) {
    const me = await as(who);
    const differing = (await me.vault.ledger.crossReferences()).filter(({ agreement }) => agreement !== 'same');
    if (differing.length) throw new Blocked(differing.map(({ agreement }) => agreement).join());
    return 'same';
  },
  async signLogin(who, challenge) {
    return toBase64(await people[who].vault.login({ challenge: fromBase64(challenge), origin: location.origin }));
  },
  async storeLedger(who) {
    const me = await as(who);
    const entry = await me.vault.ledger.seal();
    if (!entry) return;
    await api('POST', '/ledger', { entry: toBase64(entry) });
    await me.vault.ledger.stored(entry);
  },
};

const IN = {
  passphrase: (me, now) => Vault.unlock({ ...now, passphrase: now.passphrase ?? me.passphrase, accountSecret: me.accountSecret }),
  passkey: (me, now) => Vault.unlockWithPasskey({ ...now, prf: me.prf.slice() }),
  'recovery code': (me, now) => Vault.unlockWithRecoveryCode({ ...now, recoveryCode: me.recoveryCode }),
};

/** What became of a call: what it opened, or the code with which it was refused. */
async function attempt(op, args) {
  const start = performance.now();
  try {
    const opened = await ops[op](...args);
    return { code: 'opened', opened: opened ?? null, ms: performance.now() - start };
  } catch (error) {
    if (typeof error.code !== 'string') return { code: `defect: ${error.stack ?? error}`, message: String(error) };
    return { code: error.code, message: error.message, ms: performance.now() - start };
  }
}

export const hostile = {
  attempt,
  async sweep(op, args, count) {
    const codes = [];
    for (let done = 0; done < count; done++) codes.push((await attempt(op, args)).code);
    return codes;
  },
  async arrive(who) {
    const me = await signUp();
    people[who] = { ...me, prf: crypto.getRandomValues(new Uint8Array(32)) };
    inside = undefined;
    await changing(who, () => me.vault.addPasskey({ name: 'Key', credential: crypto.getRandomValues(new Uint8Array(16)), salt: new Uint8Array(32), prf: people[who].prf.slice() }));
    const { handle, vault, accountSecret, recoveryCode } = me;
    return { handle, account: vault.account, fingerprint: vault.fingerprint, accountSecret, recoveryCode, passphrase: PASSPHRASE };
  },
  /** A second device of the same person: its own vault, its own memory. */
  async secondDevice(who, name) {
    const me = people[who];
    const { owner, ...now } = await stored(me.handle);
    people[name] = { ...me, vault: await IN.passkey(me, now) };
  },
  head: (who) => people[who].vault.ledger.head,
};
