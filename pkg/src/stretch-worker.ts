/// <reference lib="webworker" />
// Runs Argon2id in a WebAssembly instance of its own, once. Whoever started the worker ends it.
import { initSync, stretch } from '../wasm/sealed_notes.js';
import type { StretchAnswer, StretchTask } from './stretch.js';

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data: { module, passphrase, task } }: MessageEvent<StretchTask>): void => {
  let answer: StretchAnswer;
  try {
    initSync({ module });
    answer = { sealed: stretch(passphrase, task) };
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    answer = { error: { ...(code === undefined ? {} : { code }), message: message ?? 'Argon2id failed.' } };
  }
  scope.postMessage(answer);
};
