// Walks every way into an account and every loss, in each browser, against the real server.
//   node recovery/run.mjs [chromium|firefox|webkit …]
import { launchChromium, launchFirefox, newTab } from '../drivers/playwright.mjs';
import { launchWebKit } from '../drivers/webkit.mjs';
import { harness, startServer } from '../server.mjs';
import { pageWays } from './page.mjs';

const engines = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebKit };
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(engines);
const MANY = ['--door-per-minute', '60000', '--sign-ups-per-minute', '6000', '--ip-per-minute', '600000', '--account-per-minute', '60000'];

let behaved = 0;
let total = 0;
async function judge(where, name, run) {
  total += 1;
  try {
    await run();
    behaved += 1;
    console.log(`ok      ${where}  ${name}`);
  } catch (error) {
    console.log(`WRONG   ${where}  ${name}: ${error.message}`);
  }
}

for (const name of chosen) {
  const server = await startServer({ app: harness, options: MANY });
  const started = await engines[name]();
  const tab = name === 'webkit' ? started : await newTab(name, started);
  try {
    await tab.open(server.url);
    await tab.until('the package', () => 'underTest' in window);
    for (const way of await tab.evaluate(() => Object.keys(underTest.ways))) {
      await judge(name.padEnd(8), way, async () => {
        await tab.evaluate((way) => {
          window.way = undefined;
          underTest.ways[way]().then(() => { window.way = { ok: true }; }, (error) => { window.way = { error: String(error?.message ?? error) }; });
        }, way);
        const { error } = await tab.until(way, () => window.way);
        if (error) throw new Error(error);
      });
    }
  } finally {
    await tab.close();
    if (name !== 'webkit') await started.close();
    await server.stop();
    server.forget();
  }
}

if (chosen.includes('chromium')) await pageWays((name, run) => judge('the page', name, run));

console.log(`${behaved} of ${total} ways behave as SPEC says`);
process.exitCode = behaved === total && total > 0 ? 0 : 1;
