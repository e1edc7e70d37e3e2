// Every way into an account and every loss, with the package in this browser and what the real server stores.
// Each entry of `ways` throws if the account behaves otherwise than SPEC.md §8 says.
import { newId, ProfessionalWill, Share, UnlockRequest, Vault } from 'sealed-notes';
import { PASSPHRASE, NEXT, toBase64, fromBase64, api, equal, refusal, logIn, bodyOf, change, signUp, stored, people, threeHolders, sealedShares, full, write, reads, sharesOf } from './world.js';

/** The ways in, each with what it takes, and the code with which it is refused to whoever has lost that. */
const IN = {
  passphrase: {
    open: async (me) => Vault.unlock({ ...(await stored(me.handle)), passphrase: me.passphrase, accountSecret: me.accountSecret }),
    lost: async (me) => Vault.unlock({ ...(await stored(me.handle)), passphrase: 'a guess at the passphrase', accountSecret: me.accountSecret }),
    refused: 'wrong_passphrase',
  },
  passkey: {
    open: async (me) => Vault.unlockWithPasskey({ ...(await stored(me.handle)), prf: me.prf.slice() }),
    lost: async (me) => Vault.unlockWithPasskey({ ...(await stored(me.handle)), prf: crypto.getRandomValues(new Uint8Array(32)) }),
    refused: 'wrong_passkey',
  },
  'recovery code': {
    open: async (me) => Vault.unlockWithRecoveryCode({ ...(await stored(me.handle)), recoveryCode: me.recoveryCode }),
    lost: async (me) => Vault.unlockWithRecoveryCode({ ...(await stored(me.handle)), recoveryCode: (await people()).one.recoveryCode }),
    refused: 'wrong_recovery_code',
  },
  trustees: {
    open: async (me) => Vault.unlockWithShares({ ...(await stored(me.handle)), shares: await sharesOf(me, ['one', 'paper']) }),
    lost: async (me) => Vault.unlockWithShares({ ...(await stored(me.handle)), shares: await sharesOf(me, ['two']) }),
    refused: 'too_few_shares',
  },
};

/** By the share on paper: those that were sealed are no longer handed out once their slot is gone. */
const onPaper = async (me) => Vault.unlockWithShares({ ...(await stored(me.handle)), shares: await sharesOf(me, ['paper']) });

export const ways = {};

let everything;
const shared = () => (everything ??= full());

const names = Object.keys(IN);
for (let mask = 0; mask < 1 << names.length; mask++) {
  const left = names.filter((_, at) => mask & (1 << at));
  const lost = names.filter((name) => !left.includes(name));
  ways[left.length ? `lost: ${lost.join(', ') || 'nothing'}; comes in by: ${left.join(', ')}` : 'everything is lost: nobody comes in'] = async () => {
    const me = await shared();
    for (const name of left) await reads(me, await IN[name].open(me));
    for (const name of lost) equal(await refusal(() => IN[name].lost(me)), IN[name].refused, name);
  };
}

for (const [name, [replace, expected]] of Object.entries({
  'recovery code with a typing error': [(me) => ({ recoveryCode: typo(me.recoveryCode) }), 'invalid_recovery_code'],
  'account secret in the code\'s place': [(me) => ({ recoveryCode: me.accountSecret }), 'invalid_recovery_code'],
})) {
  ways[`kit: ${name}`] = async () => {
    const me = await shared();
    equal(await refusal(async () => Vault.unlockWithRecoveryCode({ ...(await stored(me.handle)), ...replace(me) })), expected, name);
  };
}

