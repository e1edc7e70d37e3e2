// The account's safety: every way to unlock, the recovery drill, devices, and new keys after a theft.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testid } from './person.mjs';
import { assertQuiet, pagesOfPaper, PASSPHRASE, stage } from './support.mjs';

const NEXT = 'violet tractor hums beside 41 lakes';
const DAY = 86_400_000;
const it = stage();

async function section(person, name) {
  await person.go('account');
  await person.tab.click(testid(`account-${name}`));
}

/** An authenticator with PRF, in this browser context alone. */
async function plugInAuthenticator({ tab }) {
  const cdp = await tab.context.newCDPSession(tab.page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, hasPrf: true,
    },
  });
}

async function tryKit({ tab }, code, secret) {
  await tab.click(testid('try-kit'));
  await tab.fill(testid('drill-code'), code);
  if (secret) await tab.fill(testid('drill-secret'), secret);
  await tab.click(testid('drill-check'));
}

const hasFocus = ({ tab }, css) => tab.until(`the focus to be on ${css}`, (css) => document.activeElement.matches(css), css);

/** Changes one letter in the middle, to another one of the alphabet. */
const misspell = (code) => code.slice(0, 7) + (code[7] === 'A' ? 'B' : 'A') + code.slice(8);

/** The kinds of what the activity page lists, newest first. */
const activity = ({ tab }) => tab.evaluate(() => [...document.querySelectorAll('[data-testid="activity-item"]')].map((item) => item.dataset.kind));

