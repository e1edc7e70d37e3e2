// Builds the harness page and runs every browser test file, one after the other: they share two cores and one clock.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { harness } from './server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = (...words) => spawnSync(process.execPath, words, { cwd: here, stdio: 'inherit' }).status;

const named = process.argv.slice(2).map((name) => `${name}.test.mjs`);
const files = readdirSync(here, { recursive: true }).filter((file) => file.endsWith('.test.mjs') && !file.startsWith('node_modules'));
process.exitCode = run(join(here, 'pages.mjs'), 'harness', harness)
  || run('--test', '--test-concurrency=1', '--test-reporter=spec', ...(named.length ? named : files.sort()));
