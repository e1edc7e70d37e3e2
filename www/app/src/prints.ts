/** What is on paper is in the ledger. */
import type { Route } from './router.ts';
import type { Session } from './state.ts';

/** Written down before the browser prints, whichever way that was asked for. The private drawer is on no print-out. */
export async function notePrint({ ledger }: Session, route: Route): Promise<void> {
  const what =
    route.view === 'session'
      ? ({ drawer: 'chart', client: route.client, record: route.session, detail: 'session' } as const)
      : route.view === 'shared-record'
        ? ({ drawer: 'chart', record: route.record, detail: 'shared' } as const)
        : route.view === 'account' && route.section === 'audit'
          ? { detail: 'audit' }
          : undefined;
  if (what) await ledger.note({ kind: 'printed', ...what });
}
