/** Clients and their sessions, put together from what the two drawers hold. */
import { newId, SealedNotesError, type Vault } from 'sealed-notes';
import { ApiError, fromBase64, getAll, put, toBase64 } from './api.ts';
import type { DrawerName } from './device.ts';
import { type Drawer, drawersOf, listOf, type Opened, type OpenedDraft } from './drawers.ts';
import { explain, hasCode } from './errors.ts';
import type { Row } from './findings.ts';
import { fromClientSection, toClientSection } from './model.ts';
import type { Session } from './state.ts';

export interface Client {
  id: string;
  name: string;
  version: number;
  /** None where the server withholds the client's own record. */
  bytes: Uint8Array | undefined;
}

const names = new WeakMap<Vault, Map<string, string>>();
const listed = new WeakSet<Vault>();

/** Everyone whose name was opened since unlocking, by id. */
export const knownClients = (vault: Vault): ReadonlyMap<string, string> => names.get(vault) ?? new Map();

/** As it was last opened, until the vault is locked. */
export const clientName = (vault: Vault, id: string): string | undefined => names.get(vault)?.get(id);

/** Whether there is a name for every client. */
export const hasListedClients = (vault: Vault): boolean => listed.has(vault);

const remember = (vault: Vault, { id, name }: Pick<Client, 'id' | 'name'>): void => {
  names.set(vault, (names.get(vault) ?? new Map()).set(id, name));
};

const openClient = async (vault: Vault, row: Row): Promise<Client> => {
  const bytes = fromBase64(row.sealed);
  const { record } = row;
  const opened = await vault.chart.open(bytes, { record, access: 'listing' }).catch((error) => {
    // An older name is better than none: her notes are there all the same.
    if (hasCode(error, 'rolled_back')) return vault.chart.open(bytes, { record, access: 'earlier' });
    throw error;
  });
  const client = { id: opened.client, name: fromClientSection(opened.sections), version: opened.version, bytes };
  remember(vault, client);
  return client;
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
    // That the ledger names a newer version, or another one, is said above every page, with what can be done.
    else if (!hasCode(result.reason, 'rolled_back') && !hasCode(result.reason, 'forked')) {
      problems.push(explain(result.reason));
    }
  }
  return { found, problems };
};

export async function listClients({ vault, findings }: Session): Promise<Found<Client>> {
  const rows = await findings.compare('chart', 'clients', () => getAll<Row>('/chart/clients', 'records'));
  const { found, problems } = await openEach(rows, (row) => openClient(vault, row));
  listed.add(vault);
  return { found: found.sort((one, other) => one.name.localeCompare(other.name)), problems };
}

const putRecord = ({ ledger }: Session, record: string, version: number, bytes: Uint8Array): Promise<void> =>
  ledger.store({ versions: [bytes] }, (entry) =>
    put(`/chart/records/${record}/versions/${version}`, {
      sealed: toBase64(bytes),
      grants: [],
      revoke: [],
      ledger: entry,
    }),
  );

export async function addClient(session: Session, name: string): Promise<string> {
  const client = newId();
  const sealed = await session.vault.chart.seal({ client, record: client, sections: toClientSection(name) });
  await putRecord(session, client, sealed.version, sealed.bytes);
  return client;
}

export async function renameClient(session: Session, client: Client, name: string): Promise<Client> {
  if (!client.bytes) throw new ApiError(404, 'not_found', 'The record of this client is missing on the server.');
  const sealed = await session.vault.chart.edit(client.bytes, { sections: toClientSection(name) });
  await putRecord(session, client.id, sealed.version, sealed.bytes);
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

/** `session` is the one whose notes are to be read, not only listed. */
async function readDrawer(
  { drafts, findings }: Session,
  drawer: Drawer,
  client: string,
  session: string | undefined,
): Promise<DrawerNotes & { own: Row | undefined }> {
  const [rows, found] = await Promise.all([
    findings.compare(drawer.name, client, () => listOf(drawer, client)),
    drafts.list(drawer.name),
  ]);
  return {
    name: drawer.name,
    own: rows.find((row) => row.record === client),
    heads: await openEach(
      // The client's own record is not a note.
      rows.filter((row) => row.record !== client),
      async (row) => {
        const bytes = fromBase64(row.sealed);
        const listed = await drawer.open(bytes, row.record, 'listing');
        if (listed.client !== client) {
          throw new SealedNotesError('tampered', 'The server listed a note about somebody else here. It is not shown.');
        }
        return session !== undefined && listed.session === session ? drawer.open(bytes, row.record) : listed;
      },
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

export async function readClient(here: Session, id: string, reading?: string): Promise<ClientPage> {
  const { vault } = here;
  const drawers = drawersOf(here, ''); // to read with: nothing is sealed here
  const both = await Promise.all([
    readDrawer(here, drawers.private, id, reading),
    readDrawer(here, drawers.chart, id, reading),
  ]);
  const { own } = both[1];
  const isKnown = here.findings.all.some(({ client, record }) => client === id && record === id);
  if (!own && !isKnown)
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
    client: own
      ? await openClient(vault, own)
      : { id, name: clientName(vault, id) ?? 'Client whose record is missing', version: 0, bytes: undefined },
    found: [...sessions.values()].sort((one, other) => other.date.localeCompare(one.date)),
    problems: both.flatMap(({ heads, drafts: typed }) => [...heads.problems, ...typed.problems]),
  };
}

export const emptySession = (id: string, date: string): SessionState => ({
  id,
  date,
  notes: { private: none(), chart: none() },
});
