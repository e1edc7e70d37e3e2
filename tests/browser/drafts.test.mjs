// Work is never lost: drafts come back after a reload, a stale save is a conflict, an unreachable server is waited for, and
// what was typed under keys that are not the account's any more comes back under the new ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaywrightTab } from './drivers/playwright.mjs';
import { Person, testid } from './person.mjs';
import { assertQuiet, stage } from './support.mjs';

const it = stage();

test('drafts', async (t) => {
  const step = it.steps(t);
  const person = await it.arrive('demo-writer');
  const { tab } = person;

  async function comeBack() {
    await tab.page.reload();
    await person.unlock();
    await person.view('session');
  }

  await step('a draft that was never saved is back after a reload', async () => {
    await person.createAccount();
    await person.addClient('Demo Client');
    await person.newSession();
    await person.write('private', 'text', 'half a thought');
    await person.draftSaved('private');
    await person.write('chart', 'response', 'half a response');
    await person.draftSaved('chart');
    await comeBack();
    await person.reads('private', 'field-text', 'half a thought');
    await person.reads('chart', 'field-response', 'half a response');
    await person.reads('private', 'version', 'Not saved yet');
  });

  await step('a draft over a saved version is back too, and says so', async () => {
    await person.save('private', 1);
    await person.save('chart', 1);
    await person.reads('private', 'version', /^\s*Version 1\s*$/);
    await person.write('private', 'text', 'half a thought and the other half');
    await person.draftSaved('private');
    await comeBack();
    await person.reads('private', 'field-text', 'and the other half');
    await person.reads('private', 'version', 'Version 1 + draft');
  });

  await step('discarding a draft can be undone', async () => {
    await person.click('private', 'discard-draft');
    await person.reads('private', 'field-text', /^half a thought$/);
    await person.click('private', 'undo-discard');
    await person.reads('private', 'field-text', 'and the other half');
    await person.save('private', 2);
  });

  await step('locking at once after typing loses nothing', async () => {
    await person.write('private', 'text', 'typed, then locked at once');
    await person.lock();
    await person.unlock();
    await person.view('session');
    await person.reads('private', 'field-text', 'typed, then locked at once');
    await person.save('private', 3);
  });

  await step('an unreachable server: the draft waits sealed on the device, and follows when it is back', async () => {
    await tab.context.setOffline(true);
    await person.write('private', 'text', 'written in the tunnel');
    await person.reads('private', 'status', 'Offline');
    await tab.context.setOffline(false);
    await person.draftSaved('private');
    await comeBack();
    await person.reads('private', 'field-text', 'written in the tunnel');
  });

  await step('a save whose answer is lost on the way is no conflict with itself', async () => {
    await tab.page.route('**/api/private/notes/*/versions/*', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      await route.fetch();
      await route.abort('connectionreset');
    }, { times: 1 });
    await person.click('private', 'save');
    await person.reads('private', 'status', /Offline|Saved as version 4/);
    await person.save('private', 4);
    await tab.gone(`${testid('drawer-private')} ${testid('conflict')}`);
  });

  // Chromium itself reports what the tests break on purpose, and answers that say that there is nothing (yet).
  assertQuiet(tab, { except: /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET/ });
});

