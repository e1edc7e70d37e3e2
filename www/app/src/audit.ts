/** The ledger in words: who opened, changed, shared, revoked, exported what and when, and what of it stands out. */
import type { CrossReference, LedgerEvent, LedgerEventKind } from 'sealed-notes';
import { clientName, hasListedClients, listClients } from './clients.ts';
import { kindOfRecord } from './findings.ts';
import { localDate, showPurpose } from './model.ts';
import { personByAccount } from './people.ts';
import type { Session } from './state.ts';

/** Why a row stands out. */
export type Mark = 'failed' | 'unverified' | 'device' | 'restored';

export interface AuditRow extends LedgerEvent {
  key: string;
  /** Number of the entry. */
  sequence: number;
  device: string | undefined;
  marks: Mark[];
}

export interface AuditPerson {
  handle: string;
  verified: boolean;
}

export interface Audit {
  /** Newest first. */
  rows: AuditRow[];
  people: ReadonlyMap<string, AuditPerson>;
  devices: ReadonlyMap<string, string>;
  crossReferences: CrossReference[];
}

/** Where the event's hash is the account of a practice or team. */
const isGroup = (kind: LedgerEventKind): boolean => ['member-added', 'member-removed', 'keys-rotated'].includes(kind);

export async function readAudit(session: Session): Promise<Audit> {
  const { vault, ledger } = session;
  await ledger.ready;
  await ledger.flush().catch(() => undefined); // what was just done belongs here as well
  const entries = await ledger.read();
  if (!hasListedClients(vault)) await listClients(session).catch(() => undefined);
  const accounts = new Set(
    entries.flatMap(({ events }) =>
      events.flatMap(({ kind, person, hash }) => [person ?? [], isGroup(kind) && hash ? hash : []].flat()),
    ),
  );
  const crossReferences = await vault.ledger.crossReferences();
  for (const { person } of crossReferences) accounts.add(person);
  const people = new Map<string, AuditPerson>();
  for (const account of accounts) {
    const person = await personByAccount(vault, account).catch(() => undefined);
    people.set(account, {
      handle: person?.handle ?? `Account ${account.slice(0, 8)}…`,
      verified: person?.verified !== undefined,
    });
  }
  const devices = new Map(vault.devices().map(({ device, name }) => [device, name]));
  const clients = new Map<string, string>();
  for (const { record, client } of entries.flatMap(({ events }) => events)) {
    if (record && client) clients.set(record, client);
  }
  const added = entries.flatMap(({ events }) =>
    events.flatMap(({ kind, detail }) => (kind === 'device-added' && detail ? detail : [])),
  );
  const seen = new Set(added);
  const rows = entries.flatMap(({ sequence, device, events }) => {
    // That a device was added says more than its first entry. The one on which all began is not new.
    const isNew = device !== undefined && !seen.has(device) && sequence > 1;
    if (device) seen.add(device);
    return events.map((event, at): AuditRow => {
      // A grant names the record alone.
      const client = event.client ?? (event.record && clients.get(event.record));
      const row = { ...event, ...(client ? { client } : {}), key: `${sequence}.${at}`, sequence, device };
      return { ...row, marks: marksOf(row, isNew && at === 0, added[0], people) };
    });
  });
  return {
    rows: rows.toReversed().sort((one, other) => other.at.valueOf() - one.at.valueOf()),
    people,
    devices,
    crossReferences,
  };
}

function marksOf(
  { kind, person, detail }: LedgerEvent,
  isNewDevice: boolean,
  firstDevice: string | undefined,
  people: Audit['people'],
): Mark[] {
  const marks: Mark[] = [];
  if (kind === 'open-failed') marks.push('failed');
  const reads = kind === 'granted' || kind === 'opened-shared';
  if (reads && person && !people.get(person)?.verified) marks.push('unverified');
  if (isNewDevice || (kind === 'device-added' && detail !== firstDevice)) marks.push('device');
  if (kind === 'rollback-accepted') marks.push('restored');
  return marks;
}

