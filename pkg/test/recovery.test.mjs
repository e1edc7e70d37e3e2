// Ways in, the kit, rotation, people: as an embedding page uses them.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { checkRecoveryCode, createPasskey, evaluatePasskey, hasPasskey, Identity, inspectRequest, newId, ProfessionalWill, Share, UnlockRequest, Vault } from 'sealed-notes';
import { account, PASSPHRASE, place, refuses, verify } from './support.mjs';

let colleague;
let biller;
before(async () => {
  [colleague, biller] = [await account(), await account()];
});

const NEXT = 'an entirely different passphrase';

/** What a server holds of an account. */
class Stored {
  constructor({ vault, sealedVault, slots, keyLogEntry }) {
    this.account = vault.account;
    this.sealedVault = sealedVault;
    this.slots = slots;
    this.keyLog = [keyLogEntry];
  }

  store({ sealedVault, slots, keyLogEntries }, kept = this.slots) {
    this.sealedVault = sealedVault;
    this.slots = [...slots, ...kept];
    this.keyLog.push(...keyLogEntries);
  }

  identity = () => Identity.fromKeyLog(this.account, this.keyLog);
}

describe('recovery kit', () => {
  test('nothing is sealed before its code was typed back; drafts are', async () => {
    const { vault, recoveryCode, slots, sealedVault, accountSecret } = await Vault.create({ passphrase: PASSPHRASE });
    assert.equal(vault.hasConfirmedRecovery, false);
    await refuses('no_recovery', () => vault.private.seal({ ...place(), text: 'x' }));
    await refuses('no_recovery', () => vault.chart.seal({ ...place(), sections: { note: 'x' } }));
    await vault.private.openDraft(await vault.private.sealDraft({ record: newId(), ...place(), baseVersion: 0, text: 'x' }));
    assert.equal(checkRecoveryCode(recoveryCode), true);
    assert.equal(checkRecoveryCode(accountSecret), false);
    await refuses('invalid_recovery_code', () => vault.confirmRecoveryCode({ code: accountSecret, slots }));
    await refuses('wrong_recovery_code', () => vault.confirmRecoveryCode({ code: colleague.recoveryCode, slots }));
    await vault.confirmRecoveryCode({ code: recoveryCode.toLowerCase().replaceAll('-', ' '), slots });
    assert.equal(vault.hasConfirmedRecovery, true);
    await vault.private.seal({ ...place(), text: 'x' });
    assert.equal((await Vault.unlock({ passphrase: PASSPHRASE, accountSecret, sealedVault, slots })).hasConfirmedRecovery, false, 'until the change is stored');
    assert.equal(await vault.checkAccountSecret(accountSecret), true);
    assert.equal(await vault.checkAccountSecret(colleague.accountSecret), false);
    await refuses('invalid_account_secret', () => vault.checkAccountSecret('ABCD'));
    const kinds = vault.unlockSlots().map(({ kind, checkedAt }) => [kind, checkedAt instanceof Date]);
    assert.deepEqual(kinds, [['passphrase', false], ['recovery-code', true]]);
  });

  test('a code works once, and is replaced together with the passphrase', async () => {
    const made = await account();
    const { recoveryCode, accountSecret } = made;
    const stored = new Stored(made);
    const vault = await Vault.unlockWithRecoveryCode({ ...stored, recoveryCode });
    await refuses('no_recovery', () => vault.private.seal({ ...place(), text: 'x' }));
    const kit = await vault.prepareKit({ passphrase: NEXT });
    await refuses('no_recovery', () => kit.change());
    await refuses('wrong_recovery_code', () => kit.confirm(recoveryCode));
    await kit.confirm(kit.recoveryCode);
    stored.store(await kit.change(), []);
    await kit.commit();
    await refuses('invalid_input', () => kit.change());
    await vault.private.seal({ ...place(), text: 'x' });
    assert.equal(kit.accountSecret, accountSecret);
    await refuses('wrong_recovery_code', () => Vault.unlockWithRecoveryCode({ ...stored, recoveryCode }));
    await Vault.unlockWithRecoveryCode({ ...stored, recoveryCode: kit.recoveryCode });
    await Vault.unlock({ ...stored, passphrase: NEXT, accountSecret });
  });

  test('a discarded kit leaves the vault as it was', async () => {
    const { vault, recoveryCode, slots } = await account();
    const { generation } = vault;
    const kit = await vault.prepareKit();
    kit.discard();
    await refuses('invalid_input', () => kit.confirm(kit.recoveryCode));
    assert.equal(vault.generation, generation);
    await vault.confirmRecoveryCode({ code: recoveryCode, slots });
  });
});

