import { useEffect, useState } from 'preact/hooks';
import type { ProfessionalWill, Share } from 'sealed-notes';
import { useAction, useLoad } from '../hooks.ts';
import { showDate, showMoment } from '../model.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import {
  type ClaimState,
  type Estate,
  isReady,
  openWill,
  readClaim,
  readEstate,
  readPaperShare,
  type WillClient,
  type WillSession,
} from '../wills.ts';
import { CopyButton, FormError, Loading, Notice, PageTitle, TextField } from '../ui/fields.tsx';
import { BackIcon, CheckIcon, ChartIcon, PrivateIcon } from '../ui/icons.tsx';
import { NoteText } from '../ui/note-text.tsx';
import { Page } from '../ui/page.tsx';
import { StepTitle } from '../ui/step-title.tsx';

const LOOK_AGAIN_MS = 20_000;

interface Opened {
  will: ProfessionalWill;
  estate: Estate;
}

export function ExecutorView({ session, account }: { session: Session; account: string }) {
  const claimed = useLoad(() => readClaim(session.vault, account), [session, account]);
  const [opened, setOpened] = useState<Opened>();
  // Leaving and locking both take this view away: its keys and texts go with it.
  useEffect(() => () => opened?.will.close(), [opened]);
  const { value } = claimed;
  const waiting = value !== undefined && value.cancelledAt === null && !opened;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => {
      if (!document.hidden) claimed.reload();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [waiting, claimed.reload]);

  return (
    <Page view="executor" busy={claimed.loading && !value}>
      <a class="back" href={link('account', 'others')}>
        <BackIcon /> For others
      </a>
      <PageTitle>{value ? `Professional will of ${value.will.handle}` : 'Professional will'}</PageTitle>
      <FormError text={claimed.error} />
      {claimed.loading && !value && <Loading />}
      {!claimed.loading && !claimed.error && !value && (
        <div class="empty" data-testid="executor-none">
          <h2>You have not claimed this will</h2>
          <p>
            Claim it under <a href={link('account', 'others')}>Account, For others</a>.
          </p>
        </div>
      )}
      {value?.cancelledAt && (
        <Notice kind="warning">
          <p data-testid="executor-state">
            {value.will.handle} cancelled your claim on {showMoment(new Date(value.cancelledAt))}. Nothing can be
            opened. Call {value.will.handle}; if that is not possible, talk to the other executors before you claim
            again.
          </p>
        </Notice>
      )}
      {value && waiting && <Gather key={account} state={value} onReload={claimed.reload} onOpened={setOpened} />}
      {value && opened && <Reader handle={value.will.handle} opened={opened} />}
    </Page>
  );
}

interface GatherProps {
  state: ClaimState;
  onReload: () => void;
  onOpened: (opened: Opened) => void;
}

/** The wait, and the shares. */
function Gather({ state, onReload, onOpened }: GatherProps) {
  const [printed, setPrinted] = useState<Share[]>([]);
  const { busy, error, run, setError } = useAction();
  const { will, code } = state;
  const shares = distinct([...state.shares, ...printed]);
  const needed = shares[0]?.threshold;
  const open = (): void => {
    if (needed === undefined || shares.length < needed) {
      setError(
        needed === undefined
          ? 'No share is here yet. Ask the other executors for theirs.'
          : `${shares.length} of the ${needed} shares that are needed are here. Ask the other executors for theirs.`,
      );
      return;
    }
    run(async () => {
      const opened = await openWill(will.account, shares);
      try {
        onOpened({ will: opened, estate: await readEstate(opened) });
      } catch (failed) {
        opened.close();
        throw failed;
      }
    });
  };
  return (
    <>
      <section class="card stack">
        <h2>The wait</h2>
        <p data-testid="executor-state">
          {isReady(state)
            ? 'The wait is over.'
            : `The wait ends on ${showMoment(new Date(state.readyAt))}. Until then the server opens nothing, and ${will.handle} can cancel your claim.`}
        </p>
      </section>
      <section class="card stack">
        <h2>Code for the other executors</h2>
        <p>
          Executors with an account find your claim under Account, For others. Have them call you, and read them this
          code: it tells them that the request on their screen is yours.
        </p>
        <p class="secret" data-testid="claim-code">
          {code}
        </p>
        <p>An executor who holds a page of paper reads its rows to you instead; you type them below.</p>
      </section>
      <section class="card stack">
        <h2 data-testid="shares-count">
          {needed === undefined ? 'No shares yet' : `Shares: ${shares.length} of ${needed}`}
        </h2>
        <ul class="holders" data-testid="executor-shares">
          {shares.map((share) => (
            <li key={share.number} class="verified">
              <CheckIcon /> Share {share.number} of {share.count}{' '}
              <span class="tag">
                {printed.includes(share) ? 'from paper' : share.number === state.own ? 'yours' : 'handed on'}
              </span>
            </li>
          ))}
        </ul>
        {state.problems.map((problem) => (
          <p class="warn" key={problem} data-testid="share-problem">
            {problem}
          </p>
        ))}
        <div class="actions">
          <button type="button" data-testid="executor-reload" onClick={onReload}>
            Look for new shares
          </button>
        </div>
        <PaperShareForm
          state={state}
          known={shares}
          onShare={(share) => {
            setPrinted([...printed, share]);
            setError('');
          }}
        />
      </section>
      <section class="card stack">
        <h2>Open</h2>
        <p>Opening is recorded. You read, and can change nothing.</p>
        <FormError text={error} reserved />
        <div class="actions">
          <button type="button" class="primary" data-testid="open-will" disabled={busy} onClick={open}>
            {busy ? 'Opening…' : 'Open the will'}
          </button>
        </div>
      </section>
    </>
  );
}

