import type { KnownAuthor, VerifiedIdentity } from './identity.js';

/** Lowercase hexadecimal: 64 digits for an account, 32 for a record, client, session or tenant. */
export type Id = string;

/** What the library returns; `fetch` takes it as a body. What it is given may be any Uint8Array. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Why a recipient may read (the coded purpose of use). */
export type PurposeOfUse = 'treatment' | 'supervision' | 'payment' | 'operations' | 'client-access';

/** Where a record belongs. The server sees these ids; they say nothing but which records belong together. */
export interface Place {
  /** Whom the record is about: an id from `newId()`, never a name. */
  client: Id;
  /** The appointment. */
  session?: Id;
}

/** A sealed version. Store `bytes` under `record` and `version`. */
export interface SealedPrivateNote {
  record: Id;
  /** 1, 2, … */
  version: number;
  bytes: Bytes;
}

export interface PrivateNote extends Place {
  record: Id;
  version: number;
  author: Id;
  text: string;
  /** As the author's clock claimed. */
  writtenAt: Date;
  final: boolean;
}

/** A stored version, and the record that was asked for: a server could hand out another one of yours. */
export interface SealedVersion {
  bytes: Uint8Array;
  record?: Id;
}

/** A stored version that somebody else granted. */
export interface SharedVersion extends SealedVersion {
  grant: Uint8Array;
  author: VerifiedIdentity | KnownAuthor;
}

/** How a call over many goes on. It lets the page draw every few milliseconds. */
export interface BatchOptions {
  /** Stops the call, which then throws the signal's reason. What was given out until then is complete. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export interface PrivateDraft extends Place {
  record: Id;
  /** The version that the draft edits; 0 when none was saved yet. */
  baseVersion: number;
  text: string;
}

/** One recipient to be granted. */
export interface GrantRequest {
  to: VerifiedIdentity;
  purpose: PurposeOfUse;
  /** From when on the grant is refused. */
  expires?: Date;
  /** Names of the sections she may read; all if left out. */
  sections?: string[];
  /** Safe against a quantum computer to come (X-Wing). On unless switched off. */
  postQuantum?: boolean;
}

/** A signed grant. Store `bytes` for `recipient`. */
export interface Grant {
  recipient: Id;
  bytes: Bytes;
}

/** A sealed version and its grants. Store `bytes` under `record` and `version`. */
export interface SealedChartRecord {
  record: Id;
  version: number;
  bytes: Bytes;
  grants: Grant[];
}

export interface ChartRecord extends Place {
  record: Id;
  version: number;
  author: Id;
  /** Text by section name. */
  sections: Record<string, string>;
  /** As the author's clock claimed. */
  writtenAt: Date;
  final: boolean;
}

export interface ChartDraft extends Place {
  record: Id;
  /** The version that the draft edits; 0 when none was saved yet. */
  baseVersion: number;
  sections: Record<string, string>;
}

/** Someone who can read a version. */
export interface Reader {
  account: Id;
  version: number;
  purpose: PurposeOfUse;
  sections: string[];
  grantedAt: Date;
  expires?: Date;
  postQuantum: boolean;
}

/** What a revocation cannot take back. */
export interface Receipt {
  record: Id;
  recipient: Id;
  /** Versions that the former recipient had a grant to, and could already have read. */
  versions: number[];
  revokedAt: Date;
  /** The first version that she has no grant to. */
  replacedBy: number;
}

/** A sealed object as anyone without a key can read it. */
export interface Description {
  type: string;
  /** Bytes. */
  size: number;
  fields: { name: string; value: string }[];
}

/** What a change of the vault replaces. Store all of it in one request: half of it opens nothing. */
export interface VaultChange {
  sealedVault: Bytes;
  /** New or replaced unlock slots. */
  slots: Bytes[];
  /** Ids of slots that are gone. */
  removed: Id[];
  /** The next entries of the key log, where the change is a rotation; otherwise none. */
  keyLogEntries: Bytes[];
  /** Where the change is of a practice or team. */
  group?: GroupChange;
}

/** What a change of a practice or team adds. */
export interface GroupChange {
  account: Id;
  /** The next entries of its key log; of a new one the first. */
  keyLogEntries: Bytes[];
  /** A team's keys, for each of these members in place of those she had. */
  sealedKeys: { member: Id; bytes: Bytes }[];
}

export type GroupKind = 'practice' | 'team';

/** A practice or team whose keys are in this vault. */
export interface Group {
  account: Id;
  kind: GroupKind;
  name: string;
  /** 40 digits in 8 groups of 5. */
  fingerprint: string;
}

/** What a member is in a practice or team. */
export type Role = 'clinician' | 'supervisor' | 'biller' | 'scheduler' | 'administrator' | 'client' | 'team';

/** One member's time in a practice or team. */
export interface Membership {
  account: Id;
  role: Role;
  from: Date;
  /** When it was withdrawn, or replaced by another. */
  until?: Date;
  /** From when on it is none. */
  expires?: Date;
}

/** Who vouches for an identity whose own fingerprint was not compared. */
export interface Endorsement {
  practice: Id;
  role: Role;
  expires?: Date;
}

/** What an account is trusted as. Whom a practice endorses is trusted too; a team gets new keys whenever a member leaves. */
export type TrustedAs = 'person' | 'practice' | 'team';