describe('rotation', () => {
  test('a change on another device is taken over', async () => {
    const made = await account();
    const other = await Vault.unlock({ ...made, passphrase: PASSPHRASE });
    const { sealedVault } = await other.addDevice({ device: newId(), name: 'Phone' });
    assert.equal(await made.vault.refresh(sealedVault), true);
    assert.equal(await made.vault.refresh(sealedVault), false);
    assert.equal(await made.vault.refresh(made.sealedVault), false, 'never back');
    assert.deepEqual([made.vault.generation, made.vault.devices().map(({ name }) => name)], [other.generation, ['Phone']]);
    await refuses('tampered', () => made.vault.refresh(colleague.sealedVault));
  });

  test('new secrets work, old ones do not, old notes open', async () => {
    const made = await account();
    const { vault } = made;
    const stored = new Stored(made);
    const device = newId();
    await vault.addDevice({ device, name: 'Old laptop' });
    assert.deepEqual(vault.devices().map(({ name }) => name), ['Old laptop']);
    const old = await vault.private.seal({ ...place(), text: 'before' });
    const kit = await vault.prepareRotation({ passphrase: NEXT, forget: [device] });
    assert.equal(vault.epoch, 1, 'nothing has changed yet');
    await kit.confirm(kit.recoveryCode);
    stored.store(await kit.change(), []);
    await kit.commit();
    assert.equal(vault.epoch, 2);
    assert.deepEqual(vault.devices(), []);
    assert.equal((await vault.private.open(old.bytes)).text, 'before');
    const next = await vault.private.edit(old.bytes, { text: 'after' });
    const elsewhere = await Vault.unlock({ ...made, passphrase: PASSPHRASE, accountSecret: made.accountSecret });
    await refuses('rotated', () => elsewhere.refresh(stored.sealedVault));
    const again = await Vault.unlock({ ...stored, passphrase: NEXT, accountSecret: kit.accountSecret });
    assert.equal((await again.private.open(next.bytes)).text, 'after');
    for (const [passphrase, accountSecret] of [[NEXT, made.accountSecret], [PASSPHRASE, kit.accountSecret], [PASSPHRASE, made.accountSecret]]) {
      await refuses('wrong_passphrase', () => Vault.unlock({ ...stored, passphrase, accountSecret }));
    }
    assert.equal((await stored.identity()).fingerprint, made.vault.fingerprint);
    assert.equal((await vault.verified(await stored.identity())).account, vault.account);
    await refuses('tampered', () => Identity.fromKeyLog(vault.account, [...stored.keyLog, colleague.keyLogEntry]));
  });
});

