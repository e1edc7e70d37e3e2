import { useRef, useState } from 'preact/hooks';
import type { Access, ChartRecord, TrustedAs } from 'sealed-notes';
import { fromBase64, get, getAll } from '../api.ts';
import { hasCode } from '../errors.ts';
import { type Group, loadGroups } from '../groups.ts';
import { useLoad } from '../hooks.ts';
import { fromSections, localDate, showMoment } from '../model.ts';
import { type Person, personByAccount } from '../people.ts';
import { go, link } from '../router.ts';
import type { Session } from '../state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormError, Loading, Notice, PageTitle } from '../ui/fields.tsx';
import { BackIcon, ChartIcon, LedgerIcon, PeopleIcon } from '../ui/icons.tsx';
import { NoteText } from '../ui/note-text.tsx';
import { Page } from '../ui/page.tsx';
import { StandingTag, VerifyPerson } from '../ui/standing.tsx';

interface SharedRow {
  record: string;
  version: number;
  author: string;
  handle: string;
  /** Oneself, or the team through which one reads. */
  recipient: string;
  sealed: string;
  grant: string;
}

interface SharedItem {
  row: SharedRow;
  person: Person | undefined;
  through: Through | undefined;
}

/** The team that a record was shared with; without `group`, the server does not say that one is a member. */
interface Through {
  group: Group | undefined;
}

const throughOf = ({ recipient }: SharedRow, { vault }: Session, groups: Group[]): Through | undefined =>
  recipient === vault.account ? undefined : { group: groups.find(({ account }) => account === recipient) };

/** Asked for only where something came through a team; and again, since one may have been added to it meanwhile. */
const groupsFor = async (rows: SharedRow[], { vault }: Session): Promise<Group[]> =>
  rows.every(({ recipient }) => recipient === vault.account) ? [] : loadGroups(vault);

async function listShared(session: Session): Promise<SharedItem[]> {
  const rows = await getAll<SharedRow>('/chart/shared', 'records');
  const groups = await groupsFor(rows, session);
  const people = new Map<string, Promise<Person | undefined>>();
  return Promise.all(
    rows.map(async (row) => {
      const known = people.get(row.author) ?? personByAccount(session.vault, row.author).catch(() => undefined);
      people.set(row.author, known);
      return { row, person: await known, through: throughOf(row, session, groups) };
    }),
  );
}

export function SharedView({ session }: { session: Session }) {
  const shared = useLoad(() => listShared(session), [session]);
  const [deciding, setDeciding] = useState<{ person: Person; as: TrustedAs }>();
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
          {shared.value.map(({ row, person, through }) => (
            <li key={row.record} class="shared-row" data-testid="shared-item">
              <span class="mark chart">
                <ChartIcon />{' '}
                <span>
                  Progress note from <strong>{person?.handle ?? row.handle}</strong>, version {row.version}
                </span>
                {through && <ThroughTeam through={through} />}
              </span>
              {person && person.state !== 'unverified' && <StandingTag person={person} />}
              <span class="actions">
                {person && person.state !== 'verified' && (
                  <button
                    type="button"
                    class={person.author ? 'quiet' : undefined}
                    data-testid="verify-author"
                    onClick={() => setDeciding({ person, as: 'person' })}
                  >
                    {person.state === 'unverified' ? 'Compare fingerprint…' : 'What to do…'}
                  </button>
                )}
                {through?.group && !through.group.keys.verified && (
                  <VerifyTeam group={through.group} onDecide={(team) => setDeciding({ person: team, as: 'team' })} />
                )}
                {person?.author && (!through?.group || through.group.keys.verified) && (
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
          title={
            deciding.person.state === 'unverified'
              ? `Is it really ${deciding.person.handle}?`
              : `Keys of ${deciding.person.handle}`
          }
          testId="verify-dialog"
          onClose={() => setDeciding(undefined)}
        >
          <VerifyPerson
            session={session}
            person={deciding.person}
            as={deciding.as}
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

const waitsForTeam = ({ through }: Pick<OpenedShared, 'through'>): boolean =>
  through !== undefined && through.group?.reads !== 'yes';

interface OpenedShared {
  row: SharedRow;
  person: Person;
  through: Through | undefined;
  /** None before its author and the team are verified, or her new keys are accepted. */
  opened: ChartRecord | undefined;
}

async function openShared(session: Session, record: string, access: Access): Promise<OpenedShared> {
  const { vault } = session;
  const row = await get<SharedRow>(`/chart/shared/${record}`);
  const person = await personByAccount(vault, row.author);
  const through = throughOf(row, session, await groupsFor([row], session));
  const { author } = person;
  const waits = { row, person, through, opened: undefined };
  if (!author || waitsForTeam(waits)) return waits;
  const [bytes, grant] = [fromBase64(row.sealed), fromBase64(row.grant)];
  try {
    return { ...waits, opened: await vault.chart.openShared({ bytes, grant, author, record, access }) };
  } catch (error) {
    if (hasCode(error, 'keys_changed')) return waits;
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
      {value && waitsForTeam(value) && (
        <section class="card stack" aria-label="Waits" data-testid="team-waits">
          <h2>This note was shared with a team</h2>
          <TeamWaits session={session} group={value.through?.group} onVerified={shared.reload} />
        </section>
      )}
      {value && !value.opened && !waitsForTeam(value) && (
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
            From {value.person.handle} · version {value.opened.version} · written {showMoment(value.opened.writtenAt)} ·
            read only
          </h2>
          <p>
            <StandingTag person={value.person} /> {value.through && <ThroughTeam through={value.through} />}
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

/** By its handle: what its manager calls it is for her alone. */
const ThroughTeam = ({ through: { group } }: { through: Through }) => (
  <span class="standing" data-testid="through-team">
    <PeopleIcon /> through {group?.handle ?? 'a team'}
  </span>
);

const VerifyTeam = ({ group, onDecide }: { group: Group; onDecide: (team: Person) => void }) => (
  <button type="button" data-testid="verify-team" onClick={() => onDecide(group.keys)}>
    {group.keys.state === 'unverified' ? `Compare the fingerprint of ${group.handle}…` : `Keys of ${group.handle}…`}
  </button>
);

interface TeamWaitsProps {
  session: Session;
  group: Group | undefined;
  onVerified: () => void;
}

function TeamWaits({ session, group, onVerified }: TeamWaitsProps) {
  if (!group) return <p>The server does not say that you are a member of this team. Ask whoever manages it.</p>;
  if (typeof group.reads === 'object') return <p class="warn">{group.reads.error}</p>;
  if (group.keys.verified) {
    return <p>The server has no keys of this team for you. Ask whoever manages it to add you again.</p>;
  }
  return (
    <VerifyPerson
      session={session}
      person={group.keys}
      as="team"
      onVerified={onVerified}
      onLeave={() => go('shared')}
    />
  );
}
