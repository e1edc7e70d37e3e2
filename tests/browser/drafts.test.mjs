// Work is never lost: drafts come back after a reload, a stale save is a conflict, an unreachable server is waited for.
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

  await step('every version is still there', async () => {
    await one.click('chart', 'history');
    await one.tab.until('three versions', () => document.querySelectorAll('[data-testid="history-item"]').length === 3);
  });

  assertQuiet(one.tab, { except: /status of 409/ });
});
