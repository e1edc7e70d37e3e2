// Peak memory of a page's process, in a Chromium of its own for each contender. Linux alone tells.
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from './engines.mjs';

const kib = async (pid, name) => Number((await readFile(`/proc/${pid}/status`, 'utf8')).match(new RegExp(`${name}:\\s+(\\d+)`))[1]);

/** Bytes that the page's process took at its highest, beyond what it had while idle. */
async function peak({ url, job, contender, parameter }) {
  const engine = await chromium({ url });
  try {
    const session = await engine.browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
    const idle = new Map();
    for (const pid of renderers) {
      await writeFile(`/proc/${pid}/clear_refs`, '5'); // the peak is counted from here on: proc(5)
      idle.set(pid, await kib(pid, 'VmRSS'));
    }
    if (!(await engine.call('prepare', job, contender, parameter))) return undefined;
    // The page's process is the one that grew; the others are spare.
    const grown = await Promise.all(renderers.map(async (pid) => (await kib(pid, 'VmHWM')) - idle.get(pid)));
    return Math.max(...grown) * 1024;
  } finally {
    await engine.close();
  }
}

/** `[{ contender, job, parameter, bytes }]` */
export async function memory({ url, jobs }) {
  const found = [];
  for (const { job, parameter, contenders } of jobs) {
    for (const contender of contenders) {
      const bytes = await peak({ url, job, contender, parameter });
      if (bytes !== undefined) found.push({ contender, job, parameter, bytes });
    }
  }
  return found;
}
