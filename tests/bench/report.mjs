// What was found, as Markdown: the same tables on the terminal and in docs/benchmarks.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judge, lastLine, sizeOf, verdict } from './budget.mjs';
import { charts } from './charts.mjs';
import { CONTENDERS, nameOf } from './contenders.mjs';
import { median, ratio } from './measure.mjs';

const OURS = 'sealed-notes';
const docs = fileURLToPath(new URL('../../docs', import.meta.url));

/** Every job in the order of the page, what it is, and how its parameter reads. */
const JOBS = {
  seal: { title: 'Seal a note of 4 KiB', about: 'Text in, bytes out. Ours is the chart note with an X25519 grant for each recipient; the parameter is their number.', column: (n) => `${n} recipient${n === 1 ? '' : 's'}` },
  'open-shared': { title: 'Open what somebody shared', about: 'As recipient; bytes in, text out.', column: (n) => (n === 1 ? 'one note' : `a chart of ${n}`) },
  'open-own': { title: "Open one's own notes", about: 'Ours from the private drawer; the peers seal to one public key. "One secret key for all" is for who never shares, and is shown beside: it is no peer of the budget.', column: (n) => `${n} notes` },
  hybrid: { title: 'Seal for post-quantum recipients', about: 'The same note; X-Wing grants against hybrid recipients (both ML-KEM-768 with X25519).', column: (n) => `${n} recipient${n === 1 ? '' : 's'}` },
  aead: { title: 'Bulk encryption', about: 'Bytes under a key that is already there, into a reused buffer where the contender can.', column: sizeOf },
  unlock: { title: 'Unlock', about: 'Argon2id, 64 MiB, 3 passes, 1 lane. Ours is the whole of `Vault.unlock`: in browsers a worker started and ended, and the vault opened.', column: () => 'time' },
  sign: { title: 'Sign (Ed25519)', about: 'Ours is `vault.login`: a COSE_Sign1 over challenge, account and origin.', column: () => 'time' },
  verify: { title: 'Verify (Ed25519)', about: 'Ours is one grant of `vault.chart.readers`: decoded, compared with its record, its signature checked.', column: () => 'time' },
  cold: { title: 'Cold page to the first sealed note', about: 'Fresh profile; from navigation to the note sealed, keys made (peers) or vault unlocked by passkey (ours) on the way. Served locally with brotli. Slow processor: 4 times slower; slow network: 1.6 Mbit/s, 150 ms.', column: (profile) => profile },
};

function time(milliseconds) {
  const [value, unit] = milliseconds < 1 ? [milliseconds * 1000, 'µs'] : milliseconds < 1000 ? [milliseconds, 'ms'] : [milliseconds / 1000, 's'];
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}
const times = (value) => `${value >= 10 ? value.toFixed(0) : value.toFixed(2)}x`;

/** Median time; behind it how many times ours, with the quartiles of the rounds. */
function cell(samples, contender) {
  if (!samples[contender]) return 'not offered';
  const own = time(median(samples[contender]));
  if (contender === OURS || !samples[OURS]) return own;
  const { median: middle, low, high } = ratio(samples[contender], samples[OURS]);
  return `${own} · ${times(middle)} (${times(low)}–${times(high)})`;
}

