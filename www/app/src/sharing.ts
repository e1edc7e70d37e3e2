/** Who can read a chart record: grants, the list of readers, revocation. */
import type { GrantRequest, PurposeOfUse, Receipt, Vault, VerifiedIdentity } from 'sealed-notes';
import { fromBase64, get, post, put, toBase64 } from './api.ts';
import { type Person, personByAccount } from './people.ts';
import { type Member, membersOf } from './groups.ts';
import type { Session } from './state.ts';

export interface ReaderRow {
  account: string;
  handle: string;
  /** None where the server's keys for her are not valid. */
  person: Person | undefined;
  /** Of a team, who could read it at some time. */
  members: Member[] | undefined;
  purpose: PurposeOfUse;
  sections: string[];
  since: Date;
  expires: Date | undefined;
  versions: number[];
  /** Whether the ledger says that she was granted it. */
  explained: boolean;
  grants: Uint8Array[];
}

export interface HiddenReader {
  account: string;
  handle: string;
  versions: number[];
}

interface GrantRow {
  version: number;
  recipient: string;
  handle: string;
  grant: string;
  revokedAt: string | null;
}

const unrevoked = async (record: string): Promise<GrantRow[]> =>
  (await get<{ grants: GrantRow[] }>(`/chart/records/${record}/grants`)).grants.filter((row) => row.revokedAt === null);

export const isActive = (row: ReaderRow): boolean => row.expires === undefined || row.expires > new Date();

/** Everyone with an unrevoked grant on any version, newest terms first. The vault checks its own signature on each. */
export async function listReaders(vault: Vault, record: string, bytes: Uint8Array): Promise<ReaderRow[]> {
  const rows = await unrevoked(record);
  if (rows.length === 0) return [];
  const readers = await vault.chart.readers(
    bytes,
    rows.map((row) => fromBase64(row.grant)),
  );
  const explained = new Set((await vault.ledger.readers(record)).map(({ account }) => account));
  const people = new Map<string, ReaderRow>();
  for (const reader of readers.toSorted((one, other) => other.version - one.version)) {
    const known = people.get(reader.account);
    if (known) {
      known.versions.unshift(reader.version);
      if (reader.grantedAt < known.since) known.since = reader.grantedAt;
      continue;
    }
    const person = await personByAccount(vault, reader.account).catch(() => undefined);
    people.set(reader.account, {
      account: reader.account,
      handle: person?.handle ?? rows.find((row) => row.recipient === reader.account)?.handle ?? 'unknown',
      person,
      members: person?.isTeam ? await membersOf(vault, person.identity) : undefined,
      purpose: reader.purpose,
      sections: reader.sections,
      since: reader.grantedAt,
      expires: reader.expires,
      versions: [reader.version],
      explained: explained.has(reader.account),
      grants: rows.filter((row) => row.recipient === reader.account).map((row) => fromBase64(row.grant)),
    });
  }
  return [...people.values()];
}

/** Whom the ledger names as a reader, and the server does not. */
export async function hiddenReaders(vault: Vault, record: string, rows: ReaderRow[]): Promise<HiddenReader[]> {
  const readers = await vault.ledger.readers(record);
  const hidden = readers.filter(({ account }) => !rows.some((row) => row.account === account));
  return Promise.all(
    hidden.map(async ({ account, versions }) => {
      const person = await personByAccount(vault, account).catch(() => undefined);
      return { account, handle: person?.handle ?? 'somebody', versions };
    }),
  );
}

/** The next version goes to whoever can read the present one, on the same terms. */
export async function carryOver(
  vault: Vault,
  { record, version, bytes }: { record: string; version: number; bytes: Uint8Array },
): Promise<{ grantTo: GrantRequest[]; readers: string[]; left: string[] }> {
  const grantTo: GrantRequest[] = [];
  const readers: string[] = [];
  const left: string[] = [];
  for (const row of await listReaders(vault, record, bytes)) {
    if (!isActive(row) || !row.versions.includes(version)) continue;
    const to = row.person?.verified;
    if (!to) {
      left.push(row.handle);
      continue;
    }
    readers.push(row.handle);
    grantTo.push({
      to,
      purpose: row.purpose,
      sections: row.sections,
      ...(row.expires ? { expires: row.expires } : {}),
    });
  }
  return { grantTo, readers, left };
}

export async function share(
  { vault, ledger }: Session,
  { record, version, bytes }: { record: string; version: number; bytes: Uint8Array },
  to: VerifiedIdentity,
  purpose: PurposeOfUse,
  expires: Date | undefined,
): Promise<void> {
  const granted = await vault.chart.share(bytes, [{ to, purpose, ...(expires ? { expires } : {}) }]);
  const grants = granted.map((grant) => grant.bytes);
  await ledger.store({ grants }, (entry) =>
    post(`/chart/records/${record}/versions/${version}/grants`, { grants: grants.map(toBase64), ledger: entry }),
  );
}

/** Enters a grant that the ledger does not name: the owner says that she gave it. */
export const enterGrants = ({ ledger }: Session, { grants }: ReaderRow): Promise<void> =>
  ledger.store({ grants }, (entry) => post('/ledger', { entry }));

export interface Revoked {
  receipt: Receipt;
  version: number;
  bytes: Uint8Array;
}

/** The next version under fresh keys for those who remain; the server stops serving every version to the one who leaves. */
export async function revoke(
  { vault, ledger }: Session,
  record: string,
  bytes: Uint8Array,
  recipient: string,
  readers: ReaderRow[],
): Promise<Revoked> {
  const grants = (await unrevoked(record)).map((row) => fromBase64(row.grant));
  const remaining = readers.flatMap((row) =>
    row.account !== recipient && isActive(row) && row.person?.verified ? [row.person.verified] : [],
  );
  const next = await vault.chart.revoke({ bytes, grants, recipient, remaining });
  const renewed = next.grants.map((grant) => grant.bytes);
  await ledger.store({ versions: [next.bytes], grants: renewed, revoked: [next.receipt] }, (entry) =>
    put(`/chart/records/${record}/versions/${next.version}`, {
      sealed: toBase64(next.bytes),
      grants: renewed.map(toBase64),
      revoke: [recipient],
      ledger: entry,
    }),
  );
  return { receipt: next.receipt, version: next.version, bytes: next.bytes };
}
