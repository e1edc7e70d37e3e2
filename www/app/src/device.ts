/** What this device remembers. Only sealed bytes and the owner's own account secret; never a note, never a client. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

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

interface Schema extends DBSchema {
  secrets: { key: string; value: string };
  drafts: { key: string; value: UnsentDraft; indexes: { account: string } };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

const database = () => {
  opened ??= openDB<Schema>('sealed-notes', 1, {
    upgrade(db) {
      db.createObjectStore('secrets');
      db.createObjectStore('drafts', { keyPath: 'key' }).createIndex('account', 'account');
    },
    terminated() {
      opened = undefined;
    },
  });
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
};

// A browser may refuse storage altogether (private windows); then the secret is asked for each time.
export const rememberedSecret = async (handle: string): Promise<string | undefined> =>
  database()
    .then((db) => db.get('secrets', handle))
    .catch(() => undefined);
export const rememberSecret = async (handle: string, secret: string): Promise<void> => {
  await database()
    .then((db) => db.put('secrets', secret, handle))
    .catch(() => undefined);
};
export const forgetSecret = async (handle: string): Promise<void> => (await database()).delete('secrets', handle);

export const unsentDrafts = async (account: string): Promise<UnsentDraft[]> =>
  (await database()).getAllFromIndex('drafts', 'account', account);
export const keepUnsent = async (draft: UnsentDraft): Promise<void> => {
  await (await database()).put('drafts', draft);
};
export const dropUnsent = async (key: string): Promise<void> => (await database()).delete('drafts', key);

const HANDLE = 'sealed-notes.handle';
export const lastHandle = (): string => localStorage.getItem(HANDLE) ?? '';
export const rememberHandle = (handle: string): void => localStorage.setItem(HANDLE, handle);
