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

const steps = {
  'are shared and opened in workers': 1200,
  'are written down as without workers, refusals included': 700,
  'stop at once when they are told to': 1200,
  'end with the vault, and say that it is locked': 700,
  'are finished here when workers break, or do not start': 900,
};

for (const [engine, launch, most, few] of [['Chromium', launchChromium, 1200, 5], ['Firefox', launchFirefox, 400, 1]]) {
  describe(`many records in ${engine}`, () => {
    let browser, tab;
    before(async () => {
      browser = await launch();
      tab = await newTab(engine, browser);
      await tab.open(server.url);
      await tab.until('the package', () => 'underTest' in window);
    });
    after(() => browser?.close());

    for (const [name, wanted] of Object.entries(steps).slice(0, few)) {
      test(name, async () => {
        assert.equal(await tab.evaluate((name, count) => underTest.many[name](count).then(() => '', (error) => `${error.code ?? ''} ${error.stack}`), name, Math.min(wanted, most)), '');
      });
    }
  });
}
