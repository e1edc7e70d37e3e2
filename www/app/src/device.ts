/** What this device remembers. Only sealed bytes, ids, and the owner's own account secret; never a note, never a client. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { local } from './local.ts';

export type DrawerName = 'private' | 'chart';

/** A draft that the server has not acknowledged. Without `sealed` it is a deletion that has not been acknowledged. */
export interface UnsentDraft {
  key: string;
  account: string;
  drawer: DrawerName;
  record: string;
  sealed?: Uint8Array;
  /** The bytes the server held when this was written, in base64: tells a newer draft from one made elsewhere. */
  replaces?: string;
}

/** A request to trustees, and its key under the passphrase that was chosen for it. */
export interface KeptRequest {
  handle: string;
  bytes: Uint8Array;
  kept: Uint8Array;
}

/** The ledger's last entry as this device followed it, and how many of its entries are kept in `entries`. */
export interface KeptHead {
  account: string;
  sequence: number;
  hash: string;
}

/** Events that no entry holds yet, sealed by the page that had them written. */
export interface KeptWaiting {
  page: string;
  account: string;
  sealed: Uint8Array;
}

interface Schema extends DBSchema {
  /** By handle; `handle next` while a new one may or may not be in effect. */
  secrets: { key: string; value: string };
  drafts: { key: string; value: UnsentDraft; indexes: { account: string } };
  devices: { key: string; value: string };
  requests: { key: string; value: KeptRequest };
  /** Of the ledger, by account and sequence. */
  entries: { key: [string, number]; value: Uint8Array };
  heads: { key: string; value: KeptHead };
  waiting: { key: string; value: KeptWaiting; indexes: { account: string } };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

const database = async () => {
  opened ??= openDB<Schema>('sealed-notes', 3, {
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore('secrets');
        db.createObjectStore('drafts', { keyPath: 'key' }).createIndex('account', 'account');
      }
      if (from < 2) {
        db.createObjectStore('devices');
        db.createObjectStore('requests', { keyPath: 'handle' });
      }
      db.createObjectStore('entries');
      db.createObjectStore('heads', { keyPath: 'account' });
      db.createObjectStore('waiting', { keyPath: 'page' }).createIndex('account', 'account');
    },
    // Another tab runs a newer page: let it upgrade.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opened = undefined;
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened.catch((error) => {
    opened = undefined;
    throw error;
  });
};

/** A browser may refuse storage altogether (private windows), or have evicted it: then the person is asked again. */
export const orNothing = <T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T | undefined> =>
  database()
    .then(work)
    .catch(() => undefined);

const next = (handle: string): string => `${handle} next`;

/** The account secrets this device knows: the present one, and one that a rotation may have put in its place. */
export const rememberedSecrets = async (handle: string): Promise<string[]> => {
  const found = await orNothing((db) => Promise.all([db.get('secrets', next(handle)), db.get('secrets', handle)]));
  return (found ?? []).flatMap((secret) => secret ?? []);
};
export const rememberSecret = async (handle: string, secret: string): Promise<void> => {
  await orNothing((db) => Promise.all([db.put('secrets', secret, handle), db.delete('secrets', next(handle))]));
};
/** Before a rotation is stored: whether it got there may stay unknown. */
export const rememberNextSecret = async (handle: string, secret: string): Promise<void> => {
  await orNothing((db) => db.put('secrets', secret, next(handle)));
};
export const forgetSecret = async (handle: string): Promise<void> => {
  await orNothing((db) => Promise.all([db.delete('secrets', handle), db.delete('secrets', next(handle))]));
};

/** Of this page: where nothing is stored, it is not a new device with every login. */
const devicesHere = new Map<string, string>();

/** The id under which an account knows this device; made at the first login. */
export const deviceId = async (handle: string, make: () => string): Promise<string> => {
  const known = (await orNothing((db) => db.get('devices', handle))) ?? devicesHere.get(handle);
  if (known) return known;
  const made = make();
  devicesHere.set(handle, made);
  await orNothing((db) => db.put('devices', made, handle));
  return made;
};
export const forgetDeviceId = async (handle: string): Promise<void> => {
  devicesHere.delete(handle);
  await orNothing((db) => db.delete('devices', handle));
};

export const keptRequest = (handle: string): Promise<KeptRequest | undefined> =>
  orNothing((db) => db.get('requests', handle));
export const keepRequest = async (request: KeptRequest): Promise<void> => {
  await (await database()).put('requests', request);
};
export const dropRequest = async (handle: string): Promise<void> => {
  await orNothing((db) => db.delete('requests', handle));
};

export const unsentDrafts = async (account: string): Promise<UnsentDraft[]> =>
  (await database()).getAllFromIndex('drafts', 'account', account);
export const keepUnsent = async (draft: UnsentDraft): Promise<void> => {
  await (await database()).put('drafts', draft);
};
export const dropUnsent = async (key: string): Promise<void> => (await database()).delete('drafts', key);

const HANDLE = 'sealed-notes.handle';
/** Of this tab: another one may have another account open. */
let handleHere: string | undefined;
export const lastHandle = (): string => handleHere ?? local.get(HANDLE) ?? '';
export const rememberHandle = (handle: string): void => {
  handleHere = handle;
  local.set(HANDLE, handle);
};

const generation = (handle: string): string => `sealed-notes.generation.${handle}`;
/** Number of the newest save of the vault that this browser saw. */
export const rememberGeneration = (handle: string, number: number): void =>
  local.set(generation(handle), String(number));
export const rememberedGeneration = (handle: string): number => Number(local.get(generation(handle)) ?? 0);

const unprinted = (deal: string): string => `sealed-notes.unprinted.${deal}`;
/** A deal, by its id, whose printed shares were made here and not yet said to be on paper. */
export const isUnprinted = (deal: string): boolean => local.get(unprinted(deal)) !== null;
export const rememberUnprinted = (deal: string): void => local.set(unprinted(deal), '');
export const forgetUnprinted = (deal: string): void => local.remove(unprinted(deal));

/** What a person would call this device. */
export function guessDeviceName(): string {
  const agent = navigator.userAgent;
  const find = (names: [RegExp, string][]): string | undefined => names.find(([mark]) => mark.test(agent))?.[1];
  const browser = find([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ]);
  const system = find([
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
  ]);
  return [browser ?? 'Browser', system].filter(Boolean).join(' on ');
}
