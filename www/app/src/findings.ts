/** What the server's lists lack, or show in another state than the ledger says. */
import { type Finding, inspect, type ListedHead } from 'sealed-notes';
import { fromBase64 } from './api.ts';
import type { DrawerName } from './device.ts';
import type { LedgerKeeper } from './ledger.ts';

/** What another device writes between list and ledger is no finding: lists are asked for again behind the newest entry. */
const ROUNDS = 3;
const NO_HASH = '0'.repeat(64);

export interface Row {
  record: string;
  version: number;
  sealed: string;
}

export interface RecordFinding extends Finding {
  drawer: DrawerName;
  client: string | undefined;
  /** When the newest version that the ledger names was written. */
  writtenAt: Date | undefined;
  /** What the server gave instead. */
  given: { hash: string; bytes: Uint8Array } | undefined;
  /** What it gave is no sealed object at all. */
  damaged: boolean;
}

export const kindOfRecord = ({
  drawer,
  record,
  client,
}: Pick<RecordFinding, 'drawer' | 'record'> & { client?: string | undefined }): string =>
  record === client ? 'Client record' : drawer === 'private' ? 'Psychotherapy note' : 'Progress note';

/** A row that is no sealed object is another version than the one that the ledger names. */
async function headOf({ record, version, sealed }: Row): Promise<ListedHead> {
  const seen = await inspect(fromBase64(sealed)).catch(() => undefined);
  const field = (wanted: string): string | undefined => seen?.fields.find(({ name }) => name === wanted)?.value;
  return {
    record: field('record') ?? record,
    version: Number(field('version') ?? version),
    hash: field('hash') ?? NO_HASH,
  };
}

export class Findings {
  /** By list. */
  readonly #found = new Map<string, RecordFinding[]>();
  readonly #listeners = new Set<() => void>();
  /** How often the owner has decided: what was read before is read anew. */
  decided = 0;

  constructor(readonly ledger: LedgerKeeper) {}

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  get all(): RecordFinding[] {
    const byRecord = [...this.#found.values()].flat().map((one) => [`${one.drawer} ${one.record}`, one] as const);
    return [...new Map(byRecord).values()];
  }

  /** One's own newest versions as `load` gives them: of a client, or the clients' own records. Says what is wrong with them. */
  async compare(drawer: DrawerName, of: string, load: () => Promise<Row[]>): Promise<Row[]> {
    await this.ledger.ready;
    for (let round = 1; ; round += 1) {
      const rows = await load();
      const heads = await Promise.all(rows.map(headOf));
      const found = await this.ledger.vault.ledger.compare({ drawer, heads, all: true, of });
      if (found.length === 0 || round === ROUNDS || this.ledger.broken) {
        await this.#report(drawer, of, found, rows, heads);
        return rows;
      }
      await this.ledger.catchUp().catch(() => undefined);
    }
  }

  /** The owner's choice: what the server has of this record is the newest there is. */
  async accept(finding: RecordFinding): Promise<void> {
    const { drawer, record, client, problem, found, given } = finding;
    if (problem === 'unlisted' && given) {
      await this.ledger.enter([given.bytes]);
    } else {
      await this.ledger.note({
        kind: 'rollback-accepted',
        drawer,
        record,
        detail: problem,
        ...(client === undefined ? {} : { client }),
        ...(given === undefined ? {} : { version: found, hash: given.hash }),
      });
      await this.ledger.flush();
    }
    for (const [list, findings] of this.#found) {
      const others = findings.filter((one) => one.record !== record || one.drawer !== drawer);
      this.#found.set(list, others);
    }
    this.decided += 1;
    this.#tell();
  }

  /** The owner's choice: what the server has is the account's ledger. */
  async acceptLedger(): Promise<void> {
    await this.ledger.accept();
    this.#found.clear();
    this.decided += 1;
    this.#tell();
  }

  async #report(drawer: DrawerName, of: string, found: Finding[], rows: Row[], heads: ListedHead[]): Promise<void> {
    const list = `${drawer} ${of}`;
    if (found.length === 0 && !this.#found.get(list)?.length) return;
    const entries = found.length > 0 ? await this.ledger.read() : [];
    const writes = entries.flatMap(({ events }) => events).filter(({ kind }) => kind === 'put');
    const findings = found.map((finding): RecordFinding => {
      const at = heads.findIndex(({ record }) => record === finding.record);
      const [head, row] = [heads[at], rows[at]];
      const write = writes.findLast((event) => event.record === finding.record && event.version === finding.expected);
      return {
        ...finding,
        drawer,
        client: write?.client ?? (of === 'clients' ? finding.record : of),
        writtenAt: write?.at,
        damaged: head?.hash === NO_HASH,
        given: head && row && { hash: head.hash, bytes: fromBase64(row.sealed) },
      };
    });
    this.#found.set(list, findings);
    this.#tell();
  }

  #tell(): void {
    for (const tell of this.#listeners) tell();
  }
}
