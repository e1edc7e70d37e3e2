// Fills a server with synthetic accounts, clients and sessions, sealed as the page seals them.
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

/** The two sit in one room here: each reads the other's fingerprint from the other's own vault. */
async function compare(me, other) {
  const { account, keyLog } = await me.call('GET', `/accounts/${other.handle}/keys`);
  const identity = await Identity.fromKeyLog(account, keyLog.map(bytes));
  const expects = me.vault.generation;
  const { verified, sealedVault } = await me.vault.confirm(identity, other.vault.fingerprint);
  await me.call('PUT', '/vault', { vault: b64(sealedVault), expects });
  return verified;
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
async function writeSession(me, client, name, { days, privateNote, progress, share }, colleague) {
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
    const grantTo = share ? [{ to: colleague, purpose: share }] : [];
    await putChart(me, await me.vault.chart.seal({ client, session, record: session, sections, grantTo }));
  }
}

async function seed() {
  const clinician = await createAccount('demo-clinician', 'quiet harbour lantern seven');
  const colleague = await createAccount('demo-colleague', 'maple river window eleven');
  const verified = await compare(clinician, colleague);
  await compare(colleague, clinician);
  for (const { name, sessions } of CLIENTS) {
    const client = newId();
    await putChart(
      clinician,
      await clinician.vault.chart.seal({ client, record: client, sections: { client: JSON.stringify({ name }) } }),
    );
    for (const session of sessions) await writeSession(clinician, client, name, session, verified);
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