ways['kit: account secret with a typing error'] = async () => {
  const me = await shared();
  const unlock = async (accountSecret) => Vault.unlock({ ...(await stored(me.handle)), passphrase: me.passphrase, accountSecret });
  equal(await refusal(() => unlock(typo(me.accountSecret))), 'invalid_account_secret', 'typo');
  equal(await refusal(async () => unlock((await people()).one.accountSecret)), 'wrong_passphrase', 'somebody else\'s');
  await unlock(me.accountSecret.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'));
};

const typo = (text) => text.replace(/.$/, (last) => (last === '7' ? '8' : '7'));

ways['no first note without a confirmed kit; what is typed is kept as a draft'] = async () => {
  const { tenant } = await api('GET', '/server');
  const { vault } = await Vault.create({ passphrase: PASSPHRASE, tenant });
  equal(await refusal(() => vault.private.seal({ client: newId(), text: 'x' })), 'no_recovery', 'private');
  equal(await refusal(() => vault.chart.seal({ client: newId(), sections: { plan: 'x' } })), 'no_recovery', 'chart');
  const draft = { record: newId(), client: newId(), baseVersion: 0, text: 'typed' };
  equal(await vault.private.openDraft(await vault.private.sealDraft(draft)), draft, 'draft');
};

ways['a recovery code works once: reads all, seals nothing, is replaced, and then refused'] = async () => {
  const me = await full();
  const vault = await IN['recovery code'].open(me);
  await reads(me, vault);
  equal(await refusal(() => vault.private.seal({ client: newId(), text: 'x' })), 'no_recovery', 'sealing');
  const used = me.recoveryCode;
  const kit = await vault.prepareKit({ passphrase: NEXT });
  await kit.confirm(kit.recoveryCode);
  await change(vault, () => kit.change());
  await kit.commit();
  await vault.private.seal({ client: newId(), text: 'x' });
  Object.assign(me, { passphrase: NEXT, recoveryCode: kit.recoveryCode });
  for (const name of names) await reads(me, await IN[name].open(me));
  equal(await refusal(async () => Vault.unlockWithRecoveryCode({ ...(await stored(me.handle)), recoveryCode: used })), 'wrong_recovery_code', 'used code');
};

ways['each way is replaced or removed alone, and no note is touched'] = async () => {
  const me = await full();
  const before = me.recoveryCode;
  await change(me.vault, (slots) => me.vault.changePassphrase({ current: me.passphrase, next: NEXT, slots }));
  me.passphrase = NEXT;
  const kit = await me.vault.prepareKit();
  await kit.confirm(kit.recoveryCode);
  await change(me.vault, () => kit.change());
  await kit.commit();
  me.recoveryCode = kit.recoveryCode;
  for (const name of names) await reads(me, await IN[name].open(me));
  equal(await refusal(async () => Vault.unlockWithRecoveryCode({ ...(await stored(me.handle)), recoveryCode: before })), 'wrong_recovery_code', 'old code');
  const slot = (kind) => me.vault.unlockSlots().find((it) => it.kind === kind).slot;
  equal(await refusal(() => me.vault.removeSlot(slot('recovery-code'))), 'last_way_back', 'the last code');
  for (const [kind, name, code] of [['passkey', 'passkey', 'unknown_slot'], ['trustees', 'trustees', 'unknown_slot']]) {
    await change(me.vault, () => me.vault.removeSlot(slot(kind)));
    equal(await refusal(() => (name === 'trustees' ? onPaper(me) : IN[name].open(me))), code, `removed ${kind}`);
  }
  for (const name of ['passphrase', 'recovery code']) await reads(me, await IN[name].open(me));
  equal(await refusal(() => me.vault.removeSlot(slot('passphrase'))), 'last_way_back', 'the last everyday way');
};

ways['trustees: every two of three, and no one alone'] = async () => {
  const me = await shared();
  const open = async (holders) => Vault.unlockWithShares({ ...(await stored(me.handle)), shares: await sharesOf(me, holders) });
  for (const pair of [['one', 'two'], ['one', 'paper'], ['two', 'paper'], ['one', 'two', 'paper']]) await reads(me, await open(pair));
  for (const alone of [['one'], ['two'], ['paper'], ['one', 'one'], []]) equal(await refusal(() => open(alone)), 'too_few_shares', alone.join());
};

ways['trustees: a tampered or mistyped share is named and never used'] = async () => {
  const me = await shared();
  const { owner } = await stored(me.handle);
  equal(await refusal(() => Share.fromText({ owner, text: typo(me.paper) })), 'invalid_share', 'typo');
  const other = await full();
  const foreign = await Share.fromText({ owner: (await stored(other.handle)).owner, text: other.paper });
  equal(await refusal(() => Share.fromText({ owner, text: other.paper })), 'wrong_share', 'somebody else\'s paper');
  const [one] = await sharesOf(me, ['one']);
  equal(await refusal(async () => Vault.unlockWithShares({ ...(await stored(me.handle)), shares: [one, foreign] })), 'wrong_share', 'mixed');
  const { one: colleague } = await people();
  await logIn(colleague.vault);
  const { sealed } = (await api('GET', '/shares')).shares.find((share) => share.account === me.vault.account);
  const bytes = fromBase64(sealed);
  bytes[bytes.length - 1] ^= 1;
  equal(await refusal(() => colleague.vault.openShare({ owner, kind: 'trustees', deal: me.deal, sealed: bytes })), 'tampered', 'tampered in the database');
};

ways['trustees: an earlier dealing opens nothing any more'] = async () => {
  const me = await full();
  const old = me.paper;
  const holders = await threeHolders(me);
  const dealt = await change(me.vault, async () => {
    const made = await me.vault.dealTrustees({ threshold: 2, people: holders });
    await api('PUT', `/deals/${made.deal}`, { kind: 'trustees', shares: sealedShares(made.shares) });
    return made;
  });
  const { owner, ...now } = await stored(me.handle);
  const [one] = await sharesOf(me, ['one']);
  const earlier = await Share.fromText({ owner, text: old });
  equal(await refusal(() => Vault.unlockWithShares({ ...now, owner, shares: [one, earlier] })), 'wrong_share', 'earlier paper');
  me.paper = dealt.shares.find((share) => 'text' in share).text;
  await reads(me, await IN.trustees.open(me));
};

ways['trustees: asked over the server, they answer the request whose code was read to them'] = async () => {
  const me = await full();
  const { one, two } = await people();
  const { owner, ...now } = await stored(me.handle);
  const request = await UnlockRequest.make({ account: owner.account, kind: 'trustees' });
  const { request: hash } = await api('POST', '/requests', { request: toBase64(request.bytes) });
  const kept = await request.keep({ passphrase: NEXT });
  request.discard();
  for (const who of [one, two]) {
    await logIn(who.vault);
    const asked = (await api('GET', '/requests')).requests.find((it) => it.request === hash);
    const { deal, sealed } = (await api('GET', '/shares')).shares.find((share) => share.account === me.vault.account && share.kind === 'trustees');
    const share = await who.vault.openShare({ owner, kind: 'trustees', deal, sealed: fromBase64(sealed) });
    const answer = (code) => who.vault.answerWithShare({ share, request: fromBase64(asked.sealed), code });
    equal(await refusal(() => answer('7777-7777-7777-7777')), 'wrong_code', 'another code');
    await api('POST', `/requests/${hash}/answers`, { sealed: toBase64(await answer(request.code)) });
  }
  const resumed = await UnlockRequest.resume({ bytes: request.bytes, kept, passphrase: NEXT });
  const { answers } = await api('GET', `/requests/${hash}`);
  const shares = await Promise.all(answers.map((answer) => resumed.openShare(fromBase64(answer))));
  await reads(me, await Vault.unlockWithShares({ ...now, owner, shares }));
};

ways['a new device: the account secret comes sealed, the passphrase is typed there'] = async () => {
  const me = await shared();
  const now = await stored(me.handle);
  const request = await UnlockRequest.make({ account: me.vault.account, kind: 'device' });
  const { request: hash } = await api('POST', '/requests', { request: toBase64(request.bytes) });
  const { one } = await people();
  await logIn(one.vault);
  equal((await api('GET', '/requests')).requests.filter((it) => it.request === hash), [], 'others do not see it');
  await logIn(me.vault);
  const asked = (await api('GET', '/requests')).requests.find((it) => it.request === hash);
  const answer = await me.vault.answerDevice({ request: fromBase64(asked.sealed), code: request.code });
  await api('POST', `/requests/${hash}/answers`, { sealed: toBase64(answer) });
  const { answers } = await api('GET', `/requests/${hash}`);
  const { accountSecret } = await request.openDeviceAnswer(fromBase64(answers[0]));
  await reads(me, await Vault.unlock({ ...now, passphrase: me.passphrase, accountSecret }));
  equal(await refusal(() => Vault.unlock({ ...now, passphrase: NEXT, accountSecret })), 'wrong_passphrase', 'without the passphrase');
};

ways['a revoked device: its login ends at once, and it does not come back'] = async () => {
  const me = await signUp();
  await write(me);
  const [here, gone] = [newId(), newId()];
  await logIn(me.vault, gone);
  await logIn(me.vault, here);
  const listed = (await api('GET', '/devices')).devices;
  equal(listed.map(({ device }) => device).sort(), [here, gone].sort(), 'devices');
  await api('DELETE', `/devices/${gone}`);
  equal(await refusal(() => logIn(me.vault, gone)), 'device_revoked', 'the revoked device');
  await logIn(me.vault, here);
  equal((await api('GET', '/devices')).devices.map(({ device }) => device), [here], 'devices left');
};

/** What works after an interrupted rotation: either the old secrets or the new ones, and every note. */
async function afterwards(me, kit, inEffect) {
  const old = { passphrase: me.passphrase, accountSecret: me.accountSecret, recoveryCode: me.recoveryCode };
  const next = { passphrase: NEXT, accountSecret: kit.accountSecret, recoveryCode: kit.recoveryCode };
  const [works, refused] = inEffect ? [next, old] : [old, next];
  for (const name of ['passphrase', 'recovery code']) {
    const vault = await IN[name].open({ ...me, ...works });
    await reads(me, vault);
    equal(vault.epoch, inEffect ? 2 : 1, `epoch by ${name}`);
    equal(await refusal(() => IN[name].open({ ...me, ...refused })), IN[name].refused, `${inEffect ? 'old' : 'new'} ${name}`);
  }
  const kept = ['passkey', 'trustees'];
  for (const name of kept) {
    if (inEffect) equal(await refusal(() => (name === 'trustees' ? onPaper(me) : IN[name].open(me))), 'unknown_slot', `${name}, which a rotation removes`);
    else await reads(me, await IN[name].open(me));
  }
}

async function rotating(stop) {
  const me = await full();
  const vault = await IN.passphrase.open(me);
  await logIn(vault);
  const kit = await vault.prepareRotation({ passphrase: NEXT });
  const inEffect = await stop({ me, vault, kit, put: async () => bodyOf(await kit.change(), vault.generation) });
  vault.lock(); // the tab is gone
  await afterwards(me, kit, inEffect);
}

ways['rotation stopped after it was prepared'] = () => rotating(async () => false);
ways['rotation stopped after its kit was confirmed'] = () =>
  rotating(async ({ kit }) => {
    await kit.confirm(kit.recoveryCode);
    return false;
  });
ways['rotation whose kit was not confirmed cannot be stored'] = () =>
  rotating(async ({ kit }) => {
    equal(await refusal(() => kit.change()), 'no_recovery', 'unconfirmed');
    equal(await refusal(() => kit.confirm(typo(kit.recoveryCode))), 'invalid_recovery_code', 'typo');
    return false;
  });
ways['rotation stopped before its request arrives'] = () =>
  rotating(async ({ kit, put }) => {
    await kit.confirm(kit.recoveryCode);
    const body = await put();
    await fetch('/api/vault', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body).slice(0, -20) });
    return false;
  });