export const MARKS: Record<Mark, { word: string; explain: string }> = {
  failed: {
    word: 'Did not open',
    explain: 'The server gave something that is not what was sealed, or not the newest.',
  },
  unverified: {
    word: 'Not verified',
    explain: 'A reader or author whose present keys are not the ones you compared.',
  },
  device: { word: 'New device', explain: 'A device that was added, or wrote its first entry.' },
  restored: { word: 'Restored', explain: 'You went on with an older state of the server.' },
};

/** Kinds as a person would look for them. */
export const KINDS: Record<string, { label: string; kinds: LedgerEventKind[] }> = {
  opened: { label: 'Opened or listed', kinds: ['opened', 'opened-shared', 'listed'] },
  failed: { label: 'Did not open', kinds: ['open-failed'] },
  changed: { label: 'Saved', kinds: ['put'] },
  shared: { label: 'Shared', kinds: ['granted'] },
  revoked: { label: 'Revoked', kinds: ['revoked'] },
  out: { label: 'Exported or printed', kinds: ['exported', 'printed'] },
  verified: { label: 'Fingerprint compared, keys accepted', kinds: ['verified', 'keys-accepted'] },
  members: { label: 'Practice and team members', kinds: ['member-added', 'member-removed'] },
  keys: { label: 'New keys', kinds: ['keys-rotated'] },
  devices: { label: 'Devices', kinds: ['device-added', 'device-removed'] },
  restored: { label: 'Restored state accepted', kinds: ['rollback-accepted'] },
};

const REASONS: Record<string, string> = {
  tampered: 'it was changed on the server',
  rolled_back: 'the server gave an older version than your ledger names',
  forked: 'the server gave another version under the same number',
  grant_expired: 'the grant had run out',
  not_a_recipient: 'no grant to you came with it',
  not_the_author: 'somebody else wrote it',
  truncated: 'it was cut short on the server',
  not_sealed: 'it was damaged on the server',
  keys_changed: 'its author has made new keys since you verified her',
  key_revoked: 'its author has revoked the keys that signed it',
};

const PRINTED: Record<string, string> = {
  session: 'Printed the note',
  shared: 'Printed',
  audit: 'Printed the audit list',
};
const EXPORTED: Record<string, string> = {
  'audit-csv': 'Exported the audit list as CSV',
  'audit-bundle': 'Exported the ledger for an auditor',
};

/** What was done, without the record it was done with. */
export function say(row: LedgerEvent, { people, devices }: Pick<Audit, 'people' | 'devices'>): string {
  const { kind, version, detail = '', person } = row;
  const who = (person && people.get(person)?.handle) ?? 'somebody';
  const group = (row.hash && people.get(row.hash)?.handle) ?? 'a practice or team';
  switch (kind) {
    case 'put':
      return version === 1 ? 'Saved for the first time' : `Saved version ${version}`;
    case 'granted':
      return `Shared version ${version} with ${who} (${showPurpose(detail).toLowerCase()})`;
    case 'revoked':
      return `Took ${who} off, from version ${version} on`;
    case 'opened':
      return `Opened version ${version}`;
    case 'opened-shared':
      return `Opened version ${version}, shared by ${who}`;
    case 'open-failed':
      return `Did not open${version ? ` version ${version}` : ''}: ${REASONS[detail] ?? detail}`;
    case 'listed':
      return `Listed ${detail === '1' ? '1 record' : `${detail} records`} of the ${row.drawer === 'private' ? 'private drawer' : 'chart'}`;
    case 'exported':
      return EXPORTED[detail] ?? 'Exported';
    case 'printed':
      return PRINTED[detail] ?? 'Printed';
    case 'keys-rotated':
      return row.hash ? `Gave ${group} new keys (number ${version})` : `Made new keys (number ${version})`;
    case 'verified':
      return `Compared the fingerprint of ${who}`;
    case 'keys-accepted':
      return `Accepted new keys of ${who}`;
    case 'device-added':
      return `Added a device (${devices.get(detail) ?? 'no longer on your list'})`;
    case 'device-removed':
      return `Removed a device (${devices.get(detail) ?? 'no longer on your list'})`;
    case 'member-added':
      return `Made ${who} a member of ${group} (${detail})`;
    case 'member-removed':
      return `Took ${who} out of ${group}`;
    case 'rollback-accepted':
      if (!row.record) return `Went on with the server's ledger${detail ? `, giving up entry ${detail}` : ''}`;
      return version ? `Went on from version ${version}` : 'Accepted that it is gone';
    default:
      return `Something this page has no words for: ${kind satisfies never}`;
  }
}

