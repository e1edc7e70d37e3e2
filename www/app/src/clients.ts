/** Clients and their sessions, put together from what the two drawers hold. */
import { newId, type Vault } from 'sealed-notes';
import { ApiError, fromBase64, getAll, put, toBase64 } from './api.ts';
import type { DrawerName } from './device.ts';
import type { Drafts } from './drafts.ts';
import { type Drawer, drawersOf, listOf, type Opened, type OpenedDraft } from './drawers.ts';
import { explain } from './errors.ts';
import { fromClientSection, toClientSection } from './model.ts';

export interface Client {
  id: string;
  name: string;
  version: number;
  bytes: Uint8Array;
}

interface Row {
  record: string;
  version: number;
  sealed: string;
}

const openClient = async (vault: Vault, row: Row): Promise<Client> => {
  const bytes = fromBase64(row.sealed);
  const opened = await vault.chart.open(bytes);
  return { id: opened.client, name: fromClientSection(opened.sections), version: opened.version, bytes };
};

/** What could not be opened is reported beside what could: one damaged record must not hide the others. */
export interface Found<T> {
  found: T[];
  problems: string[];
}

const openEach = async <Given, Made>(given: Given[], open: (one: Given) => Promise<Made>): Promise<Found<Made>> => {
  const found: Made[] = [];
  const problems: string[] = [];
  for (const result of await Promise.allSettled(given.map(open))) {
    if (result.status === 'fulfilled') found.push(result.value);
    else problems.push(explain(result.reason));
  }
  return { found, problems };
};

export async function listClients(vault: Vault): Promise<Found<Client>> {
  const { found, problems } = await openEach(await getAll<Row>('/chart/clients', 'records'), (row) =>
    openClient(vault, row),
  );
  return { found: found.sort((one, other) => one.name.localeCompare(other.name)), problems };
}

const putRecord = (record: string, version: number, bytes: Uint8Array): Promise<void> =>
  put(`/chart/records/${record}/versions/${version}`, { sealed: toBase64(bytes), grants: [], revoke: [] });

export async function addClient(vault: Vault, name: string): Promise<string> {
  const client = newId();
  const sealed = await vault.chart.seal({ client, record: client, sections: toClientSection(name) });
  await putRecord(client, sealed.version, sealed.bytes);
  return client;
}

export async function renameClient(vault: Vault, client: Client, name: string): Promise<Client> {
  const sealed = await vault.chart.edit(client.bytes, { sections: toClientSection(name) });
  await putRecord(client.id, sealed.version, sealed.bytes);
  return { ...client, name, version: sealed.version, bytes: sealed.bytes };
}

/** One drawer's note of one session: the newest saved version, and what was typed since. */
export interface NoteState {
  head: Opened | undefined;
  draft: OpenedDraft | undefined;
  /** A draft of the same note from another device. */
  other: OpenedDraft | undefined;
}

export interface SessionState {
  id: string;
  date: string;
  notes: Record<DrawerName, NoteState>;
}

const none = (): NoteState => ({ head: undefined, draft: undefined, other: undefined });

interface DrawerNotes {
  name: DrawerName;
  heads: Found<Opened>;
  drafts: Found<{ draft: OpenedDraft; other: OpenedDraft | undefined }>;
}

async function readDrawer(drawer: Drawer, drafts: Drafts, client: string): Promise<DrawerNotes> {
  const [rows, found] = await Promise.all([listOf(drawer, client), drafts.list(drawer.name)]);
  return {
    name: drawer.name,
    heads: await openEach(
      // The client's own record is not a note.
      rows.filter((row) => row.record !== client),
      (row) => drawer.open(fromBase64(row.sealed)),
    ),
    drafts: await openEach(found, async ({ sealed, other }) => ({
      draft: await drawer.openDraft(sealed),
      other: other && (await drawer.openDraft(other)),
    })),
  };
}

export interface ClientPage extends Found<SessionState> {
  client: Client;
}

export async function readClient(vault: Vault, drafts: Drafts, id: string): Promise<ClientPage> {
  const drawers = drawersOf(vault, ''); // to read with: nothing is sealed here
  const [clients, ...both] = await Promise.all([
    getAll<Row>(`/chart/records?client=${id}`, 'records'),
    readDrawer(drawers.private, drafts, id),
    readDrawer(drawers.chart, drafts, id),
  ]);
  const own = clients.find((row) => row.record === id);
  if (!own)
    throw new ApiError(404, 'not_found', 'This account has no such client. Choose one from the list of clients.');
  const sessions = new Map<string, SessionState>();
  const note = (session: string, drawer: DrawerName): NoteState => {
    const state = sessions.get(session) ?? { id: session, date: '', notes: { private: none(), chart: none() } };
    sessions.set(session, state);
    return state.notes[drawer];
  };
  for (const { name, heads, drafts: typed } of both) {
    for (const head of heads.found) if (head.session) note(head.session, name).head = head;
    for (const { draft, other } of typed.found) {
      if (draft.client !== id || !draft.session) continue;
      Object.assign(note(draft.session, name), { draft, other });
    }
  }
  for (const session of sessions.values()) {
    const { chart, private: own } = session.notes;
    session.date = (chart.draft ?? chart.head ?? own.draft ?? own.head)?.content.date ?? '';
  }
  return {
    client: await openClient(vault, own),
    found: [...sessions.values()].sort((one, other) => other.date.localeCompare(one.date)),
    problems: both.flatMap(({ heads, drafts: typed }) => [...heads.problems, ...typed.problems]),
  };
}

export const emptySession = (id: string, date: string): SessionState => ({
  id,
  date,
  notes: { private: none(), chart: none() },
});
