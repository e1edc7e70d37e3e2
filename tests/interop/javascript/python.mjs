// Asks the Python side: one process per request, JSON in and out, bytes in hexadecimal.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = fileURLToPath(new URL('../python', import.meta.url));
const interpreter = process.env.SEALED_NOTES_PYTHON ?? `${process.env.CARGO_TARGET_DIR ?? `${root}target`}/venv/bin/python`;

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));

/** Runs a script of tests/interop/python; resolves to what it printed. */
export function runPython(words, input = '') {
  if (!existsSync(interpreter)) {
    throw new Error(`no Python at ${interpreter}: run \`cargo xtask setup\`, or name one that has requirements.txt installed in SEALED_NOTES_PYTHON`);
  }
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, maxBuffer: 1 << 26, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' } };
    const child = execFile(interpreter, words, options, (error, stdout, stderr) =>
      error ? reject(new Error(`${words.join(' ')}: ${stderr || error.message}`)) : resolve(`${stdout}${stderr}`));
    child.stdin.end(input);
  });
}

export async function ask(command, request = {}) {
  return JSON.parse(await runPython(['bridge.py'], JSON.stringify({ command, ...request }, (_, value) => (value instanceof Uint8Array ? hex(value) : value))));
}