test('ways to unlock', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-ways');
  const { tab } = person;
  await person.createAccount();
  await plugInAuthenticator(person);
  const first = { code: person.recoveryCode, secret: person.secret };

  await step('a passkey is added beside the passphrase, and unlocks', async () => {
    await section(person, 'ways');
    await tab.visible(testid('concern-kit-alone'));
    await tab.click(testid('add-passkey'));
    await tab.fill(testid('passkey-name'), 'Blue key');
    await tab.click(testid('submit-passkey'));
    await tab.reads(testid('passkey-status'), /Blue key.*can unlock/);
    await tab.reads(testid('ways-health'), 'All is well');
    await person.lock();
    await tab.click(testid('use-passkey'));
    await person.unlocked();
  });

  await step('the drill: a typing error, an old secret, the whole kit pasted', async () => {
    await section(person, 'ways');
    await tryKit(person, misspell(first.code), first.secret);
    await tab.reads(testid('form-error'), 'typing error');
    await tab.click(testid('drill-close'));
    await tryKit(person, `Sealed Notes recovery kit\nAccount secret: ${first.secret}\nRecovery code: ${first.code}\n`);
    await tab.reads(testid('drill-done'), /Nothing was changed/);
    await tab.click(testid('drill-close'));
    await tab.reads(testid('kit-checked'), /Last tried/);
  });

  await step('a new kit; the old code is refused, and says why', async () => {
    await tab.click(testid('new-kit'));
    await tab.click(testid('prepare-kit'));
    await tab.visible(testid('kit-sheet'));
    await hasFocus(person, '[data-testid="kit-renewal"] .step-title');
    assert.deepEqual(await pagesOfPaper(tab), [1, 1]);
    await person.confirmKit();
    await tab.visible(testid('kit-renewed'));
    assert.notEqual(person.recoveryCode, first.code);
    assert.equal(person.secret, first.secret, 'the account secret stays');
    await hasFocus(person, '[data-testid="kit-renewed"] .step-title');
    await tab.click(testid('renewal-close'));
    await hasFocus(person, 'h1');
    await tryKit(person, first.code, first.secret);
    await tab.reads(testid('drill-wrong'), /would not get you in.*replaced by a newer kit/);
    await tab.fill(testid('drill-code'), person.recoveryCode);
    await tab.click(testid('drill-check'));
    await tab.visible(testid('drill-done'));
    await tab.click(testid('drill-close'));
  });

  await step('another account\'s secret does not pass, and does not count as tried', async () => {
    const other = await it.arrive('demo-ways-other');
    await other.createAccount();
    await tryKit(person, person.recoveryCode, other.secret);
    await tab.reads(testid('drill-wrong'), /code works, but the account secret/);
    await tab.click(testid('drill-close'));
    await other.tab.close();
  });

  await step('the account secret can be shown again', async () => {
    await tab.click(testid('reveal-secret'));
    await tab.reads(testid('shown-account-secret'), person.secret);
  });

  await step('another passphrase', async () => {
    await tab.click(testid('change-passphrase'));
    await hasFocus(person, testid('current-passphrase'));
    await tab.fill(testid('current-passphrase'), 'not the passphrase at all');
    await tab.fill(testid('next-passphrase'), NEXT);
    await tab.fill(testid('next-passphrase-again'), NEXT);
    await tab.click(testid('submit-passphrase'));
    await tab.reads(testid('form-error'), 'is not right');
    await tab.fill(testid('current-passphrase'), PASSPHRASE);
    await tab.click(testid('submit-passphrase'));
    await tab.reads(testid('passphrase-status'), 'Passphrase changed');
    await hasFocus(person, '#passphrase-way');
    await person.lock();
    await person.unlock();
    await tab.reads(testid('form-error'), 'is not right');
    await person.unlock({ passphrase: NEXT });
    await person.unlocked();
  });

  await step('the passkey is removed', async () => {
    await section(person, 'ways');
    await tab.click(testid('remove-passkey'));
    await tab.click(testid('confirm-remove-passkey'));
    await tab.reads(testid('passkey-status'), /no more/);
    await tab.gone(testid('passkey-list'));
  });

  await step('a year later she is asked to try the kit', async () => {
    await person.go('clients');
    await tab.gone(testid('kit-reminder'));
    await person.lock();
    await tab.page.clock.setFixedTime(Date.now() + 370 * DAY);
    await person.unlock({ passphrase: NEXT });
    await person.unlocked();
    await section(person, 'ways');
    await tab.visible(testid('concern-untried'));
    await person.go('clients');
    await tab.reads(testid('kit-reminder'), /still have your recovery kit/);
    await section(person, 'ways');
    await tab.click(testid('health-try-kit'));
    await tab.fill(testid('drill-code'), person.recoveryCode);
    await tab.fill(testid('drill-secret'), person.secret);
    await tab.click(testid('drill-check'));
    await tab.visible(testid('drill-done'));
    await person.go('clients');
    await tab.gone(testid('kit-reminder'));
  });

  assertQuiet(tab);
});

