// Whose keys are whose: changed keys wait for a decision, an older or another key log is refused, and nothing else is held up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identity } from '../../pkg/dist/index.js';
import { sql } from './database.mjs';
import { OtherDevice } from './other-device.mjs';
import { testid } from './person.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();
const EARLIER = 'Written before the keys changed.';
const LATER = 'Written with the new keys.';
const NEXT = ['lantern orbit meadow plum 7', 'walnut ferry candle brook 8'];

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
const here = (css) => document.querySelector(css) !== null;

const standing = (reader, handle, state) =>
  reader.tab.until(`${handle} to be shown as ${state}`, (handle, state) => {
    const items = [...document.querySelectorAll('[data-testid="shared-item"]')].filter((item) => item.textContent.includes(handle));
    return items.length > 0 && items.every((item) => item.querySelector(`[data-testid="standing"][data-state="${state}"]`));
  }, handle, state);

/** Another device of theirs: it has from the server what the page stored there. */
const elsewhere = ({ handle, passphrase, secret }) => OtherDevice.unlock({ url: it.server.url, handle, passphrase, secret });
const keyLog = async (device, handle) => (await device.call('GET', `/accounts/${handle}/keys`)).keyLog.map(bytes);

test('changed keys', async (t) => {
  const step = it.steps(t);
  const [ann, bert, carl] = [await it.arrive('demo-ann'), await it.arrive('demo-bert'), await it.arrive('demo-carl')];
  const records = {};
  let former;

  await step('notes shared, authors verified', async () => {
    for (const person of [ann, bert, carl]) await person.createAccount();
    records.earlier = await ann.shareNew(EARLIER, bert);
    records.carls = await carl.shareNew('From somebody else.', bert);
    for (const author of [ann, carl]) await bert.openShared(author);
    former = await elsewhere(ann);
    await ann.makeNewKeys(NEXT[0]);
    records.later = await ann.shareNew(LATER, bert, { known: true });
  });

  await step('what the former keys signed opens; what the new ones signed waits, and says why', async () => {
    await bert.go('shared');
    await standing(bert, ann.handle, 'keys-changed');
    await standing(bert, carl.handle, 'verified');
    await bert.openRecord(records.earlier);
    assert.equal(await bert.sharedText('plan'), EARLIER);
    await bert.openRecord(records.later);
    await bert.tab.reads(testid('shared-waits'), /signed with the new keys/);
    await bert.tab.reads(testid('keys-changed'), /demo-ann has made new keys on .*, after you compared the fingerprint.*call or in person.*Do not ask through this page/s);
    await bert.tab.gone(testid('shared-record'));
  });

  await step('sharing with them is blocked until there is a decision', async () => {
    const { tab } = bert;
    await bert.addClient('Demo Client');
    await bert.newSession();
    await bert.write('chart', 'plan', 'Not for new keys.');
    await bert.save('chart', 1);
    await bert.click('chart', 'share');
    await tab.fill(testid('share-handle'), ann.handle);
    await tab.click(testid('share-find'));
    await tab.visible(testid('keys-changed'));
    assert.equal(await tab.evaluate(here, testid('grant')), false);
    await tab.click(testid('leave-keys'));
    await tab.gone(testid('share-dialog'));
    await bert.reads('chart', 'readers', /^$/);
  });

  await step('that the keys changed is remembered for other devices, without a decision', async () => {
    const device = await elsewhere(bert);
    const entries = await keyLog(device, ann.handle);
    assert.equal(entries.length, 2);
    const account = ann.account ??= (await device.call('GET', `/accounts/${ann.handle}/keys`)).account;
    assert.equal((await device.vault.trust.standing(await Identity.fromKeyLog(account, entries))).standing, 'keys-changed');
    const older = await Identity.fromKeyLog(account, entries.slice(0, 1));
    await assert.rejects(device.vault.trust.standing(older), { code: 'rolled_back' });
  });

  await step('an older and another key log are refused; nobody else is held up', async () => {
    const { tab } = bert;
    const [[, entry, epoch]] = sql(it.server, 'SELECT sequence, entry, epoch FROM key_log WHERE account = ? AND sequence = 1', ann.account).rows;
    const refused = async (state, words) => {
      await bert.go('clients');
      await bert.go('shared');
      await standing(bert, ann.handle, state);
      await standing(bert, carl.handle, 'verified');
      await bert.sharedItem(ann, 'verify-author');
      await tab.click(`[data-e2e] ${testid('verify-author')}`);
      await tab.reads(testid('keys-refused'), words);
      await tab.reads(testid('keys-refused'), /Tell whoever runs the server/);
      await tab.click(testid('close-dialog'));
      await bert.openRecord(records.carls);
      assert.equal(await bert.sharedText('plan'), 'From somebody else.');
    };
    sql(it.server, 'DELETE FROM key_log WHERE account = ? AND sequence = 1', ann.account);
    await refused('rolled-back', /shows an older list of keys for demo-ann/);
    const kit = await former.vault.prepareRotation({ passphrase: NEXT[1] });
    await kit.confirm(kit.recoveryCode);
    const [other] = (await kit.change()).keyLogEntries;
    const insert = (hex) => sql(it.server, 'INSERT INTO key_log (account, sequence, epoch, entry, stored_at) VALUES (?, 1, ?, ?, 0)', ann.account, epoch, hex);
    insert(Buffer.from(other).toString('hex'));
    await refused('forked', /shows another list of keys for demo-ann/);
    sql(it.server, 'DELETE FROM key_log WHERE account = ? AND sequence = 1', ann.account);
    insert(entry);
  });

  await step('accepted: the later note opens, and sharing goes on', async () => {
    const { tab } = bert;
    await bert.openRecord(records.later);
    await tab.click(testid('accept-keys'));
    await tab.visible(testid('shared-record'));
    assert.equal(await bert.sharedText('plan'), LATER);
    await bert.go('shared');
    await standing(bert, ann.handle, 'verified');
    const device = await elsewhere(bert);
    const identity = await Identity.fromKeyLog(ann.account, await keyLog(device, ann.handle));
    assert.equal((await device.vault.trust.standing(identity)).standing, 'verified');
  });

  await step('a handle that the server answers with another account is refused, though both are verified', async () => {
    const { tab } = bert;
    const carls = await carl.tab.evaluate(() => fetch('/api/me').then((it) => it.json()).then(({ account }) => account));
    const name = (handle, account) => sql(it.server, `UPDATE accounts SET handle = '${handle}' WHERE account = ?`, account);
    const rename = (ann, carl) => {
      for (const [handle, account] of [['demo-x', ann.account], [carl.handle, carl.account], [ann.handle, ann.account]]) name(handle, account);
    };
    rename({ handle: carl.handle, account: ann.account }, { handle: ann.handle, account: carls });
    await bert.go('clients');
    await tab.click(testid('client-item'));
    await bert.view('client');
    await tab.click(testid('session-item'));
    await bert.view('session');
    await bert.click('chart', 'share');
    await tab.fill(testid('share-handle'), ann.handle);
    await tab.click(testid('share-find'));
    await tab.reads(testid('keys-refused'), /answers “demo-ann” with another account than the one you confirmed/);
    assert.equal(await tab.evaluate(here, testid('grant')), false);
    await tab.click(testid('close-dialog'));
    await bert.go('shared');
    await bert.openRecord(records.later);
    await tab.reads('.byline', 'From demo-ann');
    rename({ handle: ann.handle, account: ann.account }, { handle: carl.handle, account: carls });
  });

  await step('stolen since a day: what the old keys signed since then is refused, and its author still opens her own', async () => {
    const today = await ann.tab.evaluate(() => new Intl.DateTimeFormat('sv').format(new Date()));
    await ann.makeNewKeys(NEXT[1], { since: today });
    await ann.go('clients');
    await ann.tab.click(testid('client-item'));
    await ann.view('client');
    await ann.tab.click(testid('session-item'));
    await ann.view('session');
    await ann.reads('chart', 'field-plan', /Written/);
    await bert.go('clients');
    await bert.go('shared');
    await standing(bert, ann.handle, 'keys-changed');
    await bert.openRecord(records.earlier);
    await bert.tab.reads(testid('form-error'), /revoked by their owner/);
  });

  for (const { tab } of [ann, bert, carl]) assertQuiet(tab);
});

