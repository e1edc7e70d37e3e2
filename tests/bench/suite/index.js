// What a page and Node are asked to do, one call at a time: get a contender ready, check its work, time it.
import { aead } from './aead.js';
import { openOwn, openShared, sealHybrid, sealNote } from './notes.js';
import { sign, verify } from './signatures.js';
import { unlock } from './unlock.js';

export { begin } from './world.js';

/** Job, contender, then `(parameter) => { run, check, rest?, per?, isOneCall? }`, or undefined where the engine or the package lacks it. */
export const JOBS = { aead, seal: sealNote, 'open-shared': openShared, 'open-own': openOwn, hybrid: sealHybrid, unlock, sign, verify };

const ready = new Map();

/**
 * Gets a contender ready and checks that its work is right: false where there is no such contender here.
 * `milliseconds`: how long one sample shall take at least.
 */
export async function prepare(job, contender, parameter, milliseconds) {
  const made = await JOBS[job][contender]?.(parameter);
  if (!made) return false;
  const { run, check, rest, per = 1, isOneCall = true } = made;
  const result = await run();
  if ((await check(result)) !== true) throw new Error(`${contender} does not give back what it sealed (${job} ${parameter ?? ''})`);
  await rest?.();
  let loops = 1;
  if (milliseconds) {
    // Long enough for the engine's best code to be there, and to know how long one takes.
    const once = await time(run, 1);
    const warm = Math.max(1, Math.min(200, Math.round((milliseconds * 5) / once)));
    loops = Math.max(1, Math.ceil(milliseconds / (once > milliseconds ? once : await time(run, warm))));
    await rest?.();
  }
  ready.set(key(job, contender, parameter), { run, rest, loops, per, isOneCall });
  return true;
}

/** Milliseconds for one, in the mean of one sample. */
export async function sample(job, contender, parameter) {
  const { run, rest, loops, per } = ready.get(key(job, contender, parameter));
  const taken = await time(run, loops);
  await rest?.();
  return taken / per;
}

/** Frees what a contender holds: 64 MiB would otherwise be in the way of the next. */
export function forget(job, contender, parameter) {
  ready.delete(key(job, contender, parameter));
}

/**
 * The longest time for which nothing else could run on this thread, in milliseconds, while one is done. Undefined where that
 * takes many calls: it is for the caller then to let others have their turn.
 */
export async function longestBlock(job, contender, parameter) {
  const { run, rest, isOneCall } = ready.get(key(job, contender, parameter));
  if (!isOneCall) return undefined;
  let [longest, last, running] = [0, performance.now(), true];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) port2.postMessage(0);
  };
  port2.postMessage(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  longest = 0;
  await run();
  await new Promise((resolve) => setTimeout(resolve, 0)); // a gap that the call made ends here
  running = false;
  port1.close();
  await rest?.();
  return longest;
}

async function time(run, loops) {
  const start = performance.now();
  for (let at = 0; at < loops; at++) {
    const result = run();
    if (result instanceof Promise) await result; // waiting for what is there already would cost the quick ones
  }
  return (performance.now() - start) / loops;
}

const key = (...words) => words.join(' ');