test('devices, theft, new keys', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-theft');
  const phone = await it.arrive('demo-theft');
  const { tab } = person;
  await person.createAccount();
  const before = { code: person.recoveryCode, secret: person.secret };
  let code;

  await step('a note from before', async () => {
    await person.addClient('Demo Client');
    await person.newSession();
    await person.write('private', 'text', 'written before');
    await person.save('private', 1);
    person.note = tab.page.url();
  });

  await step('a new device is let in by its code', async () => {
    await phone.tab.open(`${it.server.url}/#/unlock`);
    await phone.view('unlock');
    await phone.tab.fill(testid('handle'), phone.handle);
    await phone.tab.fill(testid('passphrase'), phone.passphrase);
    await phone.tab.click(testid('submit-unlock'));
    await phone.tab.click(testid('ask-device'));
    code = await phone.tab.text(testid('device-code'));
    await section(person, 'devices');
    await tab.reads(testid('pending-requests'), code);
    await tab.fill(testid('request-code'), misspell(code));
    await tab.click(testid('find-request'));
    await tab.reads(testid('form-error'), 'No open request');
    await tab.fill(testid('request-code'), code.toLowerCase().replaceAll('-', ' '));
    await tab.click(testid('find-request'));
    await tab.reads(testid('request-shown-code'), code);
    await tab.click(testid('answer-request'));
    await tab.visible(testid('request-answered'));
    await phone.tab.visible(testid('device-answered'));
    await phone.tab.fill(testid('passphrase'), PASSPHRASE);
    await phone.tab.click(testid('submit-unlock'));
    await phone.unlocked();
    await phone.view('clients');
    await section(phone, 'devices');
    await phone.tab.until('both devices', () => document.querySelectorAll('[data-testid="device-item"]').length === 2);
    await phone.tab.until('both devices by name', () => !document.querySelector('[data-testid="unknown-device"]'));
  });

  await step('the first device sees the new one by name, without unlocking again', async () => {
    await section(person, 'ways');
    await section(person, 'devices');
    await tab.until('both devices by name', () => document.querySelectorAll('[data-testid="device-item"]').length === 2
      && !document.querySelector('[data-testid="unknown-device"], [data-testid="outdated"]'));
  });

  await step('a kit is prepared on the phone', async () => {
    await section(phone, 'ways');
    await phone.tab.click(testid('new-kit'));
    await phone.tab.click(testid('prepare-kit'));
    await phone.tab.visible(testid('kit-sheet'));
  });

  await step('devices are renamed', async () => {
    const mine = `${testid('device-item')}:has(${testid('this-device')})`;
    await tab.click(`${mine} ${testid('rename-device')}`);
    await tab.fill(testid('device-name-input'), 'Practice laptop');
    await tab.click(testid('submit-device-name'));
    await tab.reads(`${mine} ${testid('device-name')}`, 'Practice laptop');
  });

  await step('the kit that another device outran stays without effect; the next one comes into it', async () => {
    await phone.confirmKit();
    await phone.tab.reads(testid('kit-conflict'), /on another device.*not in effect/s);
    await phone.tab.click(testid('start-again'));
    await phone.tab.click(testid('prepare-kit'));
    await phone.confirmKit();
    await phone.tab.visible(testid('kit-renewed'));
    before.code = phone.recoveryCode;
  });

  await step('what asks in her name is stopped', async () => {
    const stranger = await it.arrive('demo-theft');
    await stranger.tab.open(`${it.server.url}/#/unlock`);
    await stranger.tab.fill(testid('handle'), stranger.handle);
    await stranger.tab.fill(testid('passphrase'), stranger.passphrase);
    await stranger.tab.click(testid('submit-unlock'));
    await stranger.tab.click(testid('ask-device'));
    const code = await stranger.tab.text(testid('device-code'));
    await person.go('clients');
    await person.lock();
    await tab.open(`${it.server.url}/#/approve/${code}`);
    await person.unlock();
    await person.view('approve');
    await tab.reads(testid('request-shown-code'), code);
    await tab.click(testid('refuse-request'));
    await tab.reads(testid('request-answered'), 'is stopped');
    await section(person, 'devices');
    await tab.visible(testid('device-list'));
    await tab.gone(testid('pending-requests'));
    await stranger.tab.close();
  });

  await step('trustees on paper', async () => {
    await section(person, 'trustees');
    await tab.click(testid('choose-trustees'));
    for (const [number, name] of [[1, 'Sister'], [2, 'Old friend'], [3, 'Lawyer']]) {
      await tab.fill(testid(`person-${number}-name`), name);
      await tab.click(testid(`person-${number}-paper`));
    }
    await tab.click(testid('submit-deal'));
    await tab.visible(testid('share-sheet'));
    for (const number of [1, 2, 3]) await tab.click(testid(`printed-${number}`));
    await tab.click(testid('shares-done'));
    await section(person, 'ways');
    await tab.reads(testid('way-trustees'), /2 of these 3.*Sister, Old friend, Lawyer/);
    await tab.reads(testid('ways-health'), 'All is well');
    await section(person, 'devices');
  });

  await step('the phone is removed: its login ends at once', async () => {
    const other = `${testid('device-item')}:not(:has(${testid('this-device')}))`;
    await tab.click(`${other} ${testid('remove-device')}`);
    await tab.click(testid('confirm-remove-device'));
    await tab.visible(`${testid('stolen-flow')}[data-step="seen"]`);
    await tab.reads(testid('gone-list'), 'Its login has ended');
    await phone.tab.click(testid('nav-shared'));
    await phone.tab.reads(testid('outdated'), /This device was removed from your account/);
  });

  await step('new keys; the answer gets lost, and the same kit is stored once more', async () => {
    await tab.reads(testid('nothing-changed'), 'have not changed yet');
    await tab.click(testid('stolen-next'));
    await tab.fill(testid('passphrase'), NEXT);
    await tab.fill(testid('passphrase-again'), NEXT);
    await tab.click(testid('stolen-prepare'));
    await tab.page.route('**/api/vault', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await person.confirmKit();
    await tab.reads(testid('form-error'), 'not stored yet');
    await tab.click(testid('confirm-kit'));
    await tab.visible(testid('rotation-done'));
    await tab.reads(testid('key-epoch'), '2');
    await tab.reads(testid('what-now'), /Sister, Old friend, Lawyer.*worthless/s);
    assert.notEqual(person.recoveryCode, before.code);
    assert.notEqual(person.secret, before.secret);
    person.passphrase = NEXT;
    await tab.click(testid('stolen-close'));
    await tab.until('this device alone', () => document.querySelectorAll('[data-testid="device-item"]').length === 1);
  });

  await step('the old note is readable and goes on, before and after locking', async () => {
    const { hash } = new URL(person.note);
    await tab.evaluate((hash) => { location.hash = hash; }, hash);
    await person.view('session');
    await person.reads('private', 'field-text', 'written before');
    await person.write('private', 'text', 'written after');
    await person.save('private', 2);
    await person.lock();
    await person.unlock({ passphrase: PASSPHRASE });
    await tab.reads(testid('form-error'), 'is not right');
    await person.unlock();
    await person.view('session');
    await person.reads('private', 'field-text', 'written after');
  });

  await step('old kit, old secret and old passphrase open nothing', async () => {
    const thief = await it.arrive('demo-theft');
    await thief.tab.open(`${it.server.url}/#/help`);
    await thief.view('help');
    await thief.tab.fill(testid('help-handle'), thief.handle);
    await thief.tab.click(testid('help-forgot-passphrase'));
    await thief.tab.fill(testid('recovery-code-input'), before.code);
    await thief.tab.click(testid('submit-recovery-code'));
    await thief.tab.reads(testid('form-error'), 'does not open this account');
    await thief.tab.open(`${it.server.url}/#/unlock`);
    await thief.view('unlock');
    for (const passphrase of [PASSPHRASE, NEXT]) {
      await thief.tab.fill(testid('handle'), thief.handle);
      await thief.tab.fill(testid('passphrase'), passphrase);
      await thief.tab.click(testid('submit-unlock'));
      await thief.tab.fill(testid('account-secret-input'), before.secret);
      await thief.tab.click(testid('submit-unlock'));
      await thief.tab.reads(testid('form-error'), 'is not right');
    }
    await thief.tab.close();
  });

  await step('the new kit opens it on a new device', async () => {
    const tablet = await it.arrive('demo-theft');
    await tablet.tab.open(`${it.server.url}/#/unlock`);
    await tablet.view('unlock');
    await tablet.tab.fill(testid('handle'), tablet.handle);
    await tablet.tab.fill(testid('passphrase'), NEXT);
    await tablet.tab.click(testid('submit-unlock'));
    await tablet.tab.fill(testid('account-secret-input'), person.secret);
    await tablet.tab.click(testid('submit-unlock'));
    await tablet.unlocked();
    await tablet.tab.close();
  });

  await step('activity tells all of it', async () => {
    await section(person, 'activity');
    await tab.visible(testid('activity-list'));
    const kinds = await activity(person);
    for (const kind of ['signed_up', 'device_added', 'device_revoked', 'rotated']) {
      assert.ok(kinds.includes(kind), `${kind} is among ${kinds}`);
    }
  });

  assertQuiet(tab, { except: /ERR_FAILED/ }); // the answer that was lost on purpose
});
