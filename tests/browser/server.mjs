// The real server, on a free port, with a database in a fresh folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
/** The bare page that has the package on `window`. */
export const harness = join(target, 'browser-page');

export async function startServer({
  program = join(target, 'debug/sealed-notes-server'),
  app = join(root, 'www/app/dist'),
  options = [],
} = {}) {
  const data = mkdtempSync(join(tmpdir(), 'sealed-notes-'));
  const child = spawn(program, ['--port', '0', '--data', data, '--app', app, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  const out = [], log = [];
  child.stderr.on('data', (bytes) => log.push(bytes));
  child.stdout.on('data', (bytes) => out.push(bytes));
  const ended = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => line),
    ended.then(([code]) => { throw new Error(`the server ended with ${code} before it listened:\n${Buffer.concat(log)}`); }),
  ]);

  return {
    url: line.replace('listening on ', ''),
    data,
    output: () => ({ stdout: Buffer.concat(out), stderr: Buffer.concat(log) }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.removeListener('exit', kill);
    },
    forget: () => rmSync(data, { recursive: true, force: true }),
  };
}