test('the key log of one\'s own account', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-own-log');
  const { tab } = person;
  let change;
  const shown = (next) => { change = next; };
  const came = async (why) => {
    await person.unlock();
    await person.unlocked();
    await tab.visible(`${testid('key-log-banner')}[data-why="${why}"]`);
    await person.go('clients');
    await tab.click(testid('client-item'));
    await person.view('client');
    await tab.click(testid('session-item'));
    await person.view('session');
    await person.reads('chart', 'field-plan', EARLIER);
    await tab.click(testid('check-key-log'));
    await tab.gone(testid('key-log-banner'));
    await person.lock();
    shown(undefined);
  };

  await step('an older one, or another, is said above every page; the notes open, and it can be looked at again', async () => {
    await person.createAccount();
    await person.addClient('Demo Client');
    await person.newSession();
    await person.write('chart', 'plan', EARLIER);
    await person.save('chart', 1);
    const former = await elsewhere(person);
    const kit = await former.vault.prepareRotation({ passphrase: NEXT[1] });
    await kit.confirm(kit.recoveryCode);
    const [other] = (await kit.change()).keyLogEntries;
    await person.makeNewKeys(NEXT[0]);
    await person.lock();
    await tab.page.route(/\/api\/accounts\/[^/]+\/unlock$/, async (route) => {
      const response = await route.fetch();
      const stored = await response.json();
      await route.fulfill({ response, json: { ...stored, keyLog: change?.(stored.keyLog) ?? stored.keyLog } });
    });
    shown((entries) => entries.slice(0, 1));
    await came('rolled_back');
    shown((entries) => [entries[0], Buffer.from(other).toString('base64')]);
    await came('forked');
  });

  await step('the right one is worth no word', async () => {
    await person.unlock();
    await person.unlocked();
    await person.go('shared');
    await tab.gone(testid('key-log-banner'));
  });

  assertQuiet(tab);
});

