// A hostile server in front of the real client, in Chromium: every line of what it may try.
//   node hostile/run.mjs                      prints the table; exits non-zero unless all is as specified
//   node hostile/run.mjs --checks-off PAGE    one check after the other is left out of the library: each must be missed
import { parseArgs } from 'node:util';
import { launchChromium } from '../drivers/playwright.mjs';
import { harness, startServer } from '../server.mjs';
import { Bench } from './bench.mjs';
import { bodies } from './bodies.mjs';
import { database } from './database.mjs';
import { downgrade } from './downgrade.mjs';
import { freshness } from './freshness.mjs';
import { keys } from './keys.mjs';
import { sender } from './sender.mjs';
import { startTampering } from './tamper.mjs';
import { reader, settleIn } from './world.mjs';

const { values: options } = parseArgs({ options: { 'checks-off': { type: 'string' }, only: { type: 'string' } } });
const MANY = ['--door-per-minute', '60000', '--sign-ups-per-minute', '6000', '--ip-per-minute', '6000000', '--account-per-minute', '600000'];
const LINES = [...bodies, ...sender, ...keys, ...downgrade, ...freshness];

const wire = await startTampering();
const server = await startServer({ app: options['checks-off'] ?? harness, options: [...MANY, '--origin', wire.url] });
wire.to(server.url);
const browser = await launchChromium();
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(wire.url);
  await page.waitForFunction(() => 'underTest' in window);
  const stage = { page, context, browser, wire, server, database: database(server.data), all: [] };
  stage.stored = reader(stage.database);
  const world = await settleIn(stage);
  const good = await table(stage, world);
  console.log(`${good} of ${LINES.length} as specified`);
  process.exitCode = good === LINES.length ? 0 : 1;
} finally {
  await browser.close();
  wire.stop();
  await server.stop();
  server.forget();
}

async function table(stage, world) {
  const wanted = options.only?.split(',').map(Number);
  let good = 0;
  for (const [number, about, run] of LINES) {
    if (wanted && !wanted.includes(number)) continue;
    const it = await line(stage, world, number, about, run);
    console.log(it.row);
    for (const wrong of it.wrong.slice(0, 12)) console.log(`          ${wrong}`);
    good += it.ok ? 1 : 0;
  }
  return good;
}

async function line(stage, world, number, about, run) {
  const it = new Bench(stage, number, about);
  try {
    await run(it, world);
  } catch (error) {
    it.wrong.push(error.stack);
  }
  return it;
}