test('two tabs', async (t) => {
  const step = it.steps(t);
  const one = await it.arrive('demo-two-tabs');
  let second, two;
  const turnTo = (person) => person.tab.page.bringToFront();

  await step('both have version 1 open', async () => {
    await one.createAccount();
    await one.addClient('Demo Client');
    await one.newSession();
    await one.write('chart', 'plan', 'first');
    await one.save('chart', 1);
    second = new PlaywrightTab('second tab', await one.tab.context.newPage());
    two = new Person(second, it.server.url, one.handle, one.passphrase);
    await second.open(one.tab.page.url());
    await two.unlock();
    await two.view('session');
    await two.reads('chart', 'field-plan', 'first');
  });

  await step('the second save is a conflict; theirs is shown; mine becomes the next version', async () => {
    await turnTo(one);
    await one.write('chart', 'plan', 'second, from one');
    await one.save('chart', 2);
    await turnTo(two);
    await two.write('chart', 'plan', 'second, from two');
    await two.click('chart', 'save');
    await second.visible(`${testid('drawer-chart')} ${testid('conflict')}`);
    await two.click('chart', 'view-theirs');
    await two.reads('chart', 'theirs', 'second, from one');
    await two.click('chart', 'save-mine');
    await two.reads('chart', 'status', 'Saved as version 3');
    await two.reads('chart', 'field-plan', 'second, from two');
  });

  await step('the other way round: theirs is taken', async () => {
    await turnTo(one);
    await one.write('chart', 'plan', 'third, from one');
    await one.click('chart', 'save');
    await one.tab.visible(`${testid('drawer-chart')} ${testid('conflict')}`);
    await one.click('chart', 'use-theirs');
    await one.reads('chart', 'field-plan', 'second, from two');
    await one.reads('chart', 'version', 'Version 3');
  });

  await step('locking one tab locks the other, and keeps what was just typed there', async () => {
    await turnTo(two);
    await two.write('chart', 'plan', 'typed when the other tab was locked');
    await one.lock();
    await second.visible(testid('submit-unlock'));
    await two.unlock();
    await two.view('session');
    await two.reads('chart', 'field-plan', 'typed when the other tab was locked');
    await two.click('chart', 'discard-draft');
    await turnTo(one);
    await one.unlock();
    await one.view('session');
  });

  await step('every version is still there', async () => {
    await one.click('chart', 'history');
    await one.tab.until('three versions', () => document.querySelectorAll('[data-testid="history-item"]').length === 3);
  });

  // A conflict on purpose; and a draft that was sealed after the other tab had ended their login is sent later.
  assertQuiet(one.tab, { except: /status of 409|status of 401 .*\/api\/chart\/drafts/ });
});

