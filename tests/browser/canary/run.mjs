// Types random secrets into the real page in Chromium, then looks for them everywhere but on the screen.
//   node canary/run.mjs --server PROGRAM --app DIR [--expect-found]
// --expect-found: the build under test does not encrypt; the check passes when it finds what was typed.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from '../server.mjs';
import { disk } from './places.mjs';
import { search, spellings } from './search.mjs';
import { story } from './story.mjs';
import { startWire } from './wire.mjs';

const { values: options } = parseArgs({
  options: { server: { type: 'string' }, app: { type: 'string' }, 'expect-found': { type: 'boolean', default: false } },
});

const secrets = [];
/** A random secret to be typed. `stored`: whether a build without encryption gives it away in the database; null: perhaps. */
const canary = (name, { stored = true } = {}) => {
  const text = `kanarie${randomBytes(12).toString('hex')}`;
  secrets.push({ name, text, stored });
  return text;
};
/** What people copy by hand. Only the account secret is for the device to keep; the recovery code is for paper alone. */
const copied = (name, text, length, { device = false, stored }) => {
  secrets.push({ name, text, device });
  secrets.push({ name: `${name}, without dashes`, text: text.replace(/[^0-9a-z]/gi, ''), device });
  secrets.push({ name: `${name}, its bytes`, text: crockford(text).subarray(0, length), stored, device });
};
const accountSecret = (name, text) => copied(name, text, 16, { device: true, stored: true });
const recoveryCode = (name, text) => copied(name, text, 20, { stored: false });
/** Its value alone: what stands before that, such as the deal's id, the server knows. */
const printedShare = (name, text) => {
  secrets.push({ name, text, stored: false }, { name: `${name}, its value`, text: crockford(text).subarray(20, 52), stored: false });
};

const profiles = mkdtempSync(join(tmpdir(), 'sealed-notes-profiles-'));
const wire = await startWire();
const server = await startServer({ program: options.server, app: options.app, options: ['--origin', wire.url] });
const places = [];
try {
  wire.to(server.url);
  const { handles, left } = await story({ url: wire.url, wire, profiles, canary, accountSecret, recoveryCode, printedShare });
  places.push(...disk('server\'s disk, running', server.data), ...left);
  await server.stop();
  places.push(...disk('server\'s disk, stopped', server.data));
  places.push(...disk('browser\'s disk', profiles).map((file) => ({ ...file, device: true })));
  const { stdout, stderr } = server.output();
  places.push({ place: 'server\'s log: stdout', bytes: stdout }, { place: 'server\'s log: stderr', bytes: stderr });
  for (const [name, parts] of Object.entries(wire.kept)) {
    places.push({ place: `HTTP: ${name}`, bytes: Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')])) });
  }
  process.exitCode = judge(handles) ? 0 : 1;
} finally {
  wire.stop();
  await server.stop();
  server.forget();
  rmSync(profiles, { recursive: true, force: true });
}

function judge(handles) {
  const needles = secrets.flatMap(({ name, text }) => spellings(name, text));
  const devices = new Set(secrets.filter(({ device }) => device).map(({ name }) => name));
  const found = new Map();
  for (const { place, bytes, device } of places) {
    for (const [name, encoding] of search(bytes, needles)) {
      if (device && devices.has(name)) continue; // the device keeps its account secret: that is what it is for
      found.set(name, [...(found.get(name) ?? []), `${place} (${encoding})`]);
    }
  }
  for (const [name, where] of found) console.log(`FOUND ${name}: ${where.join('; ')}`);
  const blind = unseen(handles);
  for (const line of blind) console.log(`BLIND: ${line}`);
  for (const { place, bytes } of summed(places)) console.log(`searched ${String(bytes).padStart(10)} bytes  ${place}`);

  const wrong = options['expect-found'] ? secrets.filter(({ name, stored }) => stored != null && stored !== isStored(found.get(name))) : [];
  for (const { name, stored } of wrong) console.log(`sealing is off, and yet the database ${stored ? 'does not hold' : 'holds'} ${name}`);
  console.log(`canaries found: ${found.size} of ${secrets.length} in ${places.length} places`);
  if (blind.length) return false;
  return options['expect-found'] ? wrong.length === 0 : found.size === 0;
}

function isStored(where = []) {
  return where.some((place) => place.startsWith('server\'s disk'));
}

/** A search that reads the wrong bytes finds nothing either: each place must hold something known to be there. */
function unseen(handles) {
  const known = spellings('handle', handles[0]);
  const mustHold = [
    [/^server's disk, running: .*-wal$/, known], [/^server's disk, stopped: .*\.(db|sqlite3?)$/, known],
    [/^HTTP: request lines$/, known], [/^HTTP: request bodies$/, known], [/^HTTP: response bodies$/, known],
    [/^third, while offline: IndexedDB$/, spellings('draft', '"sealed":')],
    [/localStorage$/, known], [/the device's account secret$/, known],
    [/^server's log: stderr$/, spellings('route', '/api/')], [/^HTTP: re.* headers$/, spellings('type', 'application/json')],
  ];
  return mustHold.filter(([place, needles]) => !places.some((it) => place.test(it.place) && search(it.bytes, needles).size)).map(([place]) => `${place} does not hold what is known to be there`);
}

/** One line for each place; a browser's hundreds of files count and are searched, but print as one. */
function summed(places) {
  const sums = new Map();
  for (const { place, bytes } of places) {
    const name = place.startsWith('browser\'s disk') ? 'browser\'s disk' : place;
    sums.set(name, (sums.get(name) ?? 0) + bytes.length);
  }
  return [...sums].map(([place, bytes]) => ({ place, bytes }));
}

function crockford(text) {
  let bits = '';
  for (const digit of text.replace(/[^0-9a-z]/gi, '')) bits += '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(digit.toUpperCase()).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
