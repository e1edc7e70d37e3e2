// What the tests need of a browser, the same for all three. A driver supplies evaluate, click, fill, choose, open, press.
import { setTimeout as sleep } from 'node:timers/promises';

export const PATIENCE = 30_000;

export class Tab {
  /** Waits until `fn(...args)`, run in the page, returns something truthy; returns it. */
  async until(what, fn, ...args) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const value = await this.evaluate(fn, ...args).catch((error) => {
        if (Date.now() > end) throw error;
      });
      if (value) return value;
      if (Date.now() > end) throw new Error(`waited ${PATIENCE / 1000} s in ${this.name} for ${what}\n${await this.seen()}`);
      await sleep(50);
    }
  }

  /** Waits until an element is there and visible. */
  async visible(css) {
    await this.until(`${css} to be visible`, (css) => {
      const element = document.querySelector(css);
      return Boolean(element?.checkVisibility({ visibilityProperty: true }));
    }, css);
  }

  async gone(css) {
    await this.until(`${css} to be gone`, (css) => !document.querySelector(css)?.checkVisibility({ visibilityProperty: true }), css);
  }

  /** Waits until an element's text or value matches. */
  async reads(css, pattern) {
    const { source, flags } = pattern instanceof RegExp ? pattern : new RegExp(RegExp.escape?.(pattern) ?? pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return this.until(`${css} to read /${source}/`, (css, source, flags) => {
      const element = document.querySelector(css);
      const text = element?.value ?? element?.textContent ?? '';
      return new RegExp(source, flags).test(text) && { text };
    }, css, source, flags).then((found) => found.text);
  }

  async text(css) {
    await this.visible(css);
    return this.evaluate((css) => { const e = document.querySelector(css); return (e.value ?? e.textContent).trim(); }, css);
  }

  /** What a person would see, for error messages. */
  async seen() {
    const page = await this.evaluate(() => `${location.href}\n${document.body.innerText}`).catch((error) => String(error));
    return `--- the page shows ---\n${page.slice(0, 3000)}`;
  }
}
