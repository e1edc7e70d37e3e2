// Where the suite runs: Node in a process of its own, Chromium and Firefox in a page. Each gives `call(name, ...args)` of
// `suite/index.js`. And the native program, which answers for itself.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launchChromium, launchFirefox } from '../browser/drivers/playwright.mjs';
import { toJson } from './fixture.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function node({ packageEntry, fixture }) {
  const child = fork(here('node-side.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const call = async (name, ...args) => {
    child.send({ name, args });
    const [{ error, value }] = await once(child, 'message');
    if (error) throw new Error(`Node: ${error}`);
    return value;
  };
  await call('begin', packageEntry, toJson(fixture));
  return { id: 'node', name: `Node.js ${process.versions.node}`, call, close: () => child.kill() };
}

async function inPage(id, name, browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`${url}/suite/`);
  await page.waitForFunction(() => globalThis.begun !== undefined);
  const failed = await page.evaluate(() => globalThis.begun.then(() => undefined, (error) => error.stack ?? String(error)));
  if (failed) throw new Error(`${name}: ${failed}`);
  return {
    id,
    name: `${name} ${browser.version()}`,
    browser,
    call: (job, ...args) => page.evaluate(([job, args]) => globalThis.suite[job](...args), [job, args]),
    close: () => browser.close(),
  };
}

export const chromium = async ({ url }) => inPage('chromium', 'Chromium', await launchChromium(), url);
export const firefox = async ({ url }) => inPage('firefox', 'Firefox', await launchFirefox(), url);

export function native(program) {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = once(child, 'exit').then(([code]) => { throw new Error(`the native program ended with ${code}`); });
  ended.catch(() => {});
  return {
    /** Milliseconds for one, or undefined where there is no such job natively. */
    async sample(job, contender, parameter, milliseconds) {
      child.stdin.write(`${job} ${contender} ${parameter ?? 0} ${milliseconds}\n`);
      const { value } = await Promise.race([lines.next(), ended]);
      return value === 'none' ? undefined : Number(value);
    },
    close: () => child.stdin.end(),
  };
}