test('new keys, made elsewhere', async (t) => {
  const step = it.steps(t);
  const one = await it.arrive('demo-new-keys');
  const tablet = await it.arrive('demo-new-keys');
  const phone = await it.arrive('demo-new-keys');
  const NEXT = 'violet tractor hums beside 41 lakes';
  const turnTo = (person) => person.tab.page.bringToFront();
  let second, two, url;

  await step('the note is open in two tabs, and on two more devices, which lose their connection', async () => {
    await one.createAccount();
    await one.addClient('Demo Client');
    await one.newSession();
    await one.write('chart', 'plan', 'first');
    await one.save('chart', 1);
    url = one.tab.page.url();
    second = new PlaywrightTab('second tab', await one.tab.context.newPage());
    two = new Person(second, it.server.url, one.handle, one.passphrase);
    await second.open(url);
    await two.unlock();
    await two.view('session');
    for (const [device, text] of [[phone, 'written on the phone'], [tablet, 'written on the tablet']]) {
      await device.tab.open(url);
      await device.unlock({ handle: one.handle, secret: one.secret });
      await device.view('session');
      await device.tab.context.setOffline(true);
      await device.write('private', 'text', text);
      await device.reads('private', 'status', 'Offline');
    }
  });

  await step('new keys in the first tab: the second one says so, saves nothing more, and keeps what is typed', async () => {
    await turnTo(two);
    await two.write('chart', 'plan', 'second, typed before');
    await turnTo(one);
    await one.makeNewKeys(NEXT, { gone: true }); // the tablet: it was used last
    await turnTo(two);
    await second.reads(testid('outdated'), /gave this account new keys/);
    await two.write('chart', 'plan', 'second, typed after');
    await two.write('chart', 'goals', 'typed and saved at once');
    await two.click('chart', 'save');
    await two.reads('chart', 'save-error', /new keys/);
    await two.reads('chart', 'field-goals', 'typed and saved at once');
    await two.write('chart', 'goals', 'typed and locked at once');
    await second.click(testid('outdated-lock'));
  });

  await step('unlocked with the new passphrase, the text is there again and can be saved', async () => {
    await two.unlock({ passphrase: NEXT });
    await two.view('session');
    await second.gone(testid('outdated'));
    await two.reads('chart', 'field-plan', 'second, typed after');
    await two.reads('chart', 'field-goals', 'typed and locked at once');
    await two.reads('chart', 'version', 'Version 1 + draft');
    await two.save('chart', 2);
  });

  await step('another device was offline: it says so once it is back, and its text waits for the unlock', async () => {
    await phone.tab.context.setOffline(false);
    await phone.tab.reads(testid('outdated'), /gave this account new keys/);
    await phone.reads('private', 'field-text', 'written on the phone');
    await phone.write('private', 'text', 'written on the phone, and more');
    await phone.reads('private', 'save-error', /new keys/);
    await phone.tab.click(testid('outdated-lock'));
    await phone.unlock({ passphrase: NEXT });
    await phone.tab.click(testid('other-secret'));
    await phone.tab.fill(testid('account-secret-input'), one.secret);
    await phone.tab.click(testid('submit-unlock'));
    await phone.view('session');
    await phone.reads('private', 'field-text', 'written on the phone, and more');
    await phone.save('private', 1);
  });

  await step('and so with the device that was removed, had it unsent text', async () => {
    await tablet.tab.context.setOffline(false);
    await tablet.tab.visible(testid('outdated'));
    await tablet.tab.click(testid('outdated-lock'));
    await tablet.unlock({ passphrase: NEXT });
    await tablet.tab.click(testid('other-secret'));
    await tablet.tab.fill(testid('account-secret-input'), one.secret);
    await tablet.tab.click(testid('submit-unlock'));
    await tablet.tab.reads(testid('device-revoked'), /comes back as a new device/);
    const kept = await tablet.tab.evaluate(() => new Promise((resolve, reject) => {
      const opened = indexedDB.open('sealed-notes');
      opened.onerror = () => reject(opened.error);
      opened.onsuccess = () => {
        const counted = opened.result.transaction('secrets').objectStore('secrets').count();
        counted.onsuccess = () => { opened.result.close(); resolve(counted.result); };
      };
    }));
    assert.equal(kept, 1, 'the account secret stays, whatever the server says');
    await tablet.tab.fill(testid('account-secret-input'), one.secret);
    await tablet.tab.click(testid('submit-unlock'));
    await tablet.view('session');
    await tablet.reads('private', 'field-text', 'written on the tablet');
    await tablet.tab.visible(`${testid('drawer-private')} ${testid('conflict')}`);
    await tablet.click('private', 'save-mine');
    await tablet.reads('private', 'status', 'Saved as version 2');
  });

  await step('one browser, another account in a second tab: the first one says so, and its text waits', async () => {
    await turnTo(one);
    await one.tab.open('about:blank');
    await one.tab.open(url);
    await one.unlock({ passphrase: NEXT });
    await one.view('session');
    await second.open('about:blank');
    const other = new Person(second, it.server.url, 'demo-new-keys-other', one.passphrase);
    await turnTo(other);
    await other.createAccount();
    await turnTo(one);
    await one.tab.reads(testid('outdated'), /Another account was opened/);
    await one.write('chart', 'plan', 'written under the other login');
    await one.reads('chart', 'save-error', /another account/i);
    await one.tab.click(testid('outdated-lock'));
    await one.unlock({ passphrase: NEXT });
    await one.view('session');
    await one.reads('chart', 'field-plan', 'written under the other login');
    await one.save('chart', 3);
  });

  assertQuiet(one.tab, { except: /status of (401|422)/ });
  for (const { tab } of [phone, tablet]) assertQuiet(tab, { except: /ERR_INTERNET_DISCONNECTED|status of (401|403)/ });
});