ways['rotation whose answer is lost'] = () =>
  rotating(async ({ kit, put }) => {
    await kit.confirm(kit.recoveryCode);
    await api('PUT', '/vault', await put());
    return true; // stored, but never committed here
  });
ways['rotation whose answer is lost, sent again'] = () =>
  rotating(async ({ vault, kit, put }) => {
    await kit.confirm(kit.recoveryCode);
    const body = await put();
    await api('PUT', '/vault', body);
    await api('PUT', '/vault', body);
    await kit.commit();
    equal(vault.epoch, 2, 'epoch');
    return true;
  });
ways['rotation while a second device saves: a conflict, and nothing has changed'] = () =>
  rotating(async ({ me, kit, put }) => {
    await kit.confirm(kit.recoveryCode);
    const body = await put();
    const second = await IN.passphrase.open(me);
    await change(second, () => second.addDevice({ device: newId(), name: 'Second' }));
    equal(await refusal(() => api('PUT', '/vault', body)), 'conflict', 'stale rotation');
    equal((await IN.passphrase.open(me)).devices().map(({ name }) => name), ['Second'], 'what the second device saved');
    return false;
  });
ways['rotation carried through: other logins end, old notes open, new ones need the new keys'] = () =>
  rotating(async ({ me, vault, kit, put }) => {
    await kit.confirm(kit.recoveryCode);
    await api('PUT', '/vault', await put());
    await kit.commit();
    const next = await vault.private.edit(me.note.bytes, { text: 'after' });
    equal(await refusal(() => me.vault.private.open(next.bytes)), 'tampered', 'the old keyring');
    equal((await vault.private.open(next.bytes)).text, 'after', 'the new keyring');
    equal(await refusal(() => logIn(me.vault)), 'not_logged_in', 'a login under the old key');
    await logIn(vault);
    return true;
  });

