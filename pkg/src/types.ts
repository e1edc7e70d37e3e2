import type { VerifiedIdentity } from './identity.js';

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
