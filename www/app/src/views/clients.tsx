import { useState } from 'preact/hooks';
import { addClient, listClients } from '../clients.ts';
import { useAction, useLoad } from '../hooks.ts';
import { go, link } from '../router.ts';
import type { Session } from '../state.ts';
import { Attention } from '../ui/attention.tsx';
import { FormError, Loading, PageTitle, Problems, TextField } from '../ui/fields.tsx';
import { KitReminder } from '../ui/kit-reminder.tsx';
import { Page } from '../ui/page.tsx';

export function ClientsView({ session }: { session: Session }) {
  const clients = useLoad(() => listClients(session), [session.vault]);
  const [filter, setFilter] = useState('');
  const all = clients.value?.found ?? [];
  const wanted = filter.trim().toLocaleLowerCase();
  const shown = all.filter((client) => client.name.toLocaleLowerCase().includes(wanted));

  return (
    <Page view="clients" busy={clients.loading}>
      <div class="page-head">
        <PageTitle>Clients</PageTitle>
        <p class="aside">Names are sealed like notes: the server sees how many clients there are, not who.</p>
      </div>
      <KitReminder session={session} />
      <Attention session={session} />
      <NewClient session={session} />
      <FormError text={clients.error} />
      <Problems problems={clients.value?.problems ?? []} />
      {clients.loading && !clients.value && <Loading />}
      {all.length > 0 && (
        <section class="stack" aria-labelledby="clients-heading">
          <div class="list-head">
            <h2 id="clients-heading">{all.length === 1 ? '1 client' : `${all.length} clients`}</h2>
            <TextField
              label="Filter clients"
              testId="filter-clients"
              type="search"
              value={filter}
              autocomplete="off"
              spellcheck={false}
              onValue={setFilter}
            />
          </div>
          <ul class="list" data-testid="client-list">
            {shown.map((client) => (
              <li key={client.id}>
                <a href={link('clients', client.id)} data-testid="client-item">
                  {client.name}
                </a>
              </li>
            ))}
          </ul>
          {shown.length === 0 && <p class="muted">No name contains that.</p>}
        </section>
      )}
      {clients.value && all.length === 0 && clients.value.problems.length === 0 && (
        <div class="empty" data-testid="clients-empty">
          <h2>No clients yet</h2>
          <p>Add the first one above. Their name is encrypted before it leaves this browser.</p>
        </div>
      )}
    </Page>
  );
}

function NewClient({ session }: { session: Session }) {
  const [name, setName] = useState('');
  const { busy, error, run } = useAction();
  const add = (event: Event): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    run(async () => go('clients', await addClient(session, name.trim())));
  };
  return (
    <form class="card inline-form" onSubmit={add}>
      <TextField
        label="Client's name"
        testId="new-client-name"
        value={name}
        autocomplete="off"
        spellcheck={false}
        required
        maxLength={200}
        onValue={setName}
      />
      <button type="submit" class="primary" data-testid="add-client" disabled={busy}>
        Add client
      </button>
      <FormError text={error} />
    </form>
  );
}