describe('passkeys', () => {
  test('a PRF output opens, and is overwritten', async () => {
    const made = await account();
    const stored = new Stored(made);
    const prf = new Uint8Array(32).fill(7);
    const given = prf.slice();
    stored.store(await made.vault.addPasskey({ name: 'Key', credential: new Uint8Array([1, 2, 3]), salt: new Uint8Array(32), prf: given }));
    assert.ok(given.every((byte) => byte === 0));
    assert.equal(await hasPasskey(stored.slots), true);
    assert.equal(await hasPasskey(made.slots), false);
    const vault = await Vault.unlockWithPasskey({ ...stored, prf });
    assert.equal(vault.account, made.vault.account);
    await refuses('wrong_passkey', () => Vault.unlockWithPasskey({ ...stored, prf: new Uint8Array(32).fill(8) }));
    await refuses('invalid_input', () => Vault.unlockWithPasskey({ ...stored, prf: new Uint8Array(0) }));
    const slot = (kind) => made.vault.unlockSlots().find((it) => it.kind === kind).slot;
    await refuses('last_way_back', () => made.vault.removeSlot(slot('recovery-code')));
    const passphrase = slot('passphrase');
    assert.deepEqual((await made.vault.removeSlot(passphrase)).removed, [passphrase]);
    await refuses('last_way_back', () => made.vault.removeSlot(slot('passkey')));
  });

  test('where there is no WebAuthn, it says so', async () => {
    await refuses('passkey_unavailable', () => createPasskey({ account: colleague.vault.account, userName: 'x', slots: [] }));
    await refuses('unknown_slot', () => evaluatePasskey({ slots: colleague.slots }));
  });
});

