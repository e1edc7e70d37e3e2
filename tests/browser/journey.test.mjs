// The whole journey: two people in two separate browser profiles, one server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disk } from './canary/places.mjs';
import { search, spellings } from './canary/search.mjs';
import { testid } from './person.mjs';
import { assertQuiet, PASSPHRASE, stage } from './support.mjs';

const it = stage();
const note = 'Own reflections: countertransference, unsure about the diagnosis.';
const goals = 'Sleep through four nights a week.';
const plan = 'Sleep diary; see again on Thursday.';

test('a clinician writes in both drawers, shares one note, revokes, locks', async (t) => {
  const step = it.steps(t);
  const clinician = await it.arrive('demo-clinician');
  const colleague = await it.arrive('demo-colleague');

  await step('both create an account with a passphrase', async () => {
    await clinician.createAccount();
    await colleague.createAccount();
    assert.match(clinician.fingerprint, /^\d{5}( \d{5}){7}$/);
    assert.notEqual(clinician.fingerprint, colleague.fingerprint);
  });

  await step('each drawer says who can read it', async () => {
    await clinician.addClient('Demo Client');
    await clinician.newSession();
    await clinician.reads('private', 'readable-by', /only you/);
    await clinician.reads('chart', 'readable-by', /only you/);
    await clinician.reads('private', 'version', 'Not saved yet');
    const announced = await clinician.tab.evaluate(() => [...document.querySelectorAll('[data-testid="status"]')].map((it) => it.getAttribute('role')));
    assert.deepEqual(announced, ['status', 'status'], 'save states are announced');
  });

  await step('a psychotherapy note and a progress note are saved', async () => {
    await clinician.write('private', 'text', note);
    await clinician.save('private', 1);
    await clinician.write('chart', 'goals', goals);
    await clinician.write('chart', 'plan', plan);
    await clinician.save('chart', 1);
  });

  await step('a wrong fingerprint stops the share', async () => {
    const { tab } = clinician;
    await clinician.click('chart', 'share');
    await tab.fill(testid('share-handle'), colleague.handle);
    await tab.click(testid('share-find'));
    await tab.fill(testid('fingerprint-input'), clinician.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.visible(testid('form-error'));
    await tab.click(testid('close-dialog'));
    await clinician.reads('chart', 'readable-by', /only you/);
  });

  await step('the progress note is shared after comparing the fingerprint', async () => {
    await clinician.share(colleague, { purpose: 'supervision' });
    await clinician.reads('chart', 'readable-by', /you and demo-colleague/);
    await clinician.reads('private', 'readable-by', /only you/);
  });

  await step('the colleague reads it in another browser, and only that', async () => {
    await colleague.openShared(clinician);
    assert.equal(await colleague.sharedText('goals'), goals);
    assert.match(await colleague.tab.text(testid('shared-record-about')), /^Demo Client/, 'a reader has to know who the note is about');
    assert.equal(await colleague.sharedText('plan'), plan);
    assert.doesNotMatch(await colleague.tab.evaluate(() => document.body.textContent), /countertransference/);
    const records = await colleague.tab.evaluate(async () => (await (await fetch('/api/private/notes')).json()).notes);
    assert.deepEqual(records, [], 'a colleague has no private notes of others');
  });

  await step('a second version goes to those who read the first', async () => {
    await clinician.write('chart', 'plan', `${plan} Call first.`);
    await clinician.save('chart', 2);
    await clinician.reads('chart', 'readable-by', /you and demo-colleague/);
    await colleague.openShared(clinician);
    assert.equal(await colleague.sharedText('plan'), `${plan} Call first.`);
  });

  await step('what the server sees is ciphertext: the bytes that are on its disk', async () => {
    const stored = disk('disk', it.server.data);
    for (const drawer of ['private', 'chart']) {
      await clinician.click(drawer, 'server-sees');
      await clinician.tab.visible(testid('hexdump'));
      const shown = await clinician.tab.evaluate(() => {
        const of = (name) => [...document.querySelectorAll(`[data-testid="server-sees-dialog"] [data-testid="${name}"]`)].map((it) => it.textContent).join('\n');
        return { stored: of('stored-rows'), inspect: of('inspect'), mine: of('what-you-see'), dump: of('hexdump') };
      });
      assert.match(shown.mine, drawer === 'private' ? /countertransference/ : /Sleep diary/);
      assert.doesNotMatch(shown.stored + shown.inspect, /countertransference|Sleep|Demo Client/);
      const runs = [...shown.dump.matchAll(/^[0-9a-f]+ +((?:[0-9a-f]{2} ){15}[0-9a-f]{2})/gm)].map(([, run]) => Buffer.from(run.replaceAll(' ', ''), 'hex'));
      const real = runs.filter((run) => stored.some(({ bytes }) => bytes.includes(run)));
      assert.ok(runs.length > 20 && real.length > 0.9 * runs.length, `${real.length} of ${runs.length} lines of the dump are on the disk`); // a page of the database may end inside a line
      await clinician.tab.click(testid('close-dialog'));
    }
  });

  await step('revoked, she is named in a receipt and reads no more', async () => {
    await clinician.click('chart', 'revoke');
    await clinician.tab.click(testid('confirm-revoke'));
    await clinician.tab.visible(testid('receipt'));
    assert.equal(await clinician.tab.text(testid('receipt-versions')), '1, 2');
    assert.match(await clinician.tab.text(testid('receipt-replaced-by')), /3/);
    await clinician.tab.click(testid('close-dialog'));
    await clinician.reads('chart', 'readable-by', /only you/);
    await colleague.go('clients');
    await colleague.go('shared');
    await colleague.tab.visible(testid('shared-empty'));
  });

  await step('locked, the page shows nothing; a wrong passphrase opens nothing; the right one everything', async () => {
    const { tab } = clinician;
    await clinician.lock();
    assert.doesNotMatch(await tab.evaluate(() => document.documentElement.outerHTML), /countertransference|Sleep|Demo Client/);
    await clinician.unlock({ passphrase: `${PASSPHRASE}!` });
    assert.match(await tab.text(testid('form-error')), /passphrase/i);
    await clinician.unlock();
    await clinician.view('session');
    await clinician.reads('private', 'field-text', note);
    await clinician.reads('chart', 'field-plan', 'Call first.');
    await clinician.lock();
  });

  await step('a device that does not know the account needs the account secret too', async () => {
    const elsewhere = await it.arrive('demo-clinician');
    await elsewhere.tab.open(`${it.server.url}/#/unlock`);
    await elsewhere.view('unlock');
    await elsewhere.unlock({ handle: clinician.handle, secret: colleague.secret });
    await elsewhere.tab.visible(testid('form-error'));
    await elsewhere.tab.fill(testid('account-secret-input'), clinician.secret);
    await elsewhere.tab.click(testid('submit-unlock'));
    await elsewhere.unlocked();
    await elsewhere.go('clients');
    await elsewhere.tab.reads(testid('client-list'), 'Demo Client');
    assertQuiet(elsewhere.tab);
  });

  await step('whoever copies the database reads nothing', async () => {
    const needles = [note, goals, plan, 'Demo Client', PASSPHRASE, clinician.secret].flatMap((text) => spellings(text, text));
    const handle = spellings('handle', clinician.handle);
    const files = disk('disk', it.server.data);
    for (const { place, bytes } of files) assert.deepEqual([...search(bytes, needles)], [], place);
    assert.ok(files.some(({ bytes }) => search(bytes, handle).size), 'the search reads the files that hold the account');
  });

  assertQuiet(clinician.tab);
  assertQuiet(colleague.tab);
});
