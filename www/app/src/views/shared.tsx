import { useRef, useState } from 'preact/hooks';
import type { Access, ChartRecord } from 'sealed-notes';
import { fromBase64, get, getAll } from '../api.ts';
import { hasCode } from '../errors.ts';
import { useLoad } from '../hooks.ts';
import { fromSections, localDate, showMoment } from '../model.ts';
import { type Person, personByAccount } from '../people.ts';
import { go, link } from '../router.ts';
import type { Session } from '../state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormError, Loading, Notice, PageTitle } from '../ui/fields.tsx';
import { BackIcon, ChartIcon, LedgerIcon } from '../ui/icons.tsx';
import { NoteText } from '../ui/note-text.tsx';
import { Page } from '../ui/page.tsx';
import { StandingTag, VerifyPerson } from '../ui/standing.tsx';

interface SharedRow {
  record: string;
  version: number;
  author: string;
  handle: string;
  sealed: string;
  grant: string;
}

interface SharedItem {
  row: SharedRow;
  person: Person | undefined;
}

async function listShared(session: Session): Promise<SharedItem[]> {
  const rows = await getAll<SharedRow>('/chart/shared', 'records');
  const people = new Map<string, Promise<Person | undefined>>();
  return Promise.all(
    rows.map(async (row) => {
      const known = people.get(row.author) ?? personByAccount(session.vault, row.author).catch(() => undefined);
      people.set(row.author, known);
      return { row, person: await known };
    }),
  );
}

export function SharedView({ session }: { session: Session }) {
  const shared = useLoad(() => listShared(session), [session]);
  const [deciding, setDeciding] = useState<Person>();
  return (
    <Page view="shared" busy={shared.loading}>
      <div class="page-head">
        <PageTitle>Shared with me</PageTitle>
        <p class="aside">
          Progress notes that colleagues opened for you. Before the first one of each author you compare fingerprints
          once.
        </p>
      </div>
      <FormError text={shared.error} />
      {shared.loading && !shared.value && <Loading />}
      {shared.value?.length === 0 && (
        <div class="empty" data-testid="shared-empty">
          <h2>Nothing is shared with you</h2>
          <p>Give colleagues your handle, {session.handle}, and read them your fingerprint from the Account page.</p>
        </div>
      )}
      {shared.value && shared.value.length > 0 && (
        <ul class="list" data-testid="shared-list">
          {shared.value.map(({ row, person }) => (
            <li key={row.record} class="shared-row" data-testid="shared-item">
              <span class="mark chart">
                <ChartIcon /> Progress note from <strong>{row.handle}</strong>, version {row.version}
              </span>
              {person && person.state !== 'unverified' && <StandingTag person={person} />}
              <span class="actions">
                {person && person.state !== 'verified' && (
                  <button
                    type="button"
                    class={person.author ? 'quiet' : undefined}
                    data-testid="verify-author"
                    onClick={() => setDeciding(person)}
                  >
                    {person.state === 'unverified' ? 'Compare fingerprint…' : 'What to do…'}
                  </button>
                )}
                {person?.author && (
                  <a class="button" href={link('shared', row.record)} data-testid="open-shared">
                    Open
                  </a>
                )}
              </span>
              {!person && <span class="warn">The server's keys for this author are not valid.</span>}
            </li>
          ))}
        </ul>
      )}
      {deciding && (
        <Dialog
          title={deciding.state === 'unverified' ? `Is it really ${deciding.handle}?` : `Keys of ${deciding.handle}`}
          testId="verify-dialog"
          onClose={() => setDeciding(undefined)}
        >
          <VerifyPerson
            session={session}
            person={deciding}
            onVerified={() => {
              setDeciding(undefined);
              shared.reload();
            }}
            onLeave={() => setDeciding(undefined)}
          />
        </Dialog>
      )}
    </Page>
  );
}

interface OpenedShared {
  row: SharedRow;
  person: Person;
  /** None before its author is verified, or her new keys are accepted. */
  opened: ChartRecord | undefined;
}

async function openShared({ vault }: Session, record: string, access: Access): Promise<OpenedShared> {
  const row = await get<SharedRow>(`/chart/shared/${record}`);
  const person = await personByAccount(vault, row.author);
  const { author } = person;
  if (!author) return { row, person, opened: undefined };
  const [bytes, grant] = [fromBase64(row.sealed), fromBase64(row.grant)];
  try {
    return { row, person, opened: await vault.chart.openShared({ bytes, grant, author, access }) };
  } catch (error) {
    if (hasCode(error, 'keys_changed')) return { row, person, opened: undefined };
    throw error;
  }
}

export function SharedRecordView({ session, record }: { session: Session; record: string }) {
  const [access, setAccess] = useState<Access>('newest');
  const isOlder = useRef(false);
  const shared = useLoad(async () => {
    await session.ledger.ready;
    return openShared(session, record, access).catch((error) => {
      isOlder.current = hasCode(error, 'rolled_back');
      throw error;
    });
  }, [session, record, access]);
  const { value } = shared;
  return (
    <Page view="shared-record" busy={shared.loading}>
      <a class="back" href={link('shared')}>
        <BackIcon /> Shared with me
      </a>
      <PageTitle>Progress note</PageTitle>
      {shared.error && (
        <div data-testid="shared-error">
          <FormError text={shared.error} />
          {isOlder.current && (
            <Notice kind="warning">
              <p>
                You opened a newer version before. It may have been taken back or have run out; a server that hides it
                looks the same. Ask its author.
              </p>
              <div class="actions">
                <button type="button" data-testid="open-older" onClick={() => setAccess('earlier')}>
                  Open the older version
                </button>
              </div>
            </Notice>
          )}
        </div>
      )}
      {shared.loading && !value && <Loading />}
      {value && !value.opened && (
        <section class="card stack" aria-label="Waits" data-testid="shared-waits" data-state={value.person.state}>
          <h2>
            {value.person.state === 'keys-changed'
              ? 'This note was signed with the new keys, so it waits'
              : 'This note waits until its author is verified'}
          </h2>
          <VerifyPerson
            session={session}
            person={value.person}
            onVerified={shared.reload}
            onLeave={() => go('shared')}
          />
        </section>
      )}
      {value?.opened && (
        <article class="card drawer-card chart">
          <h2 class="byline">
            From {value.row.handle} · version {value.opened.version} · written {showMoment(value.opened.writtenAt)} ·
            read only
          </h2>
          <p>
            <StandingTag person={value.person} />
          </p>
          <NoteText
            drawer="chart"
            content={fromSections(value.opened.sections, localDate(value.opened.writtenAt))}
            testId="shared-record"
          />
          <p class="no-print">
            <a class="button quiet" href={link('account', 'audit', 'record', record)} data-testid="audit-of-record">
              <LedgerIcon /> When you opened it
            </a>
          </p>
        </article>
      )}
    </Page>
  );
}