/** How far an identity can be trusted: see {@link Trust.standing}. */
export type Standing =
  | { standing: 'verified'; identity: VerifiedIdentity }
  | { standing: 'keys-changed'; author: KnownAuthor }
  | { standing: 'unverified' };

/** An entry of this account's ledger that a colleague was told of, and whether the ledger holds it. */
export interface CrossReference {
  person: Id;
  sequence: number;
  /** It does; it has another entry there; it does not go as far. */
  agreement: 'same' | 'forked' | 'behind';
}

export type SlotKind = 'passphrase' | 'passkey' | 'recovery-code' | 'trustees';

/** One way to unlock. */
export interface UnlockSlot {
  slot: Id;
  /** Grows when the slot is replaced. */
  generation: number;
  kind: SlotKind;
  name: string;
  addedAt: Date;
  /** When its secret was last shown to work: by the first confirmation, or a drill. */
  checkedAt?: Date;
}

export interface Device {
  device: Id;
  name: string;
  addedAt: Date;
}

/** What shares open: the account itself, or a professional will. */
export type DealKind = 'trustees' | 'will';

/** Client list and chart, or the private drawer as well. */
export type WillScope = 'chart' | 'chart-and-private';

/** A dealing of shares, as the vault remembers it. */
export interface Deal {
  kind: DealKind;
  deal: Id;
  /** How many shares are needed. */
  threshold: number;
  dealtAt: Date;
  /** Who holds them; without an account, on paper. */
  shares: { name: string; account?: Id }[];
}

/** Who is to hold a share: sealed to a verified account, or printed. */
export interface ShareFor {
  name: string;
  to?: VerifiedIdentity;
}

/** Store `bytes` for `recipient`; print `text` (48 groups of 4), and keep it nowhere. */
export type DealtShare = { name: string; recipient: Id; bytes: Bytes } | { name: string; text: string };

export interface Dealt {
  deal: Id;
  shares: DealtShare[];
  change: VaultChange;
}

export interface IssuedWill extends Dealt {
  /** Store it, to be handed to executors after the waiting period. */
  will: Bytes;
}

/** Loading the WebAssembly, stretching the passphrase (the long one), opening. */
export type OnProgress = (stage: 'loading' | 'stretching' | 'opening') => void;

/** Which of the two drawers a record lives in. */
export type Drawer = 'private' | 'chart';

/**
 * Whether a record is opened to be read (`newest`), to be listed with others (`listing`: the ledger counts it instead of
 * naming it), or as an earlier version on purpose (`earlier`). Without the last, a version that is not the newest the ledger
 * knows is refused as `rolled_back`.
 */
export type Access = 'newest' | 'listing' | 'earlier';

/** The last entry of a ledger. */
export interface LedgerHead {
  /** 1, 2, … */
  sequence: number;
  /** 64 hexadecimal digits. */
  hash: Id;
}

export type LedgerEventKind =
  | 'put'
  | 'granted'
  | 'revoked'
  | 'opened'
  | 'opened-shared'
  | 'open-failed'
  | 'listed'
  | 'exported'
  | 'printed'
  | 'keys-rotated'
  | 'verified'
  | 'rollback-accepted'
  | 'device-added'
  | 'device-removed'
  | 'keys-accepted'
  | 'member-added'
  | 'member-removed';

/** One thing that was done. */
export interface LedgerEvent {
  kind: LedgerEventKind;
  /** As the device's clock claimed. */
  at: Date;
  drawer?: Drawer;
  record?: Id;
  /** Of the record; with `keys-rotated` the epoch of the new keys. */
  version?: number;
  client?: Id;
  /** Recipient, author, or whoever else it is about. */
  person?: Id;
  /** Of the version, grant or key log entry; with `member-added`, `member-removed`, and `keys-rotated` of a group, its account. */
  hash?: Id;
  /** Purpose of use, role, an error's code, a device, or a number. */
  detail?: string;
}

/** Events that were stored together. */
export interface LedgerEntry {
  sequence: number;
  madeAt: Date;
  /** Which device wrote it. */
  device?: Id;
  events: LedgerEvent[];
}

/** What the library cannot see. `detail` is a code of at most 64 bytes, never text of a note. */
export interface LedgerNote extends Partial<Pick<LedgerEvent, 'client' | 'drawer' | 'record' | 'version' | 'hash' | 'person'>> {
  kind: 'printed' | 'exported' | 'rollback-accepted';
  detail: string;
}

/** The newest version of a record as a server lists it. `inspect` reads all three from its bytes. */
export interface ListedHead {
  record: Id;
  version: number;
  hash: Id;
}

/** What a server's list lacks. */
export interface Finding {
  record: Id;
  /** Not listed; listed in an earlier version; in another one of the same number; in one that the ledger does not name. */
  problem: 'dropped' | 'rolled-back' | 'replaced' | 'unlisted';
  /** The newest version that the ledger names; 0 where it names none. */
  expected: number;
  /** What the server gave; 0 where it gave none. */
  found: number;
}

/** How far an account's vault and ledger went when a device of it looked last. */
export interface Seen {
  /** Of the vault. */
  generation: number;
  ledger?: LedgerHead;
}

/** What an unlocked device sends to a new one. */
export interface DeviceAnswer {
  /** 8 groups of 4 letters and digits. */
  accountSecret: string;
  /** Absent in answers of earlier releases. */
  seen?: Seen;
}

/** Who was granted which versions of a record. */
export interface RecordReader {
  account: Id;
  versions: number[];
}
