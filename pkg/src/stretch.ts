import { StretchingHandle, type StretchedHandle, stretch as stretchHere } from '../wasm/sealed_notes.js';
import { asText } from './check.js';
import { call, SealedNotesError } from './error.js';
import { init, wasmModule } from './init.js';
import type { OnProgress } from './types.js';

/** @internal What the worker is sent, and what it answers. */
export interface StretchTask {
  module: WebAssembly.Module;
  passphrase: string;
  task: unknown;
}
export type StretchAnswer = { sealed: Uint8Array } | { error: { code?: string; message: string } };

// One spelling for one passphrase, whatever keyboard it was typed on.
const normalized = (passphrase: string): string => asText(passphrase, 'passphrase').normalize('NFKC');

/** @internal Stretches a passphrase for a new slot. */
export async function stretchNew(passphrase: string, onProgress?: OnProgress): Promise<StretchedHandle> {
  await loaded(onProgress);
  return run(call(() => StretchingHandle.forNew(normalized(passphrase))), passphrase, onProgress);
}

/** @internal Stretches a passphrase for the passphrase slot among these. */
export async function stretchFor(passphrase: string, slots: Uint8Array[], onProgress?: OnProgress): Promise<StretchedHandle> {
  await loaded(onProgress);
  return run(call(() => StretchingHandle.forSlots(slots)), passphrase, onProgress);
}

async function loaded(onProgress?: OnProgress): Promise<void> {
  onProgress?.('loading');
  await init();
}

async function run(stretching: StretchingHandle, passphrase: string, onProgress?: OnProgress): Promise<StretchedHandle> {
  let sealed: Uint8Array;
  try {
    onProgress?.('stretching');
    const task = call(() => stretching.task());
    sealed = (await elsewhere(normalized(passphrase), task)) ?? call(() => stretchHere(normalized(passphrase), task));
    onProgress?.('opening');
  } catch (error) {
    stretching.free();
    throw error;
  }
  return call(() => stretching.finish(sealed));
}

/**
 * Argon2id takes 64 MiB, which WebAssembly never gives back: a worker of its own, ended afterwards, does. Where none can be
 * had (Node.js, a page whose policy forbids workers) the result is undefined, and the work is done here.
 */
async function elsewhere(passphrase: string, task: unknown): Promise<Uint8Array | undefined> {
  const module = wasmModule();
  if (typeof Worker === 'undefined' || !module) return undefined;
  let worker: Worker;
  try {
    worker = new Worker(new URL('./stretch-worker.js', import.meta.url), { type: 'module', name: 'sealed-notes-argon2id' });
  } catch {
    return undefined;
  }
  try {
    const answer = await new Promise<StretchAnswer | undefined>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<StretchAnswer>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve(undefined);
      };
      worker.onmessageerror = () => resolve(undefined);
      worker.postMessage({ module, passphrase, task } satisfies StretchTask);
    });
    if (answer && 'error' in answer) throw new SealedNotesError('internal', answer.error.message);
    return answer?.sealed;
  } finally {
    worker.terminate();
  }
}
