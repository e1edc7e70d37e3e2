// One job with all its contenders in turns, round after round, so that whatever else the machine does hits all of them.
export const isNative = (contender) => contender.startsWith('native');

/**
 * `{ engine, job, parameter, samples, blocks }`, both by contender. Samples: milliseconds of one, in the order of the rounds;
 * blocks: the longest time for which the thread stood still. `native` is the program, `blocks` how often to look.
 */
export async function measure({ engine, native, job, parameter, contenders, rounds, milliseconds, blocks: looks }) {
  const here = [];
  for (const contender of contenders) {
    const there = isNative(contender)
      ? (await native.sample(job, contender, parameter, milliseconds)) !== undefined
      : await engine.call('prepare', job, contender, parameter, milliseconds);
    if (there) here.push(contender);
  }
  const samples = Object.fromEntries(here.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    // Another one begins each round: who follows the one that left most rubbish behind pays for it.
    for (let turn = 0; turn < here.length; turn++) {
      const contender = here[(round + turn) % here.length];
      samples[contender].push(isNative(contender)
        ? await native.sample(job, contender, parameter, milliseconds)
        : await engine.call('sample', job, contender, parameter));
    }
  }
  const blocks = {};
  for (const contender of here.filter((contender) => !isNative(contender))) {
    const gaps = [];
    for (let at = 0; at < looks; at++) gaps.push(await engine.call('longestBlock', job, contender, parameter));
    if (gaps[0] !== undefined) blocks[contender] = median(gaps); // a gap that the machine made is no call's
    await engine.call('forget', job, contender, parameter);
  }
  return { engine: engine.id, job, parameter, samples, blocks };
}

export function quantile(values, at) {
  const sorted = values.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * at;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}
export const median = (values) => quantile(values, 0.5);

/** How many times longer `other` takes than `one`, round by round: median and quartiles. */
export function ratio(other, one) {
  const ratios = one.map((value, round) => other[round] / value);
  return { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}
