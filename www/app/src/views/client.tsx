import { useState } from 'preact/hooks';
import { newId } from 'sealed-notes';
import { type Client, readClient, renameClient, type SessionState } from '../clients.ts';
import { useAction, useLoad } from '../hooks.ts';
import { showDate } from '../model.ts';
import { go, link } from '../router.ts';
import type { Session } from '../state.ts';
import { FormError, Loading, PageTitle, Problems, TextField } from '../ui/fields.tsx';
import { BackIcon, ChartIcon, LedgerIcon, PrivateIcon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';

export function ClientView({ session, client: id }: { session: Session; client: string }) {
  const page = useLoad(() => readClient(session, id), [session.vault, id]);
  const { value } = page;
  return (
    <Page view="client" busy={page.loading}>
      <a class="back" href={link('clients')}>
        <BackIcon /> Clients
      </a>
      <FormError text={page.error} />
      {page.loading && !value && <Loading />}
      {value && (
        <>
          <ClientHead session={session} client={value.client} onRenamed={page.reload} />
          <div class="actions">
            <button type="button" class="primary" data-testid="new-session" onClick={() => go('clients', id, newId())}>
              New session
            </button>
            <a class="button quiet" href={link('account', 'audit', 'client', id)} data-testid="audit-of-client">
              <LedgerIcon /> Audit
            </a>
          </div>
          <Problems problems={value.problems} />
          {value.found.length > 0 ? (
            <section class="stack" aria-labelledby="sessions-heading">
              <h2 id="sessions-heading">Sessions</h2>
              <ul class="list" data-testid="session-list">
                {value.found.map((one) => (
                  <li key={one.id}>
                    <SessionLink client={id} session={one} />
                  </li>
                ))}
              </ul>
            </section>
          ) : (
            <div class="empty" data-testid="sessions-empty">
              <h2>No sessions yet</h2>
              <p>A session holds a psychotherapy note for you alone and a progress note for the chart.</p>
            </div>
          )}
        </>
      )}
    </Page>
  );
}

const state = (head: { version: number } | undefined, draft: unknown): string =>
  [head ? `version ${head.version}` : '', draft ? 'draft' : ''].filter(Boolean).join(' + ');

function SessionLink({ client, session }: { client: string; session: SessionState }) {
  const { private: own, chart } = session.notes;
  const inPrivate = state(own.head, own.draft);
  const inChart = state(chart.head, chart.draft);
  return (
    <a href={link('clients', client, session.id)} data-testid="session-item">
      <span>{showDate(session.date)}</span>
      <span class="marks">
        {inPrivate && (
          <span class="mark private">
            <PrivateIcon /> Psychotherapy note: {inPrivate}
          </span>
        )}
        {inChart && (
          <span class="mark chart">
            <ChartIcon /> Progress note: {inChart}
          </span>
        )}
      </span>
    </a>
  );
}

function ClientHead({ session, client, onRenamed }: { session: Session; client: Client; onRenamed: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const [name, setName] = useState(client.name);
  const { busy, error, run } = useAction();
  const rename = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      if (name.trim() !== '' && name.trim() !== client.name) await renameClient(session, client, name.trim());
      setRenaming(false);
      onRenamed();
    });
  };
  return (
    <>
      <div class="page-head">
        <PageTitle testId="client-name">{client.name}</PageTitle>
        {!renaming && client.bytes && (
          <button type="button" class="link" data-testid="rename-client" onClick={() => setRenaming(true)}>
            Rename
          </button>
        )}
      </div>
      {renaming && (
        <form class="card inline-form" onSubmit={rename}>
          <TextField
            label="New name"
            testId="rename-client-name"
            value={name}
            autocomplete="off"
            spellcheck={false}
            required
            maxLength={200}
            onValue={setName}
          />
          <button type="submit" class="primary" data-testid="submit-rename" disabled={busy}>
            Rename
          </button>
          <FormError text={error} />
        </form>
      )}
    </>
  );
}
