// Many records re-shared and opened in parallel workers, in the browsers that have them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchChromium, launchFirefox, newTab } from './drivers/playwright.mjs';
import { harness, startServer } from './server.mjs';

let server;
before(async () => { server = await startServer({ app: harness }); });
after(async () => {
  await server?.stop();
  server?.forget();
});

const names = [
  'are shared and opened in workers',
  'are written down as without workers, refusals included',
  'stop at once when they are told to',
  'end with the vault, and say that it is locked',
  'are finished here when workers break, or do not start',
];

for (const [engine, launch, count, wanted] of [['Chromium', launchChromium, 2000, names], ['Firefox', launchFirefox, 700, names.slice(0, 1)]]) {
  describe(`many records in ${engine}`, () => {
    let browser, tab;
    before(async () => {
      browser = await launch();
      tab = await newTab(engine, browser);
      await tab.open(server.url);
      await tab.until('the package', () => 'underTest' in window);
    });
    after(() => browser?.close());

    for (const name of wanted) {
      test(name, async () => {
        assert.equal(await tab.evaluate((name, count) => underTest.many[name](count).then(() => '', (error) => `${error.code ?? ''} ${error.stack}`), name, count), '');
      });
    }
  });
}
