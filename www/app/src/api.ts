/** The server's REST contract: one fetch wrapper, typed errors, bytes in and out. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** With status 409: what is stored instead. A version, a vault's generation, or a ledger's entry. */
    readonly current?: { version?: number; generation?: number; sequence?: number },
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Nothing is wrong with the request: the same one can succeed later. */
  get unreachable(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

export const isUnreachable = (error: unknown): boolean => error instanceof ApiError && error.unreachable;
export const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status;

export const toBase64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
};

export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

let logInAgain: (() => Promise<void>) | undefined;

/** What to do when the server has forgotten the login (it restarted, or the session expired). */
export const onLoggedOut = (again: (() => Promise<void>) | undefined): void => {
  logInAgain = again;
};

let explainRefusal: ((reason: string) => ApiError | undefined) | undefined;

/** What to make of the server's reasons for refusing sealed bytes. */
export const onRefused = (explain: (reason: string) => ApiError | undefined): void => {
  explainRefusal = explain;
};

type Json = Record<string, unknown>;

// Browsers refuse a keepalive request with a body over 64 KiB.
const KEEPALIVE_LIMIT = 60_000;

async function call<T>(method: string, path: string, body?: Json, retried = false): Promise<T> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: method !== 'GET' && (text?.length ?? 0) < KEEPALIVE_LIMIT,
      ...(text === undefined ? {} : { body: text }),
      headers: method === 'GET' ? {} : { 'content-type': 'application/json' },
    });
  } catch {
    throw new ApiError(0, 'offline', 'The server cannot be reached. Check the connection and try again.');
  }
  if (response.status === 401 && !retried && logInAgain && !path.startsWith('/login')) {
    await logInAgain();
    return call(method, path, body, true);
  }
  const answer = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (!response.ok) {
    const error = (
      answer as
        { error?: { code?: string; message?: string; reason?: string; current?: ApiError['current'] } } | undefined
    )?.error;
    const refused = error?.reason === undefined ? undefined : explainRefusal?.(error.reason);
    if (refused) throw refused;
    throw new ApiError(
      response.status,
      error?.code ?? 'unexpected',
      error?.message ?? `The server answered with status ${response.status}.`,
      error?.current,
    );
  }
  return answer as T;
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path);
export const put = <T>(path: string, body: Json): Promise<T> => call<T>('PUT', path, body);
export const post = <T>(path: string, body: Json): Promise<T> => call<T>('POST', path, body);
export const del = (path: string): Promise<void> => call('DELETE', path);

/** All pages of a list. */
export async function getAll<T>(path: string, field: string): Promise<T[]> {
  const rows: T[] = [];
  let after: string | null | undefined;
  do {
    const mark = path.includes('?') ? '&' : '?';
    const page = await get<Json & { next?: string | null }>(
      after ? `${path}${mark}after=${encodeURIComponent(after)}` : path,
    );
    rows.push(...((page[field] ?? []) as T[]));
    after = page.next;
  } while (after);
  return rows;
}
