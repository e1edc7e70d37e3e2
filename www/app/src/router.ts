/** Hash routes. They hold opaque ids only: addresses end up in histories, logs and screenshots. */

const ID = /^[0-9a-f]{32}$/;

export type Route =
  | { view: 'home' | 'create' | 'unlock' | 'clients' | 'shared' | 'account' | 'developers' }
  | { view: 'client'; client: string }
  | { view: 'session'; client: string; session: string }
  | { view: 'shared-record'; record: string };

const PLAIN = ['create', 'unlock', 'clients', 'shared', 'account', 'developers'] as const;

export function parseRoute(hash: string): Route {
  const [view, one, two, ...rest] = hash.replace(/^#\/?/, '').split('/');
  const plain = PLAIN.find((name) => name === view);
  if (plain && one === undefined) return { view: plain };
  if (rest.length === 0 && one && ID.test(one)) {
    if (view === 'shared' && two === undefined) return { view: 'shared-record', record: one };
    if (view === 'clients' && two === undefined) return { view: 'client', client: one };
    if (view === 'clients' && two && ID.test(two)) return { view: 'session', client: one, session: two };
  }
  return { view: 'home' };
}

export const link = (...parts: string[]): string => `#/${parts.join('/')}`;

export const go = (...parts: string[]): void => {
  location.hash = link(...parts);
};

/** For steps that the back button should not return to. */
export const replace = (...parts: string[]): void => location.replace(link(...parts));
