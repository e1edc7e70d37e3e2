/** Whether the server lists a reader whom the ledger does not name, or hides one that it names: record by record. */
import { get } from './api.ts';
import type { Session } from './state.ts';

export interface UnexpectedReader {
  record: string;
  client: string | undefined;
  account: string;
  handle: string;
  /** `unexplained`: only the server names her. `hidden`: only the ledger does. */
  problem: 'unexplained' | 'hidden';
}

interface GrantRow {
  recipient: string;
  handle: string;
  revokedAt: string | null;
}

const AT_ONCE = 4;

export async function checkReaders(
  { vault, ledger }: Session,
  handleOf: (account: string) => string,
  onProgress: (done: number, all: number) => void,
): Promise<UnexpectedReader[]> {
  const records = new Map<string, string | undefined>();
  for (const { events } of await ledger.read()) {
    for (const { kind, drawer, record, client } of events) {
      if (kind === 'put' && drawer === 'chart' && record && record !== client) records.set(record, client);
    }
  }
  const found: UnexpectedReader[] = [];
  const left = [...records];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [record, client] = next;
      const { grants } = await get<{ grants: GrantRow[] }>(`/chart/records/${record}/grants`);
      const listed = new Map(grants.filter((row) => row.revokedAt === null).map((row) => [row.recipient, row.handle]));
      const named = new Set((await vault.ledger.readers(record)).map(({ account }) => account));
      for (const [account, handle] of listed) {
        if (!named.has(account)) found.push({ record, client, account, handle, problem: 'unexplained' });
      }
      for (const account of named) {
        if (!listed.has(account)) found.push({ record, client, account, handle: handleOf(account), problem: 'hidden' });
      }
      done += 1;
      onProgress(done, records.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
