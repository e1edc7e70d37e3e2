// The same on the real page, where a person does it: storage that the browser evicted, a rotation whose tab is closed, the code
// of the kit in the place of a forgotten passphrase.
import assert from 'node:assert/strict';
import { launchChromium, newTab } from '../drivers/playwright.mjs';
import { Person, testid } from '../person.mjs';
import { startServer } from '../server.mjs';

const OLD = 'correct horse battery staple 7';
const NEXT = 'maple river window eleven';

export async function pageWays(judge) {
  const server = await startServer();
  const browser = await launchChromium();
  let count = 0;

  /** A person with an account, a saved note and a draft on top of it. */
  async function somebody() {
    count += 1;
    const person = new Person(await newTab(`somebody ${count}`, browser), server.url, `demo-somebody-${count}`, OLD);
    await person.createAccount();
    await person.addClient('Demo Client');
    await person.newSession();
    await person.write('private', 'text', 'saved');
    await person.save('private', 1);
    await person.write('private', 'text', 'saved, and typed since');
    await person.draftSaved('private');
    person.session = person.tab.page.url();
    return person;
  }

  const readsEverything = async (person) => {
    await person.unlocked();
    await person.tab.open(person.session);
    await person.view('session');
    await person.reads('private', 'field-text', 'saved, and typed since');
    await person.reads('private', 'version', 'Version 1 + draft');
  };

  const evict = async ({ tab }) => {
    const devtools = await tab.context.newCDPSession(tab.page);
    await devtools.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes: 'all' });
  };

  /** A tab that is closed and opened again: what was in memory is gone. */
  const reopen = async (person, path = '/#/unlock') => {
    const { context } = person.tab;
    await person.tab.page.close();
    person.tab.page = await context.newPage();
    await person.tab.open(server.url + path);
    await person.view('unlock');
  };

  async function toNewKit(person) {
    const { tab } = person;
    await person.go('account');
    await tab.click(testid('account-devices'));
    await tab.click(testid('stolen'));
    await tab.click(testid('stolen-next'));
    await tab.click(testid('stolen-next'));
    await tab.fill(testid('passphrase'), NEXT);
    await tab.fill(testid('passphrase-again'), NEXT);
    await tab.click(testid('stolen-prepare'));
    await person.copyKit();
  }

  const refusesUnlock = async (person, words) => {
    await person.unlock(words);
    assert.match(await person.tab.text(testid('form-error')), /passphrase|account secret/i);
  };

  const ways = {
    'storage evicted while away: unlock again with the kit, nothing lost, and it says so': async () => {
      const person = await somebody();
      await person.lock();
      await evict(person);
      await reopen(person);
      await person.tab.fill(testid('handle'), person.handle);
      await person.tab.fill(testid('passphrase'), OLD);
      await person.tab.reads('main', /nothing is lost/i);
      await person.tab.fill(testid('account-secret-input'), person.secret);
      await person.tab.click(testid('submit-unlock'));
      await readsEverything(person);
    },
    'storage evicted while writing: the draft still reaches the server, and comes back': async () => {
      const person = await somebody();
      await evict(person);
      await person.write('private', 'text', 'saved, and typed since the storage went');
      await person.draftSaved('private');
      await reopen(person);
      await person.unlock({ handle: person.handle, secret: person.secret });
      await person.unlocked();
      await person.tab.open(person.session);
      await person.view('session');
      await person.reads('private', 'field-text', 'typed since the storage went');
    },
    'rotation, tab closed while its kit is shown: the old passphrase works': async () => {
      const person = await somebody();
      await toNewKit(person);
      await reopen(person);
      await refusesUnlock(person, { passphrase: NEXT });
      await person.unlock();
      await readsEverything(person);
    },
    'rotation, request lost and tab closed: the old passphrase works': async () => {
      const person = await somebody();
      await toNewKit(person);
      await person.tab.page.route('**/api/vault', (route) => route.abort('connectionreset'));
      await person.typeFromKit();
      await person.tab.visible(testid('form-error'));
      await reopen(person);
      await refusesUnlock(person, { passphrase: NEXT });
      await person.unlock();
      await readsEverything(person);
    },
    'rotation, answer lost and tab closed: the new passphrase works, with what the device remembers': async () => {
      const person = await somebody();
      await toNewKit(person);
      await person.tab.page.route('**/api/vault', async (route) => {
        await route.fetch();
        await route.abort('connectionreset');
      });
      await person.typeFromKit();
      await person.tab.visible(testid('form-error'));
      await reopen(person);
      await refusesUnlock(person);
      await person.unlock({ passphrase: NEXT });
      await readsEverything(person);
    },
    'rotation, answer lost and the button pressed again: done once': async () => {
      const person = await somebody();
      await toNewKit(person);
      await person.tab.page.route('**/api/vault', async (route) => {
        await route.fetch();
        await route.abort('connectionreset');
      }, { times: 1 });
      await person.typeFromKit();
      await person.tab.visible(testid('form-error'));
      await person.tab.click(testid('confirm-kit'));
      await person.tab.visible(testid('rotation-done'));
      await person.lock();
      await person.unlock({ passphrase: NEXT });
      await readsEverything(person);
    },
    'forgotten passphrase: the kit\'s code opens once, a new kit follows, the old code is refused': async () => {
      const person = await somebody();
      await person.lock();
      const used = person.recoveryCode;
      const enter = async (code) => {
        await reopen(person);
        await person.tab.open(`${server.url}/#/help`);
        await person.view('help');
        await person.tab.click(testid('help-forgot-passphrase'));
        await person.tab.fill(testid('recovery-code-input'), code);
        await person.tab.click(testid('submit-recovery-code'));
      };
      await enter(used.replace(/.$/, (last) => (last === '7' ? '8' : '7')));
      await person.tab.reads('main', /typing error/i);
      await enter(used);
      await person.view('renew');
      await person.tab.fill(testid('passphrase'), NEXT);
      await person.tab.fill(testid('passphrase-again'), NEXT);
      await person.tab.click(testid('prepare-kit'));
      await person.confirmKit();
      await person.view('clients');
      await readsEverything(person);
      await person.lock();
      await enter(used);
      await person.tab.visible(testid('form-error'));
      await person.tab.open(`${server.url}/#/unlock`);
      await person.view('unlock');
      await person.unlock({ passphrase: NEXT });
      await readsEverything(person);
    },
  };

  try {
    for (const [name, run] of Object.entries(ways)) await judge(name, run);
  } finally {
    await browser.close();
    await server.stop();
    server.forget();
  }
}
