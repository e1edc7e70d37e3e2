// A fresh profile, a fresh page, the first sealed note: as it is, on a slow processor, on a slow network. And what the page loads.
const PROFILES = {
  plain: {},
  'slow processor': { cpu: 4 },
  // As "Slow 4G" of common developer tools.
  'slow network': { network: { offline: false, latency: 150, downloadThroughput: (1.6 * 2 ** 20) / 8, uploadThroughput: (0.75 * 2 ** 20) / 8 } },
};

async function visit(browser, url, { cpu, network }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    if (cpu || network) {
      const session = await context.newCDPSession(page);
      if (cpu) await session.send('Emulation.setCPUThrottlingRate', { rate: cpu });
      if (network) {
        await session.send('Network.enable');
        await session.send('Network.emulateNetworkConditions', network);
      }
    }
    await page.goto(url);
    return await page.evaluate(() => globalThis.done);
  } finally {
    await context.close();
  }
}

/** `[{ engine, job: 'cold', parameter: profile, samples }]`; only Chromium can be slowed down. */
export async function coldStart({ engine, server, contenders, rounds }) {
  const results = [];
  const profiles = Object.entries(PROFILES).filter(([, { cpu, network }]) => engine.id === 'chromium' || !(cpu || network));
  for (const [parameter, profile] of profiles) {
    const samples = Object.fromEntries(contenders.map((contender) => [contender, []]));
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(round + turn) % contenders.length];
        samples[contender].push(await visit(engine.browser, `${server.url}/cold-${contender}/`, profile));
      }
    }
    results.push({ engine: engine.id, job: 'cold', parameter, samples });
  }
  return results;
}

/** What each contender's cold page loads besides its HTML: `{ contender: [{ path, size, compressed }] }`. */
export async function weigh({ engine, server, contenders }) {
  const weights = {};
  for (const contender of contenders) {
    server.asked();
    await visit(engine.browser, `${server.url}/cold-${contender}/`, {});
    weights[contender] = server.asked().filter(({ type }) => !type.startsWith('text/html'));
  }
  return weights;
}