async function willOf(scope, waitingDays) {
  const me = await signUp();
  await write(me);
  const executors = await threeHolders(me);
  const issued = await change(me.vault, async () => {
    const made = await me.vault.issueWill({ scope, waitingDays, threshold: 2, executors });
    await api('PUT', `/deals/${made.deal}`, { kind: 'will', will: toBase64(made.will), shares: sealedShares(made.shares) });
    return made;
  });
  return { me, issued, paper: issued.shares.find((share) => 'text' in share).text };
}

async function claim({ me }) {
  const { one } = await people();
  await logIn(one.vault);
  await api('POST', `/wills/${me.vault.account}/claims`, { request: toBase64(await one.vault.claimWill(me.vault.account)) });
}

async function ownShare({ me, issued }) {
  const { one } = await people();
  await logIn(one.vault);
  const { sealed } = (await api('GET', '/shares')).shares.find((share) => share.deal === issued.deal);
  return one.vault.openShare({ owner: (await stored(me.handle)).owner, kind: 'will', deal: issued.deal, sealed: fromBase64(sealed) });
}

for (const scope of ['chart', 'chart-and-private']) {
  ways[`professional will of scope ${scope}: two executors open that, one opens nothing`] = async () => {
    const it = await willOf(scope, 0);
    const { me } = it;
    const { two } = await people();
    await logIn(two.vault);
    equal(await refusal(() => api('GET', `/wills/${me.vault.account}/will`)), 'not_found', 'without a claim');
    await claim(it);
    const { sealed } = await api('GET', `/wills/${me.vault.account}/will`);
    const { owner } = await stored(me.handle);
    const shares = [await ownShare(it), await Share.fromText({ owner, text: it.paper })];
    const open = (some) => ProfessionalWill.open({ will: fromBase64(sealed), owner, shares: some });
    equal(await refusal(() => open(shares.slice(0, 1))), 'too_few_shares', 'one share');
    const will = await open(shares);
    const { records } = await api('GET', `/wills/${me.vault.account}/chart`);
    equal((await will.openChart(fromBase64(records[0].sealed))).sections.plan, 'weekly', 'chart');
    if (scope === 'chart') {
      equal(await refusal(() => will.openPrivate(me.note.bytes)), 'out_of_scope', 'private drawer');
      equal(await refusal(() => api('GET', `/wills/${me.vault.account}/private`)), 'out_of_scope', 'from the server');
    } else {
      const { notes } = await api('GET', `/wills/${me.vault.account}/private`);
      equal((await will.openPrivate(fromBase64(notes[0].sealed))).text, 'own reflections', 'private drawer');
    }
    will.close();
  };
}

ways['professional will: the server waits, and the owner cancels'] = async () => {
  const it = await willOf('chart', 30);
  const { me } = it;
  await claim(it);
  const will = () => api('GET', `/wills/${me.vault.account}/will`);
  equal(await refusal(will), 'waiting', 'at once');
  await logIn(me.vault);
  const { claims } = (await api('GET', '/will')).will;
  equal(claims.length, 1, 'the owner sees it');
  await api('DELETE', `/requests/${claims[0].request}`);
  const kinds = (await api('GET', '/events')).events.map(({ kind }) => kind);
  for (const kind of ['will_issued', 'will_claimed', 'will_cancelled']) if (!kinds.includes(kind)) throw new Error(`no ${kind} on record`);
  await logIn((await people()).one.vault);
  equal(await refusal(will), 'cancelled', 'cancelled');
};