/** The record it was done with: what it is, and whose. */
export function sayRecord(row: AuditRow, session: Session): string | undefined {
  const { record, client, drawer = 'chart' } = row;
  if (!record) return undefined;
  const what = kindOfRecord({ drawer, record, client });
  // A colleague's client has no record here, only an id.
  const name = client && clientName(session.vault, client);
  return name ? `${what}, ${name}` : row.kind === 'opened-shared' ? `${what} of a colleague` : what;
}

export const deviceName = ({ device }: AuditRow, devices: Audit['devices']): string =>
  device === undefined ? 'Device not told' : (devices.get(device) ?? 'A device that is not on your list');

export interface Filter {
  person: string;
  client: string;
  record: string;
  kind: string;
  mark: string;
  /** Days, both included. */
  from: string;
  to: string;
}

export const NO_FILTER: Filter = { person: '', client: '', record: '', kind: '', mark: '', from: '', to: '' };

export function filtered(rows: AuditRow[], filter: Filter): AuditRow[] {
  const { person, client, record, kind, mark, from, to } = filter;
  const kinds = KINDS[kind]?.kinds;
  return rows.filter((row) => {
    const day = from || to ? localDate(row.at) : '';
    return (
      (!person || row.person === person) &&
      (!client || row.client === client) &&
      (!record || row.record === record) &&
      (!kinds || kinds.includes(row.kind)) &&
      (!mark || (mark === 'any' ? row.marks.length > 0 : row.marks.some((one) => one === mark))) &&
      (!from || day >= from) &&
      (!to || day <= to)
    );
  });
}

export function byDay(rows: AuditRow[]): { day: string; rows: AuditRow[] }[] {
  const days = new Map<string, AuditRow[]>();
  for (const row of rows) {
    const day = localDate(row.at);
    const known = days.get(day);
    if (known) known.push(row);
    else days.set(day, [row]);
  }
  return [...days].map(([day, rows]) => ({ day, rows }));
}

/** A cell that a spreadsheet would compute is text instead: names come from people. */
const cell = (value: string | number | undefined): string => {
  const text = String(value ?? '');
  const inert = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
};

const COLUMNS = [
  'time (UTC)',
  'event',
  'kind',
  'drawer',
  'record',
  'client',
  'version',
  'person',
  'detail',
  'device',
  'stands out',
  'entry',
  'record id',
  'client id',
  'person id',
  'device id',
];

export function toCsv(rows: AuditRow[], { people, devices }: Audit, session: Session): string {
  const lines = rows.map((row) => [
    row.at.toISOString(),
    say(row, { people, devices }),
    row.kind,
    row.drawer,
    row.record && kindOfRecord({ drawer: row.drawer ?? 'chart', record: row.record, client: row.client }),
    row.client && clientName(session.vault, row.client),
    row.version,
    row.person && people.get(row.person)?.handle,
    row.detail,
    deviceName(row, devices),
    row.marks.map((mark) => MARKS[mark].word).join('; '),
    row.sequence,
    row.record,
    row.client,
    row.person,
    row.device,
  ]);
  // The mark at the start tells spreadsheets that it is UTF-8.
  return `\uFEFF${[COLUMNS, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}
