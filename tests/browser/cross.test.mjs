// Chromium, Firefox and WebKitGTK: what one seals and shares, each of the others opens, over the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium, launchFirefox, newTab } from './drivers/playwright.mjs';
import { launchWebKit } from './drivers/webkit.mjs';
import { Person } from './person.mjs';
import { startServer } from './server.mjs';
import { PASSPHRASE, steps } from './support.mjs';

const browsers = {};
const people = {};
let server;

before(async () => {
  server = await startServer();
  browsers.chromium = await launchChromium();
  browsers.firefox = await launchFirefox();
  const tabs = {
    chromium: await newTab('Chromium', browsers.chromium),
    firefox: await newTab('Firefox', browsers.firefox),
    webkit: await launchWebKit(),
  };
  for (const [name, tab] of Object.entries(tabs)) people[name] = new Person(tab, server.url, `demo-${name}`, PASSPHRASE);
});

after(async () => {
  for (const { tab } of Object.values(people)) await tab.close();
  for (const browser of Object.values(browsers)) await browser.close();
  await server?.stop();
  server?.forget();
});

const names = ['chromium', 'firefox', 'webkit'];
const planOf = (name) => `The plan, sealed in ${name}: Schlafprotokoll führen ✓`;

test('seal, share and open across browsers', async (t) => {
  const step = steps(t, Object.values(people).map(({ tab }) => tab));

  for (const name of names) {
    await step(`${name}: an account, both drawers sealed, opened again after locking`, async () => {
      const person = people[name];
      await person.createAccount();
      await person.addClient(`Client of ${name}`);
      await person.newSession();
      await person.write('private', 'text', `Only for ${name}`);
      await person.save('private', 1);
      await person.write('chart', 'plan', planOf(name));
      await person.save('chart', 1);
      await person.lock();
      await person.unlock();
      await person.view('session');
      await person.reads('private', 'field-text', `Only for ${name}`);
      await person.reads('chart', 'field-plan', planOf(name));
    });
  }

  for (const author of names) {
    await step(`${author} shares with the others`, async () => {
      for (const reader of names) if (reader !== author) await people[author].share(people[reader]);
    });
  }

  for (const author of names) {
    for (const reader of names) {
      if (reader === author) continue;
      await step(`sealed in ${author}, opened in ${reader}`, async () => {
        await people[reader].openShared(people[author]);
        assert.equal(await people[reader].sharedText('plan'), planOf(author));
      });
    }
  }
});
