import { SealedNotesError } from './error.js';
import type { BatchOptions } from './types.js';

/** A page is not blocked for longer than about this at a time, in milliseconds: a frame has 16. */
const SLICE = 4;
const LARGEST = 1024;

/** @internal Lets the page draw and react. Timers are held back to one a second in hidden tabs; messages are not. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof MessageChannel === 'undefined') return setTimeout(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    return port2.postMessage(undefined);
  });
}

export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** @internal Items of either kind. What is at hand is not waited for: that would take longer than to open it. */
export function taking<T>(items: Items<T>): { next: () => IteratorResult<T> | Promise<IteratorResult<T>>; end: () => Promise<void> } {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  return {
    next: () => iterator.next(),
    end: async () => {
      await iterator.return?.();
    },
  };
}

/** @internal Whether to wait: promises may be another realm's, or no more than thenable. */
export const isPromise = <T extends object>(value: T | Promise<T>): value is Promise<T> => 'then' in value;

/**
 * @internal Runs `run` over slices of the items that take about {@link SLICE} each, and gives out their results in order. The next
 * slice waits until these were taken, so memory holds one slice, whatever the number of items.
 */
export async function* slices<I, O>(items: Items<I>, { signal }: BatchOptions, run: (slice: I[]) => O[], largest = LARGEST): AsyncGenerator<O[], void, undefined> {
  const iterator = taking(items);
  let size = 8;
  try {
    for (let ended = false; !ended; ) {
      const slice: I[] = [];
      while (slice.length < size && !ended) {
        const next = iterator.next();
        const result = isPromise(next) ? await next : next;
        if (result.done) ended = true;
        else slice.push(result.value);
      }
      signal?.throwIfAborted();
      if (slice.length === 0) return;
      const start = performance.now();
      const results = run(slice);
      const perItem = Math.max(performance.now() - start, 0.01) / slice.length;
      size = Math.max(1, Math.min(largest, 4 * size, Math.floor(SLICE / perItem)));
      yield results;
      if (!ended) await breathe();
    }
  } finally {
    await iterator.end();
  }
}

/** @internal One result after the other. */
export async function* each<O>(sliced: AsyncGenerator<O[], void, undefined>): AsyncGenerator<O, void, undefined> {
  for await (const results of sliced) yield* results;
}

/** @internal All results, with progress after each slice. */
export async function all<O>(sliced: AsyncGenerator<O[], void, undefined>, total: number, { onProgress }: BatchOptions): Promise<O[]> {
  const collected: O[] = [];
  for await (const results of sliced) {
    for (const result of results) collected.push(result);
    onProgress?.(collected.length, total);
  }
  return collected;
}

/** @internal The one result of a call over one. */
export function only<T>([result]: (T | SealedNotesError)[]): T {
  if (result instanceof SealedNotesError) throw result;
  return result as T;
}

/** @internal The results of a call that takes all or none. What fails by itself, too, is its error, and keeps the others from nothing. */
export function together<I, O>(items: I[], run: (items: I[]) => O[]): (O | SealedNotesError)[] {
  try {
    return run(items);
  } catch (error) {
    if (!(error instanceof SealedNotesError) || error.code === 'locked') throw error;
    if (items.length === 1) return [error];
    const half = items.length >> 1;
    return [...together(items.slice(0, half), run), ...together(items.slice(half), run)];
  }
}
