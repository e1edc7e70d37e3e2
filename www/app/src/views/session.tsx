import { useEffect, useState } from 'preact/hooks';
import { type Client, emptySession, readClient, type SessionState } from '../clients.ts';
import { drawersOf } from '../drawers.ts';
import { NoteEditor } from '../editor.ts';
import { useLoad } from '../hooks.ts';
import { today } from '../model.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { FormError, Loading, PageTitle, Problems, TextField } from '../ui/fields.tsx';
import { BackIcon, LedgerIcon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';
import { ChartDrawer, PrivateDrawer } from './drawer.tsx';

interface SessionViewProps {
  session: Session;
  client: string;
  id: string;
}

export function SessionView({ session, client, id }: SessionViewProps) {
  const page = useLoad(() => readClient(session, client, id), [session.vault, client]);
  const { value } = page;
  return (
    <Page view="session" width="full" busy={page.loading}>
      <a class="back" href={link('clients', client)} data-testid="back-to-client">
        <BackIcon /> {value?.client.name ?? 'Client'}
      </a>
      <FormError text={page.error} />
      {page.loading && !value && <Loading />}
      {value && (
        <>
          <Problems problems={value.problems} />
          <Desk
            session={session}
            client={value.client}
            state={value.found.find((one) => one.id === id) ?? emptySession(id, today())}
          />
        </>
      )}
    </Page>
  );
}

function Desk({ session, client, state }: { session: Session; client: Client; state: SessionState }) {
  const [date, setDate] = useState(state.date);
  const [editors] = useState(() => {
    const drawers = drawersOf(session, client.name);
    const ids = { client: client.id, session: state.id };
    return {
      private: new NoteEditor(drawers.private, session.drafts, ids, state.date, state.notes.private),
      chart: new NoteEditor(drawers.chart, session.drafts, ids, state.date, state.notes.chart),
    };
  });
  useEffect(
    () => () => {
      editors.private.close();
      editors.chart.close();
    },
    [editors],
  );
  const changeDate = (next: string): void => {
    if (next === '') return;
    setDate(next);
    editors.private.setDate(next);
    editors.chart.setDate(next);
  };
  return (
    <>
      <div class="page-head">
        <PageTitle>Session</PageTitle>
        <TextField
          label="Session date"
          testId="session-date"
          type="date"
          value={date}
          autocomplete="off"
          onValue={changeDate}
        />
      </div>
      {(editors.private.head || editors.chart.head) && (
        <p class="no-print">
          <a class="button quiet" href={link('account', 'audit', 'record', state.id)} data-testid="audit-of-record">
            <LedgerIcon /> Audit of this session
          </a>
        </p>
      )}
      <div class="desk">
        <PrivateDrawer session={session} editor={editors.private} />
        <ChartDrawer session={session} editor={editors.chart} />
      </div>
    </>
  );
}
