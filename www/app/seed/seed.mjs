// Fills a server with synthetic accounts, a practice and a team, clients and sessions, sealed as the page seals them.
// node seed/seed.mjs http://localhost:8787
import { Identity, newId, SealedNotesError, Vault } from 'sealed-notes';
import { CLIENTS } from './synthetic.mjs';

const base = process.argv[2];
if (!base) {
  console.error('Say which server to fill: node seed/seed.mjs http://localhost:8787');
  process.exit(2);
}

const b64 = (bytes) => Buffer.from(bytes).toString('base64');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

class RefusedError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** One account's way to the server: its cookie and nothing else. */
function api() {
  let cookie = '';
  return async (method, path, body) => {
    const response = await fetch(new URL(`/api${path}`, base), {
      method,
      headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch(() => {
      throw new RefusedError(0, 'offline', `no server answers at ${base}; start it first`);
    });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    const text = await response.text();
    const answer = text ? JSON.parse(text) : undefined;
    if (!response.ok)
      throw new RefusedError(
        response.status,
        answer?.error?.code,
        answer?.error?.message ?? `status ${response.status} for ${method} ${path}`,
      );
    return answer;
  };
}

async function createAccount(handle, passphrase) {
  const call = api();
  const { tenant, origin } = await call('GET', '/server');
  const { vault, accountSecret, recoveryCode, keyLogEntry, sealedVault, slots } = await Vault.create({
    passphrase,
    tenant,
  });
  await call('POST', '/accounts', {
    handle,
    keyLogEntry: b64(keyLogEntry),
    vault: b64(sealedVault),
    slots: slots.map(b64),
  });
  const { challenge } = await call('POST', '/login/challenge', { account: vault.account });
  await call('POST', '/login', { login: b64(await vault.login({ challenge: bytes(challenge), origin })) });
  const expects = vault.generation;
  const confirmed = await vault.confirmRecoveryCode({ code: recoveryCode, slots });
  await call('PUT', '/vault', { vault: b64(confirmed.sealedVault), expects });
  return { handle, passphrase, accountSecret, recoveryCode, vault, call };
}

const keysOf = async (me, handle) => {
  const { account, keyLog } = await me.call('GET', `/accounts/${handle}/keys`);
  return Identity.fromKeyLog(account, keyLog.map(bytes));
};

/** All sit in one room here: the digits are read from the screen of whoever keeps the keys. */
async function compare(me, handle, fingerprint, as = 'person') {
  const identity = await keysOf(me, handle);
  const expects = me.vault.generation;
  const { verified, sealedVault } = await me.vault.confirm(identity, fingerprint, as, handle);
  await me.call('PUT', '/vault', { vault: b64(sealedVault), expects });
  return verified;
}

/** A practice or team that `me` keeps, with these members. Resolves with its fingerprint. */
async function createGroup(me, { kind, name, handle, members }) {
  const change = async (make, more) => {
    const expects = me.vault.generation;
    const { sealedVault, group } = await make();
    const keyLogEntries = group.keyLogEntries.map(b64);
    const sealedKeys = group.sealedKeys.map((keys) => ({ member: keys.member, bytes: b64(keys.bytes) }));
    const body = { account: group.account, keyLogEntries, sealedKeys, ...more };
    await me.call('PUT', '/vault', { vault: b64(sealedVault), expects, group: body });
  };
  await change(() => me.vault.groups.create({ kind, name }), { handle });
  for (const { member, role } of members) {
    const group = await keysOf(me, handle);
    await change(() => me.vault.groups.addMember({ group, member, role }));
  }
  return me.vault.groups.list().find((group) => group.name === name).fingerprint;
}

/** Stores something and the ledger's entry that names it. */
async function store({ vault, call }, path, what, body) {
  const entry = await vault.ledger.seal(what);
  await call('PUT', path, { ...body, ledger: b64(entry) });
  await vault.ledger.stored(entry);
}

const putChart = (me, { record, version, bytes: sealed, grants }) => {
  const granted = grants.map((grant) => grant.bytes);
  const body = { sealed: b64(sealed), grants: granted.map(b64), revoke: [] };
  return store(me, `/chart/records/${record}/versions/${version}`, { versions: [sealed], grants: granted }, body);
};

const daysAgo = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

// The payloads are those of src/model.ts.
async function writeSession(me, client, name, { days, privateNote, progress, share }, readers) {
  const session = newId();
  const date = daysAgo(days);
  if (privateNote) {
    const note = await me.vault.private.seal({
      client,
      session,
      record: session,
      text: JSON.stringify({ date, text: privateNote }),
    });
    const path = `/private/notes/${session}/versions/${note.version}`;
    await store(me, path, { versions: [note.bytes] }, { sealed: b64(note.bytes) });
  }
  if (progress) {
    const sections = { ...progress, session: JSON.stringify({ date, client: name }) };
    const grantTo = share ? [{ to: readers[share], purpose: share }] : [];
    await putChart(me, await me.vault.chart.seal({ client, session, record: session, sections, grantTo }));
  }
}

async function seed() {
  const clinician = await createAccount('demo-clinician', 'quiet harbour lantern seven');
  const colleague = await createAccount('demo-colleague', 'maple river window eleven');
  const supervisor = await compare(clinician, colleague.handle, colleague.vault.fingerprint);
  await compare(colleague, clinician.handle, clinician.vault.fingerprint);
  const members = [
    { member: clinician.vault.self, role: 'clinician' },
    { member: supervisor, role: 'supervisor' },
  ];
  const practice = { kind: 'practice', name: 'Elm Street practice', handle: 'demo-elm-street', members };
  const careTeam = { kind: 'team', name: 'Care team', handle: 'demo-care-team', members };
  await compare(colleague, practice.handle, await createGroup(clinician, practice), 'practice');
  const digits = await createGroup(clinician, careTeam);
  await compare(colleague, careTeam.handle, digits, 'team');
  const team = await compare(clinician, careTeam.handle, digits, 'team');
  const readers = { treatment: team, supervision: supervisor };
  for (const { name, sessions } of CLIENTS) {
    const client = newId();
    await putChart(
      clinician,
      await clinician.vault.chart.seal({ client, record: client, sections: { client: JSON.stringify({ name }) } }),
    );
    for (const session of sessions) await writeSession(clinician, client, name, session, readers);
  }
  for (const { handle, passphrase, accountSecret, recoveryCode, vault } of [clinician, colleague]) {
    console.log(
      `${handle}\n  passphrase:     ${passphrase}\n  account secret: ${accountSecret}\n  recovery code:  ${recoveryCode}\n  fingerprint:    ${vault.fingerprint}`,
    );
    vault.lock();
  }
}

try {
  await seed();
} catch (error) {
  if (error instanceof RefusedError && error.status === 409) {
    console.log(
      'The demo accounts exist already; their account secrets were printed when they were made. Start with an empty data folder to make new ones.',
    );
  } else {
    const known = error instanceof RefusedError || error instanceof SealedNotesError;
    console.error(known ? `Seeding stopped: ${error.message}` : error);
    process.exit(1);
  }
}
