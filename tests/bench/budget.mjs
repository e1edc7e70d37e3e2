// The budget: what has to be reached in Chromium, row by row, and what was. A row is met when all its parts are.
import { CONTENDERS } from './contenders.mjs';
import { median, ratio } from './measure.mjs';

const OURS = 'sealed-notes';
const NOT_MEASURED = 'not measured in this run';
const KB = 1000;
const KiB = 1024;
/** A protocol of our own making is no package that anybody could use instead, and one key for all notes is another job. */
const isPeer = (contender) => contender !== OURS && !contender.startsWith('native') && !CONTENDERS[contender].byHand && contender !== 'libsodium-one-key';

/** Rows of `{ row, parts: [{ of, value, low?, high?, must, stretch, unit, less? }], notOffered? }`. */
export function judge({ results, weights, threads }) {
  const find = (job, parameter) => results.find((result) => result.engine === 'chromium' && result.job === job && result.parameter === parameter);

  /** How many times `other` takes what ours takes. */
  const against = (result, other, must, stretch, of) => {
    const samples = result?.samples;
    if (!samples?.[OURS] || !samples[other]) return undefined;
    const { median: value, low, high } = ratio(samples[other], samples[OURS]);
    return { of: of ?? CONTENDERS[other].name, value, low, high, must, stretch, unit: 'x' };
  };
  const fastest = (result) => {
    const peers = Object.keys(result?.samples ?? {}).filter(isPeer);
    return peers.sort((one, other) => median(result.samples[one]) - median(result.samples[other]))[0];
  };
  const againstFastest = (job, parameter, must, stretch) => {
    const result = find(job, parameter);
    const peer = fastest(result);
    return peer && against(result, peer, must, stretch, `${parameter}: ${CONTENDERS[peer].name}`);
  };

  const sizes = results.filter(({ engine, job, samples }) => engine === 'chromium' && job === 'aead' && samples[OURS]).map(({ parameter }) => parameter);
  const bulk = (other, must, stretch, wanted = sizes) => wanted.map((size) => against(find('aead', size), other, must, stretch, `${CONTENDERS[other].name}, ${sizeOf(size)}`));
  const others = sizes.filter((size) => size !== 64 * KiB);
  const parity = sizes.filter((size) => size === 64 * KiB);
  const platform = ['webcrypto-chacha', 'webcrypto-aes'];

  const blocks = results.filter(({ engine, blocks }) => engine === 'chromium' && blocks?.[OURS] !== undefined).map(({ job, parameter, blocks }) => ({ of: `${job} ${parameter ?? ''}`.trim(), value: blocks[OURS] }));
  const longest = blocks.sort((one, other) => other.value - one.value)[0];
  const bytes = weights[OURS]?.reduce((sum, { compressed }) => sum + compressed, 0);

  const row = (name, parts, why) => {
    const measured = parts.filter(Boolean);
    return { row: name, parts: measured, why: measured.length ? undefined : (why ?? NOT_MEASURED) };
  };
  return [
    row('AEAD, reused buffer, against libsodium', bulk('libsodium', 2.5, 3.5), offers(find('aead', 64 * KiB))),
    row('AEAD, reused buffer, against WebCrypto', [...platform.flatMap((other) => bulk(other, 1.5, 2, others)), ...platform.flatMap((other) => bulk(other, 1, 1, parity))], offers(find('aead', 64 * KiB))),
    row('AEAD, in place natively, 64 KiB and up', sizes.filter((size) => size >= 64 * KiB).map((size) => against(find('aead', size), 'native', 0.6, 0.8, `native, ${sizeOf(size)}`)), offers(find('aead', 64 * KiB))),
    row('seal a chart note, against the fastest peer', [againstFastest('seal', 1, 1.2, 1.5), againstFastest('seal', 5, 1.8, 2.2), againstFastest('seal', 50, 2.5, 3)]),
    row('open one shared note', [against(find('open-shared', 1), 'openpgp', 4, 6), against(find('open-shared', 1), 'age', 5, 8)]),
    row('open 1000 own notes, against the fastest peer', [againstFastest('open-own', 1000, 10, 20)]),
    row("X-Wing grant, against age's hybrid recipient", [1, 50].map((readers) => against(find('hybrid', readers), 'age', 2, 3, `age, ${readers}`))),
    row('unlock, against libsodium-sumo', [against(find('unlock'), 'libsodium', 1.3, 1.5)]),
    row('cold page to first seal, against libsodium', [against(find('cold', 'plain'), 'libsodium', 1.5, 2.5)]),
    row('bytes of a page that seals and opens', [bytes && { of: 'wasm and JavaScript, brotli', value: bytes / KB, must: 110, stretch: 80, unit: ' KB', less: true }]),
    row('64 MiB by two workers, against one thread', [threads && { of: 'SharedArrayBuffer', ...threads, must: 1.6, stretch: 1.9, unit: 'x' }], 'not offered by the package'),
    row('main thread blocked by any call', [longest && { ...longest, must: 16, stretch: 4, unit: ' ms', less: true }]),
  ];
}

const offers = (result) => (result && !result.samples[OURS] ? 'not offered by the package' : undefined);

const reaches = ({ value, less }, goal) => (less ? value <= goal : value >= goal);
export const meets = ({ parts }, goal) => parts.length > 0 && parts.every((part) => reaches(part, part[goal]));
export const verdict = (row) => (row.why === NOT_MEASURED ? '' : meets(row, 'stretch') ? 'stretch' : meets(row, 'must') ? 'met' : 'not met');

export function sizeOf(bytes) {
  return bytes >= KiB * KiB ? `${bytes / KiB / KiB} MiB` : `${bytes / KiB} KiB`;
}

export function lastLine(rows) {
  const judged = rows.filter(({ why }) => why !== NOT_MEASURED);
  const count = (goal) => `${judged.filter((row) => meets(row, goal)).length} of ${judged.length} ${goal}`;
  const left = rows.length - judged.length;
  return `budget: ${count('must')}, ${count('stretch')}${left ? ` (${left} more not measured in this run)` : ''}`;
}
