// Accounts on the real server for `ways.js`, and what they store there.
import { Identity, init, newId, Share, Vault } from 'sealed-notes';

export const PASSPHRASE = 'quiet harbour lantern seven';
export const NEXT = 'maple river window eleven';

export const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

class Refused extends Error {
  constructor(status, { code, message } = {}) {
    super(message ?? `status ${status}`);
    Object.assign(this, { status, code });
  }
}

export async function api(method, path, body) {
  const response = await fetch(`/api${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) });
  const answer = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw new Refused(response.status, answer?.error);
  return answer;
}

export function equal(found, expected, what) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`);
}

/** The code with which `run` is refused. */
export async function refusal(run) {
  try {
    await run();
  } catch (error) {
    if (typeof error.code !== 'string') throw error;
    return error.code;
  }
  return 'opened';
}

export async function logIn(vault, device) {
  const { challenge } = await api('POST', '/login/challenge', { account: vault.account });
  const login = await vault.login({ challenge: fromBase64(challenge), origin: location.origin });
  await api('POST', '/login', { login: toBase64(login), ...(device ? { device } : {}) });
}

export const bodyOf = (change, expects, revoke = []) => ({
  vault: toBase64(change.sealedVault),
  slots: change.slots.map(toBase64),
  remove: change.removed,
  revoke,
  ...(change.keyLogEntries.length > 0 ? { keyLogEntries: change.keyLogEntries.map(toBase64) } : {}),
  expects,
});

/** Makes a change of a vault and stores it, as its owner. */
export async function change(vault, make) {
  await logIn(vault);
  const { slots } = await api('GET', '/me');
  const expects = vault.generation;
  const made = await make(slots.map(fromBase64));
  await api('PUT', '/vault', bodyOf(made.change ?? made, expects));
  return made;
}

export async function signUp() {
  await init();
  const handle = `demo-${newId()}`;
  const { tenant } = await api('GET', '/server');
  const made = await Vault.create({ passphrase: PASSPHRASE, tenant });
  const { vault, accountSecret, recoveryCode } = made;
  await api('POST', '/accounts', { handle, keyLogEntry: toBase64(made.keyLogEntry), vault: toBase64(made.sealedVault), slots: made.slots.map(toBase64) });
  await change(vault, (slots) => vault.confirmRecoveryCode({ code: recoveryCode, slots }));
  return { handle, vault, accountSecret, recoveryCode, passphrase: PASSPHRASE };
}

/** What anybody is handed who names an account. */
export async function stored(handle) {
  const { account, vault, slots, keyLog } = await api('GET', `/accounts/${handle}/unlock`);
  const entries = keyLog.map(fromBase64);
  return { sealedVault: fromBase64(vault), slots: slots.map(fromBase64), owner: await Identity.fromKeyLog(account, entries) };
}

async function verify(by, whose) {
  const { owner } = await stored(whose.handle);
  let verified;
  await change(by.vault, async () => {
    const confirmed = await by.vault.confirm(owner, whose.vault.fingerprint);
    verified = confirmed.verified;
    return confirmed;
  });
  return verified;
}

let world;
/** Two colleagues who can be trustees and executors; made once. */
export async function people() {
  world ??= (async () => ({ one: await signUp(), two: await signUp() }))();
  return world;
}

export async function threeHolders(of) {
  const { one, two } = await people();
  return [{ name: 'One', to: await verify(of, one) }, { name: 'Two', to: await verify(of, two) }, { name: 'Paper' }];
}

export const sealedShares = (shares) => shares.filter((share) => 'bytes' in share).map(({ recipient, bytes }) => ({ recipient, sealed: toBase64(bytes) }));

/** An account with every way in, a private note and a chart record, all stored. */
export async function full() {
  const me = await signUp();
  me.prf = crypto.getRandomValues(new Uint8Array(32));
  await change(me.vault, () => me.vault.addPasskey({ name: 'Key', credential: crypto.getRandomValues(new Uint8Array(16)), salt: new Uint8Array(32), prf: me.prf.slice() }));
  const holders = await threeHolders(me);
  const dealt = await change(me.vault, async () => {
    const made = await me.vault.dealTrustees({ threshold: 2, people: holders });
    await api('PUT', `/deals/${made.deal}`, { kind: 'trustees', shares: sealedShares(made.shares) });
    return made;
  });
  me.deal = dealt.deal;
  me.paper = dealt.shares.find((share) => 'text' in share).text;
  await write(me);
  return me;
}

export async function write(me) {
  await logIn(me.vault);
  const client = newId();
  me.note = await me.vault.private.seal({ client, text: 'own reflections' });
  me.record = await me.vault.chart.seal({ client, sections: { plan: 'weekly' } });
  await api('PUT', `/private/notes/${me.note.record}/versions/1`, { sealed: toBase64(me.note.bytes) });
  await api('PUT', `/chart/records/${me.record.record}/versions/1`, { sealed: toBase64(me.record.bytes) });
}

/** That a vault reads what the server stores of both drawers. */
export async function reads(me, vault) {
  await logIn(vault);
  const note = await api('GET', `/private/notes/${me.note.record}`);
  const record = await api('GET', `/chart/records/${me.record.record}`);
  equal((await vault.private.open(fromBase64(note.sealed))).text, 'own reflections', 'private note');
  equal((await vault.chart.open(fromBase64(record.sealed))).sections.plan, 'weekly', 'chart record');
}

export async function sharesOf(me, holders) {
  const { one, two } = await people();
  const now = await stored(me.handle);
  const opened = [];
  for (const holder of holders) {
    if (holder === 'paper') {
      opened.push(await Share.fromText({ owner: now.owner, text: me.paper }));
      continue;
    }
    const who = holder === 'one' ? one : two;
    await logIn(who.vault);
    const { shares } = await api('GET', '/shares');
    const { deal, sealed } = shares.find((share) => share.account === me.vault.account && share.kind === 'trustees');
    opened.push(await who.vault.openShare({ owner: now.owner, kind: 'trustees', deal, sealed: fromBase64(sealed) }));
  }
  return opened;
}
