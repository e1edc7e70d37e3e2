import type { SessionHandle, VaultHandle } from '../wasm/sealed_notes.js';
import { isPromise, type Items, taking } from './batch.js';
import type { WorkerAnswer, WorkerOrder, WorkerRequest } from './chart-worker.js';
import { call } from './error.js';
import { wasmModule } from './init.js';

/** Fewer are done before a worker has started. */
const WORTH_IT = 200;
/** What goes to a worker at once: items, and bytes. */
const [ITEMS, BYTES] = [256, 1 << 20];
const MOST_WORKERS = 4;
/** Milliseconds without work after which workers are ended. */
const IDLE = 5000;
/** Recipients and authors that a worker remembers. */
const MOST_TASKS = 64;

/** @internal Something that a worker does with items of one kind, such as those of one author. */
export interface Part {
  kind: 'share' | 'open';
  /** What `sealed` is of: it crosses once. */
  about: object;
  sealed: (session: SessionHandle) => Uint8Array;
  arrays: Uint8Array[];
}

/** @internal How items become parts, and a worker's answers results: one per item, none where it has to be done here. */
export interface Work<I, R> {
  bytes: (item: I) => Uint8Array[];
  parts: (slice: I[]) => Part[];
  results: (answers: unknown[]) => (R | undefined)[];
}

interface Running<I, R> {
  slice: I[];
  results: Promise<(R | undefined)[] | undefined>;
  done: boolean;
}