const distinct = (shares: Share[]): Share[] =>
  shares.filter((share, at) => shares.findIndex((other) => other.number === share.number) === at);

interface PaperFormProps {
  state: ClaimState;
  known: Share[];
  onShare: (share: Share) => void;
}

function PaperShareForm({ state, known, onShare }: PaperFormProps) {
  const [text, setText] = useState('');
  const { busy, error, run } = useAction();
  const add = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      onShare(await readPaperShare(state, text, known));
      setText('');
    });
  };
  return (
    <form class="stack" onSubmit={add}>
      <div class="field">
        <label for="paper-share">Share from paper</label>
        <textarea
          id="paper-share"
          class="digits"
          data-testid="paper-share"
          aria-describedby="paper-share-hint"
          rows={6}
          value={text}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p class="hint" id="paper-share-hint">
          48 groups of 4, without the row numbers
        </p>
      </div>
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" data-testid="add-paper-share" disabled={busy || text.trim() === ''}>
          Add this share
        </button>
      </div>
    </form>
  );
}

/** What the will opened: to be read, client by client. */
function Reader({ handle, opened }: { handle: string; opened: Opened }) {
  const { will, estate } = opened;
  const [client, setClient] = useState<WillClient>();
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLocaleLowerCase();
  const { clients } = estate;
  if (client) return <ClientNotes client={client} onBack={() => setClient(undefined)} />;
  return (
    <>
      <Notice>
        <p data-testid="will-covers">
          {will.scope === 'chart'
            ? `${handle} opened the client list and the chart to you. The private drawer is not included: this will holds no key to it.`
            : `${handle} opened the client list, the chart and the private drawer to you. Read psychotherapy notes only where you must.`}
        </p>
        <p>You read what was saved. Lock, or leave this page, and it is closed again.</p>
      </Notice>
      {estate.later > 0 && (
        <Notice kind="warning">
          <p data-testid="will-later">
            {estate.later === 1 ? '1 note is' : `${estate.later} notes are`} not covered: written with keys that{' '}
            {handle} made after issuing this will.
          </p>
        </Notice>
      )}
      {estate.problems.length > 0 && (
        <Notice kind="warning">
          <p>
            <strong>
              {estate.problems.length === 1 ? '1 note was refused' : `${estate.problems.length} notes were refused`}
            </strong>{' '}
            because they are not what {handle} sealed. Everything else is shown.
          </p>
          <ul>
            {[...new Set(estate.problems)].map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Notice>
      )}
      <section class="stack" aria-label="Clients">
        <div class="list-head">
          <StepTitle>{clients.length === 1 ? '1 client' : `${clients.length} clients`}</StepTitle>
          {clients.length > 0 && (
            <TextField
              label="Filter clients"
              testId="filter-will-clients"
              type="search"
              value={filter}
              autocomplete="off"
              spellcheck={false}
              onValue={setFilter}
            />
          )}
        </div>
        {clients.length > 0 && (
          <>
            <ul class="list" data-testid="will-clients">
              {clients
                .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
                .map((one) => (
                  <li key={one.id}>
                    <button type="button" class="row" data-testid="will-client" onClick={() => setClient(one)}>
                      <span>{one.name}</span>
                      <span class="muted">
                        {one.sessions.length === 1 ? '1 session' : `${one.sessions.length} sessions`}
                      </span>
                    </button>
                  </li>
                ))}
            </ul>
            <div class="actions">
              <CopyButton
                label="Copy the names"
                testId="copy-clients"
                text={() => clients.map(({ name }) => name).join('\n')}
              />
            </div>
          </>
        )}
      </section>
    </>
  );
}

function ClientNotes({ client, onBack }: { client: WillClient; onBack: () => void }) {
  return (
    <section class="stack" aria-label={client.name} data-testid="will-client-notes">
      <div class="actions">
        <button type="button" data-testid="will-clients-back" onClick={onBack}>
          <BackIcon /> All clients
        </button>
      </div>
      <StepTitle>{client.name}</StepTitle>
      {client.sessions.length === 0 && <p class="muted">No saved notes.</p>}
      {client.sessions.map((one) => (
        <SessionNotes key={one.id} session={one} />
      ))}
    </section>
  );
}

const SessionNotes = ({ session }: { session: WillSession }) => (
  <>
    {session.notes.map(({ drawer, record, content, version, writtenAt }) => (
      <article
        key={record}
        class={drawer === 'private' ? 'card drawer-card private no-print' : 'card drawer-card chart'}
        data-testid={`will-note-${drawer}`}
      >
        <h3 class="will-note-title">
          {drawer === 'private' ? <PrivateIcon /> : <ChartIcon />}
          {drawer === 'private' ? 'Psychotherapy note' : 'Progress note'} · {showDate(session.date)}
        </h3>
        <p class="muted">
          Version {version}, written {showMoment(writtenAt)}
        </p>
        <NoteText drawer={drawer} content={content} testId="will-note" />
      </article>
    ))}
  </>
);
