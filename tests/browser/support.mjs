// A server and Chromium for a test file, and a watch over what a browser complains about.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { launchChromium, newTab } from './drivers/playwright.mjs';
import { Person } from './person.mjs';
import { root, startServer } from './server.mjs';

export const PASSPHRASE = 'correct horse battery staple 7';
export const screenshots = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'screenshots');

/** Starts both before the file's tests; `arrive` brings in people, each in a separate browser context. */
export function stage(serverOptions) {
  const it = {};
  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    it.server = await startServer(serverOptions);
    it.browser = await launchChromium();
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.stop();
    it.server?.forget();
  });
  it.tabs = [];
  it.arrive = async (handle, options) => {
    const tab = await newTab(handle, it.browser, options);
    listen(tab);
    it.tabs.push(tab);
    return new Person(tab, it.server.url, handle, PASSPHRASE);
  };
  it.steps = (t) => steps(t, it.tabs);
  return it;
}

/** Subtests that build on each other: after the first failure the rest would say nothing, so they are left out. */
export function steps(t, tabs) {
  let failed = false;
  return (name, step) => !failed && t.test(name, async () => {
    try {
      await step();
    } catch (error) {
      failed = true;
      for (const tab of tabs) {
        await tab.page?.screenshot({ path: join(screenshots, `failed-${tab.name}.png`) }).catch(() => {});
        error.message += `\n${tab.name}: ${await tab.seen()}`;
      }
      throw error;
    }
  });
}

/** Another device or tab wrote into the ledger first: the page follows, and writes again. Browsers print every refusal. */
const IN_TURN = /status of 409 .*\/api\/ledger\)$/;

/** Keeps every complaint of the page: errors, warnings, violations of the Content-Security-Policy. */
export function listen(tab) {
  tab.complaints = [];
  tab.context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    const complaint = `${message.type()}: ${message.text()} (${message.location().url})`;
    if (!IN_TURN.test(complaint)) tab.complaints.push(complaint);
  });
  tab.context.on('weberror', (error) => tab.complaints.push(String(error.error().stack)));
}

/** How many pages of paper a print-out takes, on A4 and on Letter. */
export async function pagesOfPaper({ page }) {
  const pages = [];
  await page.emulateMedia({ media: 'print' }); // not as a test may have left it
  for (const format of ['A4', 'Letter']) {
    const pdf = await page.pdf({ format, margin: { top: '10mm', right: '10mm', bottom: '10mm', left: '10mm' } });
    pages.push(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length);
  }
  await page.emulateMedia({ media: 'screen' });
  return pages;
}

export function assertQuiet(tab, { except } = {}) {
  const complaints = except ? tab.complaints.filter((text) => !except.test(text)) : tab.complaints;
  assert.deepEqual(complaints, [], `${tab.name}'s browser complained`);
}
