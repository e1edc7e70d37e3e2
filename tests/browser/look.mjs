// One screen, light and dark, wide and narrow: no accessibility violation that axe knows, no sideways scrolling, a screenshot.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { screenshots } from './support.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = [1280, 320];

/** Adds to `problems` what is wrong; `isLong` says of which screens all is wanted in the picture. */
export const lookAt = (problems, isLong = () => false) => async (name, { page }) => {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`), fullPage: isLong(name) });
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => (await window.axe.run()).violations.map(({ id, help, nodes }) =>
        ({ id, help, nodes: nodes.map((node) => `${node.target}: ${node.failureSummary}`) })));
      problems.push(...violations.map((violation) => ({ screen: `${name}, ${colorScheme}, ${width} px`, ...violation })));
    }
    const overflow = await page.evaluate(() => {
      const wide = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= wide) return [];
      return [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > wide).map((it) => it.outerHTML.slice(0, 120));
    });
    if (overflow.length) problems.push({ screen: `${name}, ${width} px`, id: 'scrolls sideways', nodes: overflow });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
};