describe('people', () => {
  const three = async (of) => [
    { name: 'Colleague', to: await verify(of, colleague) },
    { name: 'Biller', to: await verify(of, biller) },
    { name: 'Sister' },
  ];
  const opened = async (who, dealt, at, owner, kind) => who.vault.openShare({ owner, kind, deal: dealt.deal, sealed: dealt.shares[at].bytes });

  test('two of three trustees let somebody back in who lost everything', async () => {
    const made = await account();
    const stored = new Stored(made);
    const dealt = await made.vault.dealTrustees({ threshold: 2, people: await three(made) });
    stored.store(dealt.change);
    assert.deepEqual(made.vault.deals().map(({ kind, threshold, shares }) => [kind, threshold, shares.map(({ name }) => name)]), [['trustees', 2, ['Colleague', 'Biller', 'Sister']]]);
    const owner = await stored.identity();
    const request = await UnlockRequest.make({ account: stored.account, kind: 'trustees' });
    assert.match(request.code, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
    assert.deepEqual(await inspectRequest(request.bytes), { account: stored.account, kind: 'trustees', code: request.code });
    const share = await opened(colleague, dealt, 0, owner, 'trustees');
    assert.deepEqual([share.number, share.count, share.threshold, share.account], [1, 3, 2, stored.account]);
    await refuses('wrong_code', () => colleague.vault.answerWithShare({ share, request: request.bytes, code: 'AAAA-AAAA-AAAA-AAAA' }));
    const answer = await colleague.vault.answerWithShare({ share, request: request.bytes, code: request.code });
    const kept = await request.keep({ passphrase: NEXT });
    request.discard();
    await refuses('invalid_input', () => request.openShare(answer));
    await refuses('wrong_passphrase', () => UnlockRequest.resume({ bytes: request.bytes, kept, passphrase: PASSPHRASE }));
    const resumed = await UnlockRequest.resume({ bytes: request.bytes, kept, passphrase: NEXT });
    const first = await resumed.openShare(answer);
    const second = await Share.fromText({ owner, text: dealt.shares[2].text });
    await refuses('too_few_shares', () => Vault.unlockWithShares({ ...stored, owner, shares: [first] }));
    await refuses('invalid_share', () => Share.fromText({ owner, text: dealt.shares[2].text.slice(1) }));
    const vault = await Vault.unlockWithShares({ ...stored, owner, shares: [first, second] });
    assert.equal(vault.account, stored.account);
  });

  test('a new device is sent the account secret, sealed', async () => {
    const made = await account();
    const request = await UnlockRequest.make({ account: made.vault.account, kind: 'device' });
    await refuses('wrong_code', () => made.vault.answerDevice({ request: request.bytes, code: 'nothing' }));
    await refuses('wrong_object', () => colleague.vault.answerDevice({ request: request.bytes, code: request.code }));
    const answer = await made.vault.answerDevice({ request: request.bytes, code: request.code });
    assert.equal((await request.openDeviceAnswer(answer)).accountSecret, made.accountSecret);
  });

  test('what is no number, choice or list is refused, and leaves a vault that works and locks', async () => {
    const made = await account();
    const { vault, recoveryCode } = made;
    const executors = [{ name: 'One' }, { name: 'Two' }, { name: 'Three' }];
    const good = { scope: 'chart', waitingDays: 7, threshold: 2, executors };
    for (const wrong of [{ waitingDays: undefined }, { waitingDays: 0.5 }, { waitingDays: -1 }, { threshold: 2.9 }, { scope: 'private' }]) {
      await refuses('invalid_input', () => vault.issueWill({ ...good, ...wrong }));
    }
    await refuses('invalid_input', () => vault.dealTrustees({ threshold: 2.5, people: executors }));
    await refuses('invalid_input', () => UnlockRequest.make({ account: vault.account, kind: 'will' }));
    const { bytes } = await vault.chart.seal({ ...place(), sections: { note: 'x' } });
    for (const list of [undefined, null, 5, {}, [5]]) {
      await refuses('invalid_input', () => vault.confirmRecoveryCode({ code: recoveryCode, slots: list }));
      await refuses('invalid_input', () => vault.changePassphrase({ current: PASSPHRASE, next: NEXT, slots: list }));
      await refuses('invalid_input', () => Vault.unlock({ ...made, passphrase: PASSPHRASE, slots: list }));
      await refuses('invalid_input', () => Identity.fromKeyLog(vault.account, list));
      await refuses('invalid_input', () => vault.chart.readers({ bytes, grants: list }));
      await refuses('invalid_input', () => vault.prepareRotation({ passphrase: NEXT, forget: list ?? 5 }));
    }
    await refuses('invalid_input', () => Vault.create({ passphrase: PASSPHRASE, tenant: 5 }));
    await vault.confirmRecoveryCode({ code: recoveryCode, slots: made.slots });
    vault.lock();
    assert.equal(vault.locked, true);
  });

  for (const scope of ['chart', 'chart-and-private']) {
    test(`executors open a will of scope ${scope}, and only that`, async () => {
      const made = await account();
      const { vault } = made;
      const owner = await new Stored(made).identity();
      const note = await vault.private.seal({ ...place(), text: 'own reflections' });
      const record = await vault.chart.seal({ ...place(), sections: { plan: 'Weekly' } });
      const issued = await vault.issueWill({ scope, waitingDays: 7, threshold: 2, executors: await three(made) });
      const request = await colleague.vault.claimWill(vault.account);
      const { code } = await inspectRequest(request);
      assert.deepEqual([await colleague.vault.madeRequest(request), await biller.vault.madeRequest(request)], [true, false]);
      const answer = await biller.vault.answerWithShare({ share: await opened(biller, issued, 1, owner, 'will'), request, code });
      const shares = [await opened(colleague, issued, 0, owner, 'will'), await colleague.vault.openAnswer({ request, answer })];
      await refuses('too_few_shares', () => ProfessionalWill.open({ will: issued.will, owner, shares: [shares[0], shares[0]] }));
      const will = await ProfessionalWill.open({ will: issued.will, owner, shares });
      assert.deepEqual([will.scope, will.account], [scope, vault.account]);
      assert.equal((await will.openChart(record.bytes)).sections.plan, 'Weekly');
      if (scope === 'chart') await refuses('out_of_scope', () => will.openPrivate(note.bytes));
      else assert.equal((await will.openPrivate(note.bytes)).text, 'own reflections');
      will.close();
      await refuses('locked', () => will.openChart(record.bytes));
      assert.deepEqual(vault.deals().map(({ kind }) => kind), ['will']);
      await vault.revokeWill();
      assert.deepEqual(vault.deals(), []);
    });
  }
});