/** @internal The workers of one vault. There are none in Node.js, where a page's policy forbids them, or before they pay. */
export class Workers {
  readonly #handle: VaultHandle;
  #pool: Pool | undefined;
  #jobs = 0;
  #forbidden = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(handle: VaultHandle) {
    this.#handle = handle;
  }

  /** Ends them at once; what they were at is done by whoever waits for it. */
  end(): void {
    clearTimeout(this.#idle);
    const pool = this.#pool;
    this.#pool = undefined;
    pool?.end();
  }

  /**
   * The items in order, each with its result if a worker has made it. Workers are at most two slices each ahead of whoever
   * takes them.
   */
  async *ahead<I, R>(items: Items<I>, work: Work<I, R>): AsyncGenerator<[I, R | undefined], void, undefined> {
    const iterator = taking(items);
    const running: Running<I, R>[] = [];
    let [passed, ended] = [0, false];
    clearTimeout(this.#idle);
    this.#jobs++;
    try {
      for (;;) {
        while (!ended && running.length < this.#room() && !running[0]?.done) {
          const slice: I[] = [];
          for (let bytes = 0; slice.length < ITEMS && bytes < BYTES; ) {
            const next = iterator.next();
            const { value, done } = isPromise(next) ? await next : next;
            ended = done === true;
            if (ended) break;
            slice.push(value);
            for (const array of work.bytes(value)) bytes += array?.length ?? 0;
          }
          if (slice.length > 0) running.push(this.#run(slice, work));
        }
        const first = running.shift();
        if (first) {
          const results = await first.results;
          for (const [index, item] of first.slice.entries()) yield [item, results?.[index]];
          continue;
        }
        if (ended) return;
        const next = iterator.next();
        const { value, done } = isPromise(next) ? await next : next;
        if (done) return;
        if (++passed === WORTH_IT) this.#start();
        yield [value, undefined];
      }
    } finally {
      this.#jobs--;
      if (this.#jobs === 0) {
        if (running.length > 0) this.end();
        else if (this.#pool) this.#idle = setTimeout(() => this.end(), IDLE);
      }
      await iterator.end();
    }
  }

  #start(): void {
    const module = wasmModule();
    if (this.#pool || this.#forbidden || !module || typeof Worker === 'undefined' || this.#handle.locked()) return;
    this.#pool = new Pool(call(() => this.#handle.session()), this.#handle.revision(), module);
  }

  /** How many slices may be at work. What has a copy of an earlier vault works no more. */
  #room(): number {
    const pool = this.#pool;
    if (!pool) return 0;
    if (pool.revision !== this.#handle.revision()) {
      this.end();
      this.#start();
      return 0;
    }
    this.#forbidden ||= pool.failed;
    return 2 * pool.ready;
  }

  #run<I, R>(slice: I[], work: Work<I, R>): Running<I, R> {
    const pool = this.#pool as Pool;
    const isBytes = slice.every((item) => work.bytes(item).every((array) => array instanceof Uint8Array));
    const answers = isBytes ? pool.run(work.parts(slice)) : Promise.resolve(undefined);
    const running: Running<I, R> = { slice, done: false, results: answers.then((found) => {
      running.done = true;
      const current = pool.revision === this.#handle.revision() && !this.#handle.locked();
      return found && current ? work.results(found) : undefined;
    }) };
    return running;
  }
}

interface Member {
  worker: Worker;
  ready: boolean;
  waiting: Map<number, (answers: unknown[] | undefined) => void>;
  knows: Set<number>;
}

/** Workers with one copy of a vault. */
class Pool {
  readonly revision: number;
  readonly #session: SessionHandle;
  readonly #members = new Set<Member>();
  readonly #tasks = new WeakMap<object, { task: number; sealed: Uint8Array }>();
  #count = 0;
  #wasReady = false;

  constructor(session: SessionHandle, revision: number, module: WebAssembly.Module) {
    this.#session = session;
    this.revision = revision;
    const wanted = Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS);
    for (let index = 0; index < wanted; index++) this.#hire(module);
  }

  get ready(): number {
    return [...this.#members].filter(({ ready }) => ready).length;
  }

  /** None of them could be started. */
  get failed(): boolean {
    return this.#members.size === 0 && !this.#wasReady;
  }

  end(): void {
    for (const member of this.#members) this.#dismiss(member);
    this.#session.free();
  }

  #hire(module: WebAssembly.Module): void {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./chart-worker.js', import.meta.url), { type: 'module', name: 'sealed-notes-chart' });
    } catch {
      return;
    }
    const member: Member = { worker, ready: false, waiting: new Map(), knows: new Set() };
    this.#members.add(member);
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => this.#hear(member, data);
    worker.onmessageerror = () => this.#dismiss(member);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#dismiss(member);
    };
    this.#tell(member, { module });
  }

  #hear(member: Member, answer: WorkerAnswer): void {
    if ('slice' in answer) {
      member.waiting.get(answer.slice)?.(answer.answers);
      member.waiting.delete(answer.slice);
    } else if ('publicKey' in answer) {
      this.#tell(member, { invitation: this.#session.invite(answer.publicKey), vault: this.#session.vault() });
    } else {
      member.ready = true;
      this.#wasReady = true;
    }
  }

  #tell(member: Member, request: WorkerRequest, transfer: Transferable[] = []): void {
    try {
      member.worker.postMessage(request, transfer);
    } catch {
      this.#dismiss(member);
    }
  }

  #dismiss(member: Member): void {
    member.worker.terminate();
    this.#members.delete(member);
    for (const resolve of member.waiting.values()) resolve(undefined);
    member.waiting.clear();
  }

  /** The answers to each part, or nothing if the worker is gone. */
  run(parts: Part[]): Promise<unknown[] | undefined> {
    const [member] = [...this.#members].filter(({ ready }) => ready).sort((one, other) => one.waiting.size - other.waiting.size);
    if (!member) return Promise.resolve(undefined);
    const slice = this.#count++;
    const forget = member.knows.size >= MOST_TASKS;
    if (forget) member.knows.clear();
    const orders = parts.map((part) => this.#order(member, part));
    return new Promise((resolve) => {
      member.waiting.set(slice, resolve);
      this.#tell(member, { slice, forget, orders }, orders.map(({ bytes }) => bytes.buffer));
    });
  }

  #order(member: Member, { kind, about, sealed, arrays }: Part): WorkerOrder {
    let known = this.#tasks.get(about);
    if (!known) this.#tasks.set(about, (known = { task: this.#count++, sealed: call(() => sealed(this.#session)) }));
    const isNew = !member.knows.has(known.task);
    member.knows.add(known.task);
    const lengths = arrays.map((array) => array.length);
    const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const array of arrays) {
      bytes.set(array, at);
      at += array.length;
    }
    return { kind, task: known.task, ...(isNew && { sealed: known.sealed }), bytes, lengths };
  }
}