test('a fingerprint as a QR code', async (t) => {
  const step = it.steps(t);
  const [ann, bert] = [await it.arrive('demo-qr-ann'), await it.arrive('demo-qr-bert')];
  const { tab } = bert;
  let scanned;
  const asked = [];

  await step('it holds a link to this page, with the digits behind the #', async () => {
    for (const person of [ann, bert]) await person.createAccount();
    scanned = await ann.tab.evaluate((css) => document.querySelector(css).dataset.text, testid('own-fingerprint-qr'));
    assert.equal(scanned, `${it.server.url}/#/verify/demo-qr-ann/${ann.fingerprint.replace(/\D/g, '')}`);
  });

  await step('on a locked device it asks to unlock first, and goes on; a link alone confirms nothing', async () => {
    await bert.lock();
    tab.page.on('request', (request) => asked.push(request.url() + (request.postData() ?? '')));
    await tab.open(scanned);
    await tab.reads(testid('verify-waits'), /fingerprint of demo-qr-ann/);
    await bert.unlock();
    await bert.view('verify');
    await tab.reads(testid('verify-match'), 'fits');
    assert.deepEqual((await elsewhere(bert)).vault.trust.list(), []);
    await bert.go('account');
    await tab.page.goBack();
    await tab.visible(testid('confirm-scanned'));
  });

  await step('a wrong one is refused', async () => {
    await tab.open(scanned.replace(/\d$/, (last) => (Number(last) + 1) % 10));
    await tab.reads(testid('verify-mismatch'), /not the fingerprint of the keys that the server hands out for demo-qr-ann.*Do not share/s);
    await tab.gone(testid('confirm-scanned'));
    await tab.open(scanned.slice(0, -1));
    await bert.view('clients');
  });

  await step('confirmed in one step, and then known; one\'s own is said to be that', async () => {
    await tab.open(scanned);
    await tab.click(testid('confirm-scanned'));
    await tab.reads(testid('verify-done'), 'You compared fingerprints with demo-qr-ann');
    await bert.shareNew(EARLIER, ann, { known: true });
    await ann.tab.open(scanned);
    await ann.tab.visible(testid('verify-self'));
  });

  await step('new keys are not accepted by scanning: the digits stay the same', async () => {
    await ann.makeNewKeys(NEXT[0]);
    await tab.open(scanned);
    await tab.visible(testid('accept-keys'));
    await tab.gone(testid('confirm-scanned'));
  });

  await step('the digits were sent nowhere', () => {
    const digits = ann.fingerprint.replace(/\D/g, '');
    assert.ok(asked.length > 5);
    assert.deepEqual(asked.filter((url) => url.replace(/\D/g, '').includes(digits)), []);
  });

  for (const person of [ann, bert]) assertQuiet(person.tab);
});
