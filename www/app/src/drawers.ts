/** The two drawers behind one face, so that the session screen treats them alike. They share no key and no route. */
import type { Access } from 'sealed-notes';
import { fromBase64, get, getAll, put, toBase64 } from './api.ts';
import type { DrawerName } from './device.ts';
import type { Row } from './findings.ts';
import { type Content, fromPrivateText, fromSections, localDate, toPrivateText, toSections } from './model.ts';
import { carryOver } from './sharing.ts';
import type { Session } from './state.ts';

export interface Ids {
  record: string;
  client: string;
  session: string;
}

export interface Opened {
  record: string;
  version: number;
  client: string;
  session: string | undefined;
  content: Content;
  bytes: Uint8Array;
  writtenAt: Date;
}

export interface Sealed {
  version: number;
  bytes: Uint8Array;
  /** In the chart: what goes up with it. */
  grants?: Uint8Array[];
  /** People who can read this version, and those who no longer could be included. */
  readers: string[];
  left: string[];
}

export interface OpenedDraft {
  record: string;
  client: string;
  session: string | undefined;
  baseVersion: number;
  content: Content;
}

export interface Drawer {
  readonly name: DrawerName;
  readonly path: string;
  readonly list: string;
  /** `record` is the one that was asked for: another one of one's own is refused. */
  open(bytes: Uint8Array, record: string, access?: Access): Promise<Opened>;
  seal(ids: Ids, content: Content): Promise<Sealed>;
  edit(previous: Opened, content: Content): Promise<Sealed>;
  /** Stores a version and the ledger's entry that names it. */
  store(record: string, sealed: Sealed): Promise<void>;
  sealDraft(ids: Ids, baseVersion: number, content: Content): Promise<Uint8Array>;
  openDraft(bytes: Uint8Array): Promise<OpenedDraft>;
}

/** `clientName` goes into what is sealed in the chart. */
export function drawersOf({ vault, ledger }: Session, clientName: string): Record<DrawerName, Drawer> {
  const { private: own, chart } = vault;
  return {
    private: {
      name: 'private',
      path: '/private/notes',
      list: 'notes',
      async open(bytes, record, access = 'newest') {
        const note = await own.open(bytes, { record, access });
        return {
          ...note,
          session: note.session,
          bytes,
          content: fromPrivateText(note.text, localDate(note.writtenAt)),
        };
      },
      async seal(ids, content) {
        return { ...(await own.seal({ ...ids, text: toPrivateText(content) })), readers: [], left: [] };
      },
      async edit(previous, content) {
        return {
          ...(await own.edit(previous.bytes, { text: toPrivateText(content) })),
          readers: [],
          left: [],
        };
      },
      store: (record, { version, bytes }) =>
        ledger.store({ versions: [bytes] }, (entry) =>
          put(`/private/notes/${record}/versions/${version}`, { sealed: toBase64(bytes), ledger: entry }),
        ),
      sealDraft: (ids, baseVersion, content) => own.sealDraft({ ...ids, baseVersion, text: toPrivateText(content) }),
      async openDraft(bytes) {
        const draft = await own.openDraft(bytes);
        return { ...draft, session: draft.session, content: fromPrivateText(draft.text, localDate(new Date())) };
      },
    },
    chart: {
      name: 'chart',
      path: '/chart/records',
      list: 'records',
      async open(bytes, record, access = 'newest') {
        const opened = await chart.open(bytes, { record, access });
        return {
          ...opened,
          session: opened.session,
          bytes,
          content: fromSections(opened.sections, localDate(opened.writtenAt)),
        };
      },
      async seal(ids, content) {
        const sealed = await chart.seal({ ...ids, sections: toSections(content, clientName) });
        return { ...sealed, grants: [], readers: [], left: [] };
      },
      async edit(previous, content) {
        const { grantTo, readers, left } = await carryOver(vault, previous);
        const sealed = await chart.edit(previous.bytes, { sections: toSections(content, clientName), grantTo });
        return { ...sealed, grants: sealed.grants.map((grant) => grant.bytes), readers, left };
      },
      store: (record, { version, bytes, grants = [] }) =>
        ledger.store({ versions: [bytes], grants }, (entry) =>
          put(`/chart/records/${record}/versions/${version}`, {
            sealed: toBase64(bytes),
            grants: grants.map(toBase64),
            revoke: [],
            ledger: entry,
          }),
        ),
      sealDraft: (ids, baseVersion, content) =>
        chart.sealDraft({ ...ids, baseVersion, sections: toSections(content, clientName) }),
      async openDraft(bytes) {
        const draft = await chart.openDraft(bytes);
        return { ...draft, session: draft.session, content: fromSections(draft.sections, localDate(new Date())) };
      },
    },
  };
}

export const listOf = (drawer: Drawer, client: string): Promise<Row[]> =>
  getAll<Row>(`${drawer.path}?client=${client}`, drawer.list);

export const fetchHead = async (drawer: Drawer, record: string): Promise<Opened> =>
  drawer.open(fromBase64((await get<Row>(`${drawer.path}/${record}`)).sealed), record);

export const fetchVersion = async (drawer: Drawer, record: string, version: number): Promise<Opened> =>
  drawer.open(fromBase64((await get<Row>(`${drawer.path}/${record}/versions/${version}`)).sealed), record, 'earlier');

export const listVersions = async (drawer: Drawer, record: string): Promise<{ version: number; storedAt: string }[]> =>
  getAll(`${drawer.path}/${record}/versions`, 'versions');