function table(header, rows) {
  const widths = header.map((_, at) => Math.max(...[header, ...rows].map((row) => [...row[at]].length)));
  const line = (row) => `| ${row.map((text, at) => text + ' '.repeat(widths[at] - [...text].length)).join(' | ')} |`;
  return [line(header), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

export function jobTable(found, engine, job) {
  const results = found.results.filter((result) => result.engine === engine && result.job === job);
  if (!results.length) return undefined;
  const { title, about, column } = JOBS[job];
  const contenders = [...new Set([OURS, ...results.flatMap(({ samples }) => Object.keys(samples))])];
  const lacks = (contender) => (job === 'aead' ? CONTENDERS[contender].aead : ['unlock', 'sign', 'verify', 'cold'].includes(job) ? undefined : CONTENDERS[contender].lacks) ?? '';
  const withLacks = contenders.some(lacks);
  const rows = contenders.map((contender) => [nameOf(contender), ...results.map(({ samples }) => cell(samples, contender)), ...(withLacks ? [lacks(contender)] : [])]);
  const header = ['', ...results.map(({ parameter }) => column(parameter)), ...(withLacks ? [job === 'aead' ? 'remarks' : 'what it does not do of ours'] : [])];
  return { title, about, text: table(header, rows) };
}

function budgetTable(rows) {
  const show = ({ of, value, low, high, unit, must, stretch }) => {
    const number = unit === 'x' ? times(value) : `${value.toFixed(1)}${unit}`;
    const goal = (value) => `${value}${unit}`;
    return { of, number: low === undefined ? number : `${number} (${times(low)}–${times(high)})`, must: goal(must), stretch: goal(stretch) };
  };
  const lines = rows.flatMap((row) => {
    if (row.why) return [[row.row, row.why, '', '', '', verdict(row)]];
    return row.parts.map(show).map(({ of, number, must, stretch }, at) => [at ? '' : row.row, of, number, must, stretch, at ? '' : verdict(row)]);
  });
  return table(['work', 'against', 'measured', 'must', 'stretch', 'row'], lines);
}

function weightTable(weights) {
  const total = (files, type) => files.filter((file) => file.type.includes(type)).reduce((sum, { compressed }) => sum + compressed, 0) / 1000;
  const rows = Object.entries(weights).map(([contender, files]) => [nameOf(contender), ...[total(files, 'javascript'), total(files, 'wasm'), total(files, '')].map((kb) => `${kb.toFixed(1)} KB`)]);
  return table(['', 'JavaScript', 'wasm', 'together'], rows);
}

function blockTable(found, engine) {
  const results = found.results.filter((result) => result.engine === engine && Object.keys(result.blocks ?? {}).length > 0);
  const contenders = [...new Set(results.flatMap(({ blocks }) => Object.keys(blocks)))];
  const name = ({ job, parameter }) => `${JOBS[job].title}${parameter === undefined ? '' : `, ${JOBS[job].column(parameter)}`}`;
  return table(['', ...contenders.map(nameOf)], results.map((result) => [name(result), ...contenders.map((contender) => (result.blocks[contender] === undefined ? '' : `${result.blocks[contender].toFixed(1)} ms`))]));
}

const memoryTable = (memory) => table(['', 'work', 'peak above the idle page'], memory.map(({ contender, job, bytes }) => [nameOf(contender), JOBS[job].title, `${(bytes / 2 ** 20).toFixed(0)} MiB`]));

/** `[heading, paragraph]` of everything that was measured. */
function sections(found) {
  const all = [['## The budget', `What this project set itself to reach in Chromium, with the package as it is published. "x": how many times as long the other takes; in brackets the quartiles of the rounds. Peers are packages that somebody could use instead. What was put together by hand from the primitives of WebCrypto or noble is in the tables further down, and not counted here.\n\n${budgetTable(found.budget)}\n\n\`${lastLine(found.budget)}\``]];
  for (const { id, name } of found.engines) {
    all.push([`## ${name}`, 'Median of the rounds; behind it the ratio to ours, round by round, as median and quartiles. Above 1x ours is faster.']);
    for (const job of Object.keys(JOBS)) {
      const made = jobTable(found, id, job);
      if (made) all.push([`### ${made.title}`, `${made.about}\n\n${made.text}`]);
    }
    if (found.results.some(({ engine, blocks }) => engine === id && Object.keys(blocks ?? {}).length > 0)) all.push(['### Longest time for which the thread stood still', `While one call was done; in a full run the median of three. What takes the caller one call after the other is not here.\n\n${blockTable(found, id)}`]);
  }
  if (Object.keys(found.weights).length) all.push(['## Bytes', `What the cold page loads besides its HTML, minified by Vite, brotli at its best. For whoever unlocks by passphrase, ours then loads a worker's few KB of JavaScript as well.\n\n${weightTable(found.weights)}`]);
  if (found.memory?.length) all.push(['## Peak memory', `Of a fresh Chromium page's process, while one is done and its work checked.\n\n${memoryTable(found.memory)}`]);
  return all;
}

export function report(found, { writeDocs }) {
  found.budget = judge(found);
  const body = sections(found);
  console.log(body.map(([heading, text]) => `${heading}\n\n${text}\n`).join('\n'));
  if (writeDocs) write(found, body);
  console.log(lastLine(found.budget));
}

function write(found, body) {
  const { date, machine, engines } = found;
  const made = charts(found);
  mkdirSync(join(docs, 'benchmarks'), { recursive: true });
  for (const { file, svg } of made) writeFileSync(join(docs, 'benchmarks', file), svg);
  const intro = `# Benchmarks

Measured on ${date} by \`cargo xtask bench${found.quick ? ' --quick' : ''} --write-docs\`${found.quick ? ' (fewer rounds, sizes and engines than without \`--quick\`)' : ''}, which anybody can repeat: ${machine.processor}, ${machine.cores} cores, ${machine.system};
${engines.map(({ name }) => name).join(', ')}. The npm package is packed and installed as it would be from a registry, and used through its
public API. Every contender's work is checked (what it sealed has to open again) before it is timed; rounds are interleaved, each begun
by another contender. What others do not do of the work is in the last column. Absolute times are this machine's; ratios travel better.
`;
  const pictures = made.map(({ file, title }) => `![${title}](benchmarks/${file})`).join('\n\n');
  writeFileSync(join(docs, 'benchmarks.md'), [intro, pictures, ...body.map(([heading, text]) => `${heading}\n\n${text}`)].join('\n\n').replace(/\n{3,}/g, '\n\n') + '\n');
}
