// cargo xtask bench:  node run.mjs --native PROGRAM [--quick] [--only JOB] [--write-docs]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { coldStart, weigh } from './cold.mjs';
import { chromium, firefox, native as startNative, node } from './engines.mjs';
import { fixture as makeFixture, toJson } from './fixture.mjs';
import { memory } from './memory.mjs';
import { machine } from './machine.mjs';
import { measure } from './measure.mjs';
import { install, out, pages } from './package.mjs';
import { FULL, QUICK } from './plan.mjs';
import { report } from './report.mjs';
import { serve } from './serve.mjs';

const { values: options } = parseArgs({ options: {
  native: { type: 'string' }, quick: { type: 'boolean' }, only: { type: 'string' }, engine: { type: 'string' }, 'write-docs': { type: 'boolean' },
} });
const plan = options.quick ? QUICK : FULL;
const wanted = (job) => !options.only || options.only === job;
const ENGINES = { chromium, firefox, node };

const start = performance.now();
const say = (text) => process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);

const packageEntry = pathToFileURL(install()).href;
const sealedNotes = await import(packageEntry);
const folders = await pages(new URL(packageEntry).pathname);
const [fixture, small] = [await makeFixture(sealedNotes, plan.recipients), await makeFixture(sealedNotes, 1)];
const server = await serve({ folders, fixture: toJson(fixture), coldFixture: toJson(small) });
const native = startNative(options.native);

const found = { date: new Date().toISOString().slice(0, 10), quick: Boolean(options.quick), machine: machine(), engines: [], results: [], weights: {}, memory: [] };
try {
  for (const id of plan.engines.filter((id) => !options.engine || options.engine === id)) {
    const engine = await ENGINES[id]({ packageEntry, fixture, url: server.url });
    try {
      found.engines.push({ id, name: engine.name });
      for (const { job, parameters, contenders, rounds = plan.rounds } of plan.jobs.filter(({ job }) => wanted(job))) {
        for (const parameter of parameters) {
          say(`${engine.name}: ${job} ${parameter ?? ''}`);
          found.results.push(await measure({ engine, native, job, parameter, contenders, rounds, milliseconds: plan.milliseconds, blocks: plan.blocks }));
        }
      }
      if (engine.browser && wanted('cold')) {
        say(`${engine.name}: cold pages`);
        if (id === 'chromium') found.weights = await weigh({ engine, server, contenders: plan.cold.contenders });
        found.results.push(...(await coldStart({ engine, server, ...plan.cold })));
      }
    } finally {
      await engine.close();
    }
  }
  if (plan.memory.length && wanted('memory') && process.platform === 'linux') {
    say('peak memory');
    found.memory = await memory({ url: server.url, jobs: plan.memory });
  }
} finally {
  native.close();
  server.close();
}

report(found, { writeDocs: options['write-docs'] });
mkdirSync(out, { recursive: true });
const part = [found.date, options.quick && 'quick', options.only].filter(Boolean).join('-'); // never in the place of a full run
writeFileSync(join(out, `${part}.json`), JSON.stringify(found, null, 1));
process.exit();
