import { loadWasm } from '#load-wasm';
import start from '../wasm/sealed_notes.js';
import { SealedNotesError } from './error.js';

/** Where the WebAssembly comes from, if not from beside this package's files. */
export interface InitOptions {
  /** One of the package's two builds: see {@link hasSimd}. */
  wasm?: string | URL | Response | Promise<Response> | WebAssembly.Module | BufferSource;
}

let started: Promise<void> | undefined;
let ready = false;
let compiled: WebAssembly.Module | undefined;

/** @internal For instances in workers: compiled once. */
export const wasmModule = (): WebAssembly.Module | undefined => compiled;

/** @internal For what is synchronous, and cannot wait. */
export function mustBeReady(): void {
  if (!ready) throw new SealedNotesError('not_initialized', 'The library is not loaded yet. Call await init() first.');
}

/**
 * Loads the WebAssembly. Idempotent: concurrent and repeated calls share one load, and a failed one can be
 * tried again. {@link Vault.create}, {@link Vault.unlock} and {@link Identity.fromKeyLog} call it by themselves;
 * call it early to have it ready when the clinician starts typing.
 */
export function init(options: InitOptions = {}): Promise<void> {
  started ??= load(options.wasm).catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

async function compile(source: Response | WebAssembly.Module | BufferSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof Response === 'undefined' || !(source instanceof Response)) return WebAssembly.compile(source as BufferSource);
  // Streaming wants the right content type; servers that do not send it still work, a little slower.
  const streams = 'compileStreaming' in WebAssembly && source.headers.get('content-type')?.startsWith('application/wasm');
  return streams ? WebAssembly.compileStreaming(source) : WebAssembly.compile(await source.arrayBuffer());
}

async function passed<T>(source: T | Promise<T>): Promise<T> {
  try {
    return await source;
  } catch (cause) {
    throw new SealedNotesError(
      'wasm_not_found',
      'The WebAssembly that was passed to init() did not arrive, or is not the one that its integrity names. Check its address, and that the file is the one of the release whose hash is pinned.',
      { cause },
    );
  }
}

async function load(source: InitOptions['wasm']): Promise<void> {
  if (typeof WebAssembly === 'undefined') {
    throw new SealedNotesError('wasm_unavailable', 'This browser has no WebAssembly (lockdown modes switch it off). Allow it for this site, or use another browser.');
  }
  const isAddress = source === undefined || typeof source === 'string' || source instanceof URL;
  const module_or_path = await (isAddress ? loadWasm(source) : passed(source));
  try {
    compiled = await compile(await module_or_path);
    await start({ module_or_path: compiled });
    ready = true;
  } catch (cause) {
    throw new SealedNotesError(
      'wasm_blocked',
      "The WebAssembly could not be started. If the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to script-src; otherwise check that the file is served whole.",
      { cause },
    );
  }
}
