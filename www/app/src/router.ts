/** Hash routes. They hold opaque ids only: addresses end up in histories, logs and screenshots. */

import type { TrustedAs } from 'sealed-notes';

const ID = /^[0-9a-f]{32}$/;
const ACCOUNT_ID = /^[0-9a-f]{64}$/;
const HANDLE = /^[a-z0-9][a-z0-9._-]{1,63}$/;

const SECTIONS = ['profile', 'ways', 'devices', 'trustees', 'will', 'others', 'groups', 'activity', 'audit'] as const;
/** Parts of the account's settings. */
export type Section = (typeof SECTIONS)[number];

/** What the audit view is asked about. */
export interface About {
  kind: 'client' | 'record' | 'person';
  id: string;
}

export type Route =
  | { view: 'home' | 'create' | 'unlock' | 'help' | 'clients' | 'shared' | 'developers' }
  | { view: 'account'; section: Section; about?: About }
  /** What the QR code of a request leads to; its code is no secret. */
  | { view: 'approve'; code: string }
  /** What the QR code of a fingerprint leads to: to be compared with the keys that the server hands out. */
  | { view: 'verify'; handle: string; digits: string; as: TrustedAs }
  | { view: 'executor'; account: string }
  | { view: 'client'; client: string }
  | { view: 'session'; client: string; session: string }
  | { view: 'shared-record'; record: string };

const PLAIN = ['create', 'unlock', 'help', 'clients', 'shared', 'developers'] as const;

export function parseRoute(hash: string): Route {
  const [view, one, two, ...rest] = hash.replace(/^#\/?/, '').split('/');
  const plain = PLAIN.find((name) => name === view);
  if (plain && one === undefined) return { view: plain };
  if (view === 'account' && two === undefined) {
    const section = SECTIONS.find((name) => name === (one ?? 'profile'));
    if (section) return { view: 'account', section };
  }
  if (view === 'account' && one === 'audit' && two !== undefined && rest.length === 1) {
    const [id = ''] = rest;
    const kind = (['client', 'record', 'person'] as const).find((name) => name === two);
    if (kind && (kind === 'person' ? ACCOUNT_ID : ID).test(id)) {
      return { view: 'account', section: 'audit', about: { kind, id } };
    }
  }
  if (view === 'approve' && one && two === undefined && /^[0-9A-Za-z-]{16,19}$/.test(one)) return { view, code: one };
  if (view === 'verify' && one && HANDLE.test(one) && two && /^[0-9]{40}$/.test(two) && rest.length < 2) {
    const as = (['person', 'practice', 'team'] as const).find((name) => name === (rest[0] ?? 'person'));
    if (as) return { view, handle: one, digits: two, as };
  }
  if (view === 'executor' && one && two === undefined && ACCOUNT_ID.test(one)) return { view, account: one };
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

/** Asked before the page turns: whether it may go to this address. */
type Guard = (to: string) => boolean;
let guard: Guard | undefined;

export function guardLeaving(ask: Guard): () => void {
  guard = ask;
  return () => {
    if (guard === ask) guard = undefined;
  };
}

export const mayTurn = (): boolean => guard?.(location.hash) ?? true;
