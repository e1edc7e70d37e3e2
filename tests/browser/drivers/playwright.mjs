// Chromium and Firefox as installed by the system, through playwright-core.
import { chromium, firefox } from 'playwright-core';
import { PATIENCE, Tab } from './tab.mjs';

const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const chromiumOptions = () => ({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: QUIET });
export const launchChromium = () => chromium.launch(chromiumOptions());

// `channel: moz-firefox` speaks WebDriver BiDi, which a Firefox that playwright did not build understands.
export const launchFirefox = () =>
  firefox.launch({ executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', channel: 'moz-firefox' });

export class PlaywrightTab extends Tab {
  constructor(name, page) {
    super();
    this.name = name;
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
  }

  open(url) { return this.page.goto(url); }
  evaluate(fn, ...args) { return this.page.evaluate(`(${fn})(...${JSON.stringify(args)})`); }
  click(css) { return this.page.locator(css).first().click(); }
  fill(css, text) { return this.page.locator(css).first().fill(text); }
  choose(css, value) { return this.page.locator(css).first().selectOption(value); }
  press(key) { return this.page.keyboard.press(key); }
}

/** A fresh, separate profile of an already started browser. */
export async function newTab(name, browser, options = {}) {
  const context = await browser.newContext(options);
  const tab = new PlaywrightTab(name, await context.newPage());
  tab.context = context;
  tab.close = () => context.close();
  return tab;
}
