// A hostile server in front of the real client, in Chromium: every line of what it may try.
//   node hostile/run.mjs                      prints the table; exits non-zero unless all is as specified
//   node hostile/run.mjs --checks-off PAGE    one check after the other is left out of the library: each must be missed
import { parseArgs } from 'node:util';
import { launchChromium } from '../drivers/playwright.mjs';
import { harness, startServer } from '../server.mjs';
import { Bench, Enough } from './bench.mjs';
import { bodies } from './bodies.mjs';
import { database } from './database.mjs';
import { downgrade } from './downgrade.mjs';
import { freshness } from './freshness.mjs';
import { keys } from './keys.mjs';
import { leaks } from './leaks.mjs';
import { leaveThePage } from './page.mjs';
import { sender } from './sender.mjs';
import { startTampering } from './tamper.mjs';
import { reader, settleIn } from './world.mjs';

const { values: options } = parseArgs({ options: { 'checks-off': { type: 'string' }, only: { type: 'string' } } });
const MANY = ['--door-per-minute', '60000', '--sign-ups-per-minute', '6000', '--ip-per-minute', '6000000', '--account-per-minute', '600000'];
/** Which line notices that which check is missing, and by what. */
const MUTATIONS = [
  ['wanted record', 2, /another record, whole: says opened/],
  ['grant\'s version', 4, /the grant is not on: says opened/],
  ['body context', 6, /made for another section.*: says opened/],
  ['commitment', 8, /granted with the one not committed to: says opened/],
  ['slot commitment', 9, /another commitment: says tampered/],
  ['grant\'s signature', 11, /in the author's name: says opened/],
  ['account of a key log', 14, /under a colleague's account: says unverified/],
  ['changed keys', 15, /who made new keys: opened/],
  ['seen key log', 15, /without its newest entry: says/],
  ['purpose', 20, /says opened/],
  ['stale slot', 22, /with the old passphrase: opened/],
  ['newest version', 24, /a note: says opened/],
  ['ledger\'s head', 24, /the ledger: says opened/],
  ['end of input', 28, /a byte after the end: says opened/],
  ['padding', 30, /bytes: \d+ and \d+ on the wire/],
  ['Argon2id bounds', 21, /memory 0: says/],
];

const LINES = [...bodies, ...sender, ...keys, ...downgrade, ...freshness, ...leaks];

const wire = await startTampering();
const server = await startServer({ app: options['checks-off'] ?? harness, options: [...MANY, '--origin', wire.url] });
wire.to(server.url);
const browser = await launchChromium();
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error.stack)));
  await page.goto(wire.url);
  await page.waitForFunction(() => 'underTest' in window);
  if ((await page.evaluate(() => 'leaveOut' in underTest && underTest.leaveOut !== undefined)) !== (options['checks-off'] !== undefined)) {
    throw new Error('a package that can leave out a check is for --checks-off, and no other');
  }
  const stage = { page, context, browser, wire, server, database: database(server.data), console: said, all: [], visit: {}, impatient: options['checks-off'] !== undefined };
  stage.stored = reader(stage.database);
  const world = await settleIn(stage);
  const [good, all] = stage.impatient ? await withoutChecks(stage, world) : await table(stage, world);
  process.exitCode = good === all ? 0 : 1;
  await leaveThePage(stage);
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
  console.log(`${good} of ${LINES.length} as specified`);
  return [good, LINES.length];
}

async function withoutChecks(stage, world) {
  let caught = 0;
  for (const [check, number, expected] of MUTATIONS) {
    const [, about, run] = LINES.find(([line]) => line === number);
    await stage.page.evaluate((check) => underTest.leaveOut(check), check);
    const it = await line(stage, world, number, about, run);
    await stage.page.evaluate(() => underTest.leaveOut(''));
    const found = it.wrong.some((wrong) => expected.test(wrong));
    caught += found ? 1 : 0;
    console.log(`${found ? 'caught' : 'MISSED'}  without ${check.padEnd(22)}  line ${String(number).padStart(2)}  ${it.wrong[0]?.split('\n')[0] ?? 'nothing was wrong'}`);
  }
  console.log(`caught: ${caught} of ${MUTATIONS.length} mutations`);
  return [caught, MUTATIONS.length];
}

async function line(stage, world, number, about, run) {
  const it = new Bench(stage, number, about);
  try {
    await run(it, world);
  } catch (error) {
    if (!(error instanceof Enough)) it.wrong.push(error.stack);
  }
  return it;
}
