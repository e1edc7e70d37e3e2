import { useCallback, useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { explain } from './errors.ts';

export interface Loaded<T> {
  value: T | undefined;
  error: string;
  loading: boolean;
  reload: () => void;
}

/** Runs `load` when `keys` change; a slower earlier answer never replaces a later one. */
export function useLoad<T>(load: () => Promise<T>, keys: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ value: T | undefined; error: string; loading: boolean }>({
    value: undefined,
    error: '',
    loading: true,
  });
  const turn = useRef(0);
  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    setState((before) => ({ ...before, loading: true, error: '' }));
    load().then(
      (value) => mine === turn.current && setState({ value, error: '', loading: false }),
      (error: unknown) =>
        mine === turn.current && setState((before) => ({ ...before, error: explain(error), loading: false })),
    );
  }, keys);
  useEffect(() => {
    reload();
    return () => {
      turn.current += 1;
    };
  }, [reload]);
  return { ...state, reload };
}

/** A form's action: one at a time, with its error in words. */
export function useAction(): {
  busy: boolean;
  error: string;
  run: (work: () => Promise<void>) => Promise<void>;
  setError: (text: string) => void;
} {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const under = useRef(false);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (under.current) return;
    under.current = true;
    setBusy(true);
    setError('');
    try {
      await work();
    } catch (thrown) {
      setError(explain(thrown));
    } finally {
      under.current = false;
      setBusy(false);
    }
  };
  return { busy, error, run, setError };
}

/** Renders again whenever `subscribe` tells, and once at first: what was told between rendering and subscribing was missed. */
export function useSubscription(subscribe: (tell: () => void) => () => void): void {
  const [, again] = useReducer((count: number, _: undefined) => count + 1, 0);
  useEffect(() => {
    const end = subscribe(() => again(undefined));
    again(undefined);
    return end;
  }, [subscribe]);
}

/** Does `work` now and again; a slow one is waited for. What goes wrong is told, and tried again. */
export function usePolling(work: () => Promise<void>, everyMs: number, keys: unknown[]): string {
  const [error, setError] = useState('');
  useEffect(() => {
    let here = true;
    let under = false;
    const turn = async (): Promise<void> => {
      if (under) return;
      under = true;
      try {
        await work();
        if (here) setError('');
      } catch (thrown) {
        if (here) setError(explain(thrown));
      } finally {
        under = false;
      }
    };
    turn();
    const timer = setInterval(turn, everyMs);
    return () => {
      here = false;
      clearInterval(timer);
    };
  }, keys);
  return error;
}
