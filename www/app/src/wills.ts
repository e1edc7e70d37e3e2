/** Professional wills: one's own, and those one is an executor of. */
import {
  type ChartRecord,
  Identity,
  type Id,
  inspectRequest,
  type PrivateNote,
  ProfessionalWill,
  Share,
  type Vault,
  type WillScope,
} from 'sealed-notes';
import { ApiError, fromBase64, get, getAll, post, toBase64 } from './api.ts';
import { type Chosen, deal, type Dealing, dropDeal, listShares, openHeld } from './deals.ts';
import { explain, hasCode } from './errors.ts';
import { type Content, fromClientSection, fromPrivateText, fromSections, localDate } from './model.ts';
import { personByAccount } from './people.ts';
import { changeVault } from './vault-changes.ts';

export interface Claim {
  request: string;
  claimant: Id;
  handle: string;
  claimedAt: string;
  readyAt: string;
  cancelledAt: string | null;
  openedAt: string | null;
}

interface Terms {
  deal: Id;
  scope: WillScope;
  waitingDays: number;
  storedAt: string;
}

/** One's own will as the server holds it. Who holds its shares is in the vault. */
export interface OwnWill extends Terms {
  claims: Claim[];
}

export const ownWill = async (): Promise<OwnWill | null> => (await get<{ will: OwnWill | null }>('/will')).will;

export const isOpen = (claim: Claim): boolean => claim.cancelledAt === null;
export const isReady = (claim: { readyAt: string }): boolean => new Date(claim.readyAt) <= new Date();

export interface WillTerms {
  scope: WillScope;
  waitingDays: number;
}

export const issueWill = (
  { scope, waitingDays }: WillTerms,
  executors: Chosen[],
  threshold: number,
): Promise<Dealing> =>
  deal(
    'will',
    executors,
    threshold,
    (vault, holders) => vault.issueWill({ scope, waitingDays, threshold, executors: holders }),
    ({ will }) => ({ will: toBase64(will) }),
  );

export async function revokeWill(id: Id): Promise<void> {
  await dropDeal(id);
  await changeVault((vault) => vault.revokeWill());
}

/** A will that one is an executor of. */
export interface HeldWill extends Terms {
  account: Id;
  handle: string;
  claim: (Claim & { mine: boolean; answers: number }) | null;
}

export const listWills = async (): Promise<HeldWill[]> => (await get<{ wills: HeldWill[] }>('/wills')).wills;

export async function claim(vault: Vault, account: Id): Promise<void> {
  await post(`/wills/${account}/claims`, { request: toBase64(await vault.claimWill(account)) });
}

/** What a claimant has so far. */
export interface ClaimState {
  will: HeldWill;
  /** To be read to the other executors. */
  code: string;
  readyAt: string;
  cancelledAt: string | null;
  owner: Identity;
  shares: Share[];
  /** Number of one's own share. */
  own: number | undefined;
  /** Answers that are not what they should be. */
  problems: string[];
}

interface StoredClaim {
  request: string;
  sealed: string;
  readyAt: string;
  cancelledAt: string | null;
  answers: string[];
}

/**
 * Refuses a claim whose answers somebody else would open: its code would be read aloud, and the shares would go to whoever put
 * that claim in the place of one's own.
 */
async function checkOwn(vault: Vault, request: Uint8Array, account: Id): Promise<void> {
  const about = await inspectRequest(request);
  if (about.account === account && about.kind === 'will' && (await vault.madeRequest(request))) return;
  throw new ApiError(
    409,
    'foreign_claim',
    'The server shows a claim that was not made with your keys. Read its code to nobody, and tell whoever runs the server.',
  );
}

