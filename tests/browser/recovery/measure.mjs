// How long unlocking takes, here and on a quarter of one core; how long the page's own thread stands still; and what memory is
// given back. Figures, not tests:  node recovery/measure.mjs
import { execFileSync, spawn } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { launchChromium, newTab } from '../drivers/playwright.mjs';
import { harness, startServer } from '../server.mjs';

const RUNS = 5;
const server = await startServer({ app: harness });

async function measure() {
  const browser = await launchChromium();
  const tab = await newTab('measure', browser);
  await tab.open(server.url);
  await tab.until('the package', () => 'underTest' in window);
  return {
    browser,
    figures: (runs) => tab.evaluate(async (runs) => {
      const { Vault, account, bytes, init, memoryBytes } = underTest;
      const known = account();
      const unlock = () => Vault.unlock({ passphrase: known.passphrase, accountSecret: known.account_secret_text, sealedVault: bytes(known.vault.sealed), slots: [bytes(known.slot.sealed)] });
      await init();
      const times = [], blocks = [];
      for (let run = 0; run <= runs; run++) {
        let longest = 0, last = performance.now(), running = true;
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          if (running) channel.port2.postMessage(0);
        };
        channel.port2.postMessage(0);
        const start = performance.now();
        (await unlock()).lock();
        const took = performance.now() - start;
        running = false;
        if (run > 0) { times.push(took); blocks.push(longest); } // the first warms up
      }
      const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];
      return { unlock: median(times), longestBlock: median(blocks), memory: await memoryBytes() };
    }, runs),
  };
}

const show = (label, { unlock, longestBlock }) => console.log(`${label.padEnd(34)} unlock ${unlock.toFixed(0).padStart(5)} ms   page stands still at most ${longestBlock.toFixed(1)} ms`);

const busy = [];
try {
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, medians of ${RUNS}`);
  const full = await measure();
  const figures = await full.figures(RUNS);
  show('Chromium', figures);
  console.log(`WebAssembly memory of the page afterwards: ${(figures.memory / 2 ** 20).toFixed(1)} MiB; Argon2id's 64 MiB went with its worker`);
  await full.browser.close();

  // What is started from here on shares one core: every thread of the browser, and three programs that never rest.
  execFileSync('taskset', ['-acp', '0', String(process.pid)], { stdio: 'ignore' });
  const slow = await measure();
  for (let at = 0; at < 3; at++) busy.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  show('Chromium on a quarter of one core', await slow.figures(RUNS));
  await slow.browser.close();
} finally {
  for (const child of busy) child.kill('SIGKILL');
  await server.stop();
  server.forget();
}
