/// <reference lib="webworker" />
// Grants and opens for a vault in a WebAssembly instance of its own. An error here ends the worker's use: whoever asked does
// what is left.
import { initSync, type KnownAuthorHandle, type SharingHandle, WorkerHandle } from '../wasm/sealed_notes.js';
import { together } from './batch.js';
import { call, SealedNotesError } from './error.js';
import type { Page } from './page.js';
import type { Bytes, Grant } from './types.js';

/** @internal What a worker is sent. */
export type WorkerRequest =
  | { module: WebAssembly.Module }
  | { invitation: Uint8Array; vault: Uint8Array }
  | { slice: number; forget: boolean; orders: WorkerOrder[] };

/** @internal `bytes` holds arrays of these lengths, one after the other: versions, and if they are to be opened their grants. */
export interface WorkerOrder {
  kind: 'share' | 'open';
  task: number;
  /** Recipients or author, where the worker does not know the task yet. */
  sealed?: Uint8Array;
  bytes: Bytes;
  lengths: number[];
}

/** @internal What it answers. */
export type WorkerAnswer = { publicKey: Uint8Array } | { joined: true } | { slice: number; answers: ((Grant[] | undefined)[] | Page)[] };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const tasks = new Map<number, SharingHandle | KnownAuthorHandle>();
let handle: WorkerHandle;

function answer(request: WorkerRequest): WorkerAnswer {
  if ('module' in request) {
    initSync({ module: request.module });
    handle = WorkerHandle.make();
    return { publicKey: handle.publicKey() };
  }
  if ('invitation' in request) {
    handle.join(request.invitation, request.vault);
    return { joined: true };
  }
  if (request.forget) {
    for (const task of tasks.values()) task.free();
    tasks.clear();
  }
  return { slice: request.slice, answers: request.orders.map(run) };
}

function run({ kind, task, sealed, bytes, lengths }: WorkerOrder): (Grant[] | undefined)[] | Page {
  if (sealed) tasks.set(task, kind === 'share' ? handle.sharing(sealed) : handle.opening(sealed));
  let at = 0;
  const arrays = lengths.map((length) => bytes.subarray(at, (at += length)));
  if (kind === 'share') return share(arrays, tasks.get(task) as SharingHandle);
  const count = arrays.length / 2;
  return handle.openShared(arrays.slice(0, count), arrays.slice(count), tasks.get(task) as KnownAuthorHandle) as Page;
}

function share(versions: Uint8Array[], sharing: SharingHandle): (Grant[] | undefined)[] {
  const granted = together(versions, (some) => {
    const grants = call(() => handle.share(some, sharing) as Grant[]);
    const each = grants.length / some.length;
    return some.map((_, index) => grants.slice(index * each, (index + 1) * each));
  });
  return granted.map((grants) => (grants instanceof SealedNotesError ? undefined : grants));
}

scope.onmessage = ({ data }: MessageEvent<WorkerRequest>): void => scope.postMessage(answer(data));
