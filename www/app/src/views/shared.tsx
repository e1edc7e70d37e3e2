import { useRef, useState } from 'preact/hooks';
import type { Access, ChartRecord } from 'sealed-notes';
import { fromBase64, get, getAll } from '../api.ts';
import { hasCode } from '../errors.ts';
import { useLoad } from '../hooks.ts';
import { fromSections, localDate, showMoment } from '../model.ts';
import { type Person, personByAccount } from '../people.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormError, Loading, Notice, PageTitle } from '../ui/fields.tsx';
import { CompareFingerprint } from '../ui/fingerprint.tsx';
import { BackIcon, ChartIcon, LedgerIcon } from '../ui/icons.tsx';
import { NoteText } from '../ui/note-text.tsx';
import { Page } from '../ui/page.tsx';

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
  const [comparing, setComparing] = useState<Person>();
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
              {person?.verified && (
                <a class="button" href={link('shared', row.record)} data-testid="open-shared">
                  Open
                </a>
              )}
              {person && !person.verified && (
                <button type="button" data-testid="verify-author" onClick={() => setComparing(person)}>
                  Compare fingerprint…
                </button>
              )}
              {!person && <span class="warn">The server's keys for this author are not valid.</span>}
            </li>
          ))}
        </ul>
      )}
      {comparing && (
        <Dialog
          title={`Is it really ${comparing.handle}?`}
          testId="verify-dialog"
          onClose={() => setComparing(undefined)}
        >
          <CompareFingerprint
            person={comparing}
            onConfirmed={() => {
              setComparing(undefined);
              shared.reload();
            }}
          />
        </Dialog>
      )}
    </Page>
  );
}

async function openShared(
  session: Session,
  record: string,
  access: Access,
): Promise<{ row: SharedRow; opened: ChartRecord } | { row: SharedRow; opened: undefined }> {
  const row = await get<SharedRow>(`/chart/shared/${record}`);
  const { verified } = await personByAccount(session.vault, row.author);
  if (!verified) return { row, opened: undefined };
  return {
    row,
    opened: await session.vault.chart.openShared({
      bytes: fromBase64(row.sealed),
      grant: fromBase64(row.grant),
      author: verified,
      record,
      access,
    }),
  };
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
        <Notice kind="warning">
          <p>You have not compared fingerprints with {value.row.handle} yet. Do so from the list, then open this.</p>
        </Notice>
      )}
      {value?.opened && (
        <article class="card drawer-card chart">
          <h2 class="byline">
            From {value.row.handle} · version {value.opened.version} · written {showMoment(value.opened.writtenAt)} ·
            read only
          </h2>
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