/** The claim that this account made of `account`'s will; undefined if it made none. */
export async function readClaim(vault: Vault, account: Id): Promise<ClaimState | undefined> {
  const will = (await listWills()).find((held) => held.account === account);
  if (!will) {
    throw new ApiError(
      404,
      'not_found',
      'You are not an executor of this professional will, or it was replaced or revoked. Look under Account, For others.',
    );
  }
  if (!will.claim?.mine) return undefined;
  const { sealed, readyAt, cancelledAt, answers } = await get<StoredClaim>(`/wills/${account}/claim`);
  const request = fromBase64(sealed);
  await checkOwn(vault, request, account);
  const { identity: owner } = await personByAccount(vault, account);
  const own = (await listShares()).find((held) => held.deal === will.deal);
  const mine = own && openHeld(vault, own);
  const opened = await Promise.allSettled([
    ...(mine ? [mine] : []),
    ...answers.map((answer) => vault.openAnswer({ request, answer: fromBase64(answer) })),
  ]);
  const shares: Share[] = [];
  const problems: string[] = [];
  for (const result of opened) {
    if (result.status === 'rejected') problems.push(explain(result.reason));
    else if (result.value.deal !== will.deal || result.value.account !== account) problems.push(OTHER_DEAL);
    else shares.push(result.value);
  }
  return {
    will,
    code: (await inspectRequest(request)).code,
    readyAt,
    cancelledAt,
    owner,
    shares,
    own: (await mine?.catch(() => undefined))?.number,
    problems,
  };
}

const OTHER_DEAL =
  'A share belongs to an earlier professional will, or to another account. Ask that executor for the newest one.';

/** Reads a share from paper, if it is one of this will and not among those at hand. */
export async function readPaperShare(state: ClaimState, text: string, known: Share[]): Promise<Share> {
  const share = await Share.fromText({ owner: state.owner, text });
  if (share.kind !== 'will' || share.deal !== state.will.deal) throw new ApiError(400, 'wrong_share', OTHER_DEAL);
  if (known.some(({ number }) => number === share.number)) {
    throw new ApiError(400, 'same_share', `Share ${share.number} is here already. Type the share of another executor.`);
  }
  return share;
}

export async function openWill(account: Id, shares: Share[]): Promise<ProfessionalWill> {
  const { sealed, keyLog } = await get<{ sealed: string; keyLog: string[] }>(`/wills/${account}/will`);
  const owner = await Identity.fromKeyLog(account, keyLog.map(fromBase64));
  return ProfessionalWill.open({ will: fromBase64(sealed), owner, shares });
}

export interface WillNote {
  drawer: 'chart' | 'private';
  record: string;
  content: Content;
  version: number;
  writtenAt: Date;
}

export interface WillSession {
  id: string;
  date: string;
  notes: WillNote[];
}

export interface WillClient {
  id: string;
  name: string;
  sessions: WillSession[];
}

export interface Estate {
  clients: WillClient[];
  problems: string[];
  /** Notes from after a change of keys that the will does not know of. */
  later: number;
}

interface Row {
  sealed: string;
}

/** Opens everything that the will's scope names. */
export async function readEstate(will: ProfessionalWill): Promise<Estate> {
  const path = `/wills/${will.account}`;
  const estate: Estate = { clients: [], problems: [], later: 0 };
  const clients = new Map<string, WillClient>();
  const clientOf = (id: string): WillClient => {
    const known = clients.get(id) ?? { id, name: 'Unnamed client', sessions: [] };
    clients.set(id, known);
    return known;
  };
  const put = (opened: ChartRecord | PrivateNote, drawer: WillNote['drawer'], content: Content): void => {
    const { sessions } = clientOf(opened.client);
    const id = opened.session ?? opened.record;
    const session = sessions.find((one) => one.id === id) ?? { id, date: content.date, notes: [] };
    if (!sessions.includes(session)) sessions.push(session);
    session.notes.push({
      drawer,
      record: opened.record,
      content,
      version: opened.version,
      writtenAt: opened.writtenAt,
    });
  };
  const each = async (rows: Row[], open: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
    for (const { sealed } of rows) {
      await open(fromBase64(sealed)).catch((error: unknown) => {
        if (hasCode(error, 'out_of_scope')) estate.later += 1;
        else estate.problems.push(explain(error));
      });
    }
  };

  await each(await getAll<Row>(`${path}/chart`, 'records'), async (bytes) => {
    const record = await will.openChart(bytes);
    if (record.record === record.client) clientOf(record.client).name = fromClientSection(record.sections);
    else put(record, 'chart', fromSections(record.sections, localDate(record.writtenAt)));
  });
  if (will.scope === 'chart-and-private') {
    await each(await getAll<Row>(`${path}/private`, 'notes'), async (bytes) => {
      const note = await will.openPrivate(bytes);
      put(note, 'private', fromPrivateText(note.text, localDate(note.writtenAt)));
    });
  }
  for (const client of clients.values()) client.sessions.sort((one, other) => other.date.localeCompare(one.date));
  estate.clients = [...clients.values()].sort((one, other) => one.name.localeCompare(other.name));
  return estate;
}
