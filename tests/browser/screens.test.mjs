// Every screen, light and dark: no accessibility violation that axe knows, no sideways scrolling at 320 px, a screenshot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from './database.mjs';
import { lookAt } from './look.mjs';
import { testid } from './person.mjs';
import { assertQuiet, PASSPHRASE, stage } from './support.mjs';

const it = stage();

test('screens', async (t) => {
  const step = it.steps(t);
  // Half-way through a transition, the contrast is nobody's.
  const person = await it.arrive('demo-looks', { reducedMotion: 'reduce' });
  const colleague = await it.arrive('demo-looks-colleague', { reducedMotion: 'reduce' });
  const { tab } = person;
  const problems = [];

  const lookIn = lookAt(problems, (name) => /^(audit|ledger)/.test(name) && !/export|accept|older/.test(name));
  const look = (name, where = tab) => lookIn(name, where);
  const closeDialog = () => tab.click(testid('close-dialog'));

  await step('before an account', async () => {
    await tab.open(it.server.url);
    await person.view('landing');
    await look('landing');
    await tab.open(`${it.server.url}/#/developers`);
    await person.view('developers');
    await look('developers');
    await tab.open(`${it.server.url}/#/help`);
    await person.view('help');
    await look('help');
    await tab.open(`${it.server.url}/#/create`);
    await person.view('create');
    await look('create');
    await tab.fill(testid('handle'), person.handle);
    await tab.fill(testid('passphrase'), 'password2024');
    await tab.reads(testid('passphrase-strength'), /easy to guess/i);
    await look('create-weak');
    await tab.fill(testid('passphrase'), PASSPHRASE);
    await tab.reads(testid('passphrase-strength'), 'Very good');
    await tab.fill(testid('passphrase-again'), `${PASSPHRASE}?`);
    await tab.click(testid('submit-create'));
    await tab.visible(testid('form-error'));
    await look('create-error');
    await tab.fill(testid('passphrase-again'), PASSPHRASE);
    await tab.click(testid('submit-create'));
    await person.view('kit');
    await look('kit');
    await person.copyKit();
    await look('kit-confirm');
    await tab.fill(testid('kit-group-1'), 'nope');
    await tab.fill(testid('kit-group-2'), 'nope');
    await tab.click(testid('confirm-kit'));
    await tab.visible(testid('form-error'));
    await look('kit-confirm-error');
    await person.typeFromKit();
    await person.view('clients');
  });

  await step('clients, a client, an empty session', async () => {
    await look('clients-empty');
    await person.addClient('Demo Client');
    await look('client-empty');
    await person.newSession();
    await look('session-empty');
    await person.go('shared');
    await look('shared-empty');
    await person.go('account');
    await look('account');
    for (const section of ['ways', 'devices', 'trustees', 'will', 'others', 'groups', 'activity', 'audit']) {
      await tab.click(testid(`account-${section}`));
      await tab.until('the section', () => !document.querySelector('.loading'));
      await look(`account-${section}`);
    }
    await tab.click(testid('account-profile'));
    person.fingerprint = await tab.text(testid('own-fingerprint'));
    await person.go('clients');
    await look('clients');
    await tab.click(testid('client-item'));
    await person.view('client');
  });

  await step('a session with both drawers written', async () => {
    await person.newSession();
    await person.write('private', 'text', 'Own reflections, a few sentences long, as one writes them after a session.');
    await person.save('private', 1);
    await person.write('chart', 'goals', 'Sleep through four nights a week.');
    await person.write('chart', 'plan', 'Sleep diary.');
    await person.draftSaved('chart');
    await look('session-draft');
    await person.save('chart', 1);
    await look('session-saved');
  });

  await step('dialogs', async () => {
    await colleague.createAccount();
    await person.click('chart', 'share');
    await tab.visible(testid('share-handle'));
    await look('share-1');
    await tab.fill(testid('share-handle'), 'nobody-there');
    await tab.click(testid('share-find'));
    await tab.visible(testid('form-error'));
    await look('share-unknown');
    await tab.fill(testid('share-handle'), colleague.handle);
    await tab.click(testid('share-find'));
    await tab.visible(testid('fingerprint-input'));
    await look('share-2');
    await tab.fill(testid('fingerprint-input'), colleague.fingerprint);
    await tab.click(testid('confirm-fingerprint'));
    await tab.visible(testid('grant'));
    await look('share-3');
    await tab.click(testid('grant'));
    await tab.gone(testid('share-dialog'));
    await look('session-shared');
    await person.click('chart', 'server-sees');
    await tab.visible(testid('hexdump'));
    await look('server-sees');
    await closeDialog();
    await person.click('chart', 'history');
    await tab.click(testid('history-item'));
    await tab.visible(testid('history-text'));
    await look('history');
    await closeDialog();
  });

  await step('the colleague\'s side', async () => {
    await colleague.go('shared');
    await colleague.tab.visible(testid('shared-item'));
    await look('shared-unverified', colleague.tab);
    await colleague.tab.click(testid('verify-author'));
    await colleague.tab.visible(testid('fingerprint-input'));
    await look('verify', colleague.tab);
    await colleague.tab.click(testid('close-dialog'));
    await colleague.openShared(person);
    await look('shared-record', colleague.tab);
    await colleague.go('shared');
    await look('shared', colleague.tab);
  });

  await step('revoking, a conflict, locked', async () => {
    await person.click('chart', 'revoke');
    await tab.visible(testid('confirm-revoke'));
    await look('revoke');
    await tab.click(testid('confirm-revoke'));
    await tab.visible(testid('receipt'));
    await look('receipt');
    await closeDialog();
    const other = await it.arrive(person.handle);
    await other.tab.open(tab.page.url());
    await other.unlock({ handle: person.handle, secret: person.secret });
    await other.view('session');
    await other.write('private', 'text', 'From another device.');
    await other.save('private', 2);
    await person.write('private', 'text', 'From this device.');
    await person.click('private', 'save');
    await tab.visible(testid('conflict'));
    await person.click('private', 'view-theirs');
    await tab.visible(testid('theirs'));
    await look('conflict');
  });

  await step('trustees, on paper', async () => {
    const page = tab.page.url();
    await person.lock(); // another device came in: the account was changed there
    await person.unlock();
    await person.go('account');
    await tab.click(testid('account-trustees'));
    await tab.click(testid('choose-trustees'));
    for (const number of [1, 2]) {
      if (await tab.evaluate((css) => !document.querySelector(css), testid(`person-${number}`))) await tab.click(testid('add-person'));
      await tab.click(testid(`person-${number}-paper`));
      await tab.fill(testid(`person-${number}-name`), `Demo Trustee ${number}`);
    }
    while (await tab.evaluate((css) => document.querySelector(css) !== null, testid('person-3'))) await tab.click(testid('person-3-remove'));
    await look('trustees-form');
    await tab.click(testid('submit-deal'));
    await tab.visible(testid('share-text-1'));
    person.share = await tab.text(testid('share-text-1'));
    await look('trustees-sheets');
    for (const number of [1, 2]) await tab.click(testid(`printed-${number}`));
    await tab.click(testid('shares-done'));
    await tab.gone(testid('shares-done'));
    await look('trustees');
    await tab.open(page);
    await person.view('session');
  });

  await step('another account in another tab of this browser', async () => {
    await tab.evaluate(() => new BroadcastChannel('sealed-notes').postMessage({ account: 'another', epoch: 1 }));
    await tab.visible(testid('outdated'));
    await look('outdated');
  });

  await step('a moment before it locks by itself', async () => {
    await tab.page.clock.install();
    await tab.page.reload();
    await person.unlock();
    await person.view('session');
    await tab.page.clock.fastForward('09:10');
    await tab.visible(testid('idle-warning'));
    await look('idle-warning');
    await tab.click(testid('stay-unlocked'));
    await tab.gone(testid('idle-warning'));
    await tab.page.clock.resume();
  });

  await step('locked, and every way back in', async () => {
    await person.lock();
    await look('unlock');
    await person.unlock({ passphrase: 'not the passphrase at all' });
    await tab.visible(testid('form-error'));
    await look('unlock-error');
    const elsewhere = await it.arrive('demo-looks-elsewhere', { reducedMotion: 'reduce' });
    await elsewhere.tab.open(`${it.server.url}/#/unlock`);
    await elsewhere.view('unlock');
    await elsewhere.tab.fill(testid('handle'), person.handle);
    await elsewhere.tab.fill(testid('passphrase'), PASSPHRASE);
    await elsewhere.tab.visible(testid('account-secret-input'));
    await look('unlock-secret', elsewhere.tab);
    await elsewhere.tab.click(testid('ask-device'));
    await elsewhere.tab.visible(testid('device-code'));
    await look('unlock-ask-device', elsewhere.tab);
    await tab.click(testid('other-ways'));
    await person.view('help');
    for (const way of ['lost-device', 'forgotten-browser', 'lost-kit', 'nothing-left', 'forgot-passphrase']) {
      await tab.click(testid(`help-${way}`));
      await look(`help-${way}`);
    }
    const next = 'lantern orbit meadow plum 7';
    await tab.click(testid('help-lost-kit'));
    await tab.fill(testid('passphrase'), next);
    await tab.fill(testid('passphrase-again'), next);
    await tab.click(testid('ask-trustees'));
    await tab.visible(testid('trustees-code'));
    await tab.fill(testid('printed-share'), person.share);
    await tab.click(testid('add-printed-share'));
    await tab.reads(testid('share-count'), '1 of 2');
    await look('help-trustees');
    await tab.page.reload();
    await tab.click(testid('help-lost-kit'));
    await tab.visible(testid('resume-request'));
    await look('help-resume');
    await tab.click(testid('help-forgot-passphrase'));
    await tab.fill(testid('recovery-code-input'), person.recoveryCode);
    await tab.reads(testid('code-check'), 'No typing error');
    await tab.click(testid('submit-recovery-code'));
    await person.view('renew');
    await look('renew');
    await tab.fill(testid('passphrase'), next);
    await tab.fill(testid('passphrase-again'), next);
    await tab.click(testid('prepare-kit'));
    await person.view('kit');
    await look('renew-kit');
    await person.confirmKit();
    await person.view('clients');
    person.passphrase = next;
  });

  await step('the ledger: what stands out, export, and what a server withholds', async () => {
    await person.go('account');
    await tab.click(testid('account-audit'));
    await tab.visible(testid('audit-row'));
    await look('audit');
    await tab.click(testid('check-readers'));
    await tab.visible(testid('readers-fine'));
    await tab.click(testid('audit-export'));
    await tab.visible(testid('verify-command'));
    await look('audit-export');
    await closeDialog();
    await tab.choose(testid('audit-kind'), 'restored');
    await tab.visible(testid('audit-nothing'));
    await look('audit-nothing');
    assert.equal(sql(it.server, 'DELETE FROM private_versions WHERE version = 2').changed, 1);
    await person.go('clients');
    await tab.click(testid('client-item'));
    await tab.visible(testid('finding'));
    await look('ledger-finding');
    await tab.click(testid('accept-finding'));
    await tab.visible(testid('confirm-accept-finding'));
    await look('ledger-finding-accept');
    await closeDialog();
    await tab.click(testid('read-older'));
    await tab.visible(testid('older-text'));
    await look('ledger-older');
    await closeDialog();
    await person.lock();
    sql(it.server, 'DELETE FROM ledger WHERE sequence > 3');
    await person.unlock();
    await tab.visible(`${testid('ledger-banner')}[data-why="rolled_back"]`);
    await look('ledger-rolled-back');
    await tab.click(testid('accept-ledger'));
    await tab.visible(testid('confirm-accept-ledger'));
    await look('ledger-accept');
  });

  if (problems.length) assert.fail(JSON.stringify(problems, undefined, 1));
  assertQuiet(tab, { except: /status of (404|409)/ }); // an unknown handle, a conflict: both on purpose
});
