import { useState } from 'preact/hooks';
import { clientName } from '../clients.ts';
import { drawersOf } from '../drawers.ts';
import { kindOfRecord, type RecordFinding } from '../findings.ts';
import { useAction, useLoad, useSubscription } from '../hooks.ts';
import type { Broken } from '../ledger.ts';
import { showMoment } from '../model.ts';
import { link } from '../router.ts';
import { putAllAway, type Session } from '../state.ts';
import { ConfirmButton } from './confirm.tsx';
import { Dialog } from './dialog.tsx';
import { FormError, Loading, Notice } from './fields.tsx';
import { WarnIcon } from './icons.tsx';
import { NoteText } from './note-text.tsx';

/** Above every page: what the server shows in another state than the ledger says, and what its owner can do about it. */
export function LedgerBanner({ session }: { session: Session }) {
  useSubscription(session.ledger.subscribe);
  useSubscription(session.findings.subscribe);
  const { broken } = session.ledger;
  const { all } = session.findings;
  if (!broken && all.length === 0) return null;
  return (
    <div class="ledger-banner no-print" role="alert" data-testid="ledger-banner" data-why={broken ?? 'records'}>
      {broken ? <BrokenLedger session={session} why={broken} /> : <Records session={session} findings={all} />}
    </div>
  );
}

const HEADING: Record<Broken, string> = {
  rolled_back: 'The server has gone back to an older state.',
  forked: 'The server shows another history than before.',
  tampered: 'The server changed an entry of your ledger.',
};

const WHY: Record<Broken, string> = {
  rolled_back:
    'Its ledger ends before the last entry that this device has seen. That happens when a backup is restored.',
  forked:
    'Its ledger goes another way than what this device has seen. That happens when you went on with a restored backup from another device.',
  tampered: 'It does not bear your signature. No backup does that.',
};

function BrokenLedger({ session, why }: { session: Session; why: Broken }) {
  const { ledger, findings } = session;
  const last = useLoad(async () => (await ledger.read()).at(-1), [ledger, why]).value;
  const again = useAction();
  return (
    <Notice kind="warning">
      <p>
        <WarnIcon /> <strong>{HEADING[why]}</strong> {WHY[why]} It is also how a server would hide a note, a reader or a
        revocation.
      </p>
      <p>
        Your notes open as before. Saving waits, and what you type is kept as a sealed draft, until you decide.{' '}
        {last && (
          <span data-testid="last-entry">
            Last seen here: entry {last.sequence}, {showMoment(last.madeAt)}.
          </span>
        )}{' '}
        Ask whoever runs the server what happened.
      </p>
      <div class="actions">
        <button
          type="button"
          data-testid="look-again"
          disabled={again.busy}
          onClick={() => again.run(() => ledger.lookAgain())}
        >
          Look again
        </button>
        {why !== 'tampered' && (
          <ConfirmButton
            label="Go on with the server's state…"
            testId="accept-ledger"
            title="Go on with the server's state?"
            action="Go on with it"
            danger
            onConfirm={async () => {
              await putAllAway();
              await findings.acceptLedger();
            }}
          >
            <p>
              Do so if you know why it is different: a backup was restored, and you were told. What was written after it
              is gone from the server; compare your records with what you remember, above all whom you took off a note.
            </p>
            <p>
              Your ledger then says that you chose this, when, and which entry was given up. Before, you can export
              under Audit what this device still knows.
            </p>
          </ConfirmButton>
        )}
        <a href={link('account', 'audit')}>Audit</a>
      </div>
      <FormError text={again.error} />
    </Notice>
  );
}

const SHOWN = 3;

function Records({ session, findings }: { session: Session; findings: RecordFinding[] }) {
  const [all, setAll] = useState(false);
  return (
    <Notice kind="warning">
      <p>
        <WarnIcon />{' '}
        <strong>
          {findings.length === 1
            ? '1 record on the server is not as your ledger says.'
            : `${findings.length} records on the server are not as your ledger says.`}
        </strong>{' '}
        Everything else opens as usual, and no draft is touched. Ask whoever runs the server: a backup may have been
        restored.
      </p>
      <ul class="findings">
        {(all ? findings : findings.slice(0, SHOWN)).map((finding) => (
          <Item key={`${finding.drawer} ${finding.record}`} session={session} finding={finding} />
        ))}
      </ul>
      {findings.length > SHOWN && !all && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          Show all {findings.length}
        </button>
      )}
    </Notice>
  );
}

const say = ({ problem, expected, found, writtenAt, damaged }: RecordFinding): string => {
  const saved = `You saved version ${expected}${writtenAt ? ` on ${showMoment(writtenAt)}` : ''}`;
  if (damaged) return `Damaged. ${saved}; what the server gives is not a sealed note.`;
  switch (problem) {
    case 'dropped':
      return `Missing. ${saved}; the server does not list it.`;
    case 'rolled-back':
      return `Older than it was. ${saved}; the server shows version ${found}.`;
    case 'replaced':
      return `Another text under the same number. ${saved}; the server shows something else as version ${found}.`;
    case 'unlisted':
      return expected === 0
        ? `Not in your ledger. The server has version ${found}, signed with your keys.`
        : `Newer than your ledger. The server has version ${found}, signed with your keys; the ledger ends at version ${expected}.`;
  }
};

function Item({ session, finding }: { session: Session; finding: RecordFinding }) {
  const [reading, setReading] = useState(false);
  const { problem, client, record, found, damaged } = finding;
  const name = client && clientName(session.vault, client);
  const what = kindOfRecord(finding);
  const isMine = problem === 'unlisted';
  return (
    <li data-testid="finding" data-problem={problem}>
      <p>
        <strong>
          {what}
          {name && `, ${name}`}
        </strong>
        <br />
        {say(finding)}
      </p>
      <div class="actions">
        {problem === 'rolled-back' && !damaged && record !== client && (
          <button type="button" data-testid="read-older" onClick={() => setReading(true)}>
            Read version {found}
          </button>
        )}
        <ConfirmButton
          label={isMine ? 'It is mine…' : isGone(finding) ? 'It is gone…' : `Go on from version ${found}…`}
          testId="accept-finding"
          title={isMine ? 'Did you write this?' : 'Go on with what the server has?'}
          action={isMine ? 'Enter it in the ledger' : 'Go on with it'}
          danger={!isMine}
          onConfirm={async () => {
            await putAllAway();
            await session.findings.accept(finding);
          }}
        >
          <Consequence finding={finding} />
        </ConfirmButton>
        <a href={link('account', 'audit', 'record', record)}>Its history</a>
      </div>
      {reading && <OlderText session={session} finding={finding} onClose={() => setReading(false)} />}
    </li>
  );
}

const isGone = ({ problem, damaged }: RecordFinding): boolean => problem === 'dropped' || damaged;

function Consequence({ finding }: { finding: RecordFinding }) {
  const { problem, found } = finding;
  if (problem === 'unlisted') {
    return (
      <p>
        Then it is entered in your ledger as of today. If you did not write it, do not: make new keys, because somebody
        else may hold yours.
      </p>
    );
  }
  return (
    <p>
      {isGone(finding)
        ? 'The record counts as gone from now on, and is not reported again. '
        : `Version ${found} counts as the newest from now on; your next save follows it. `}
      Your ledger says that you chose this. If the server's operator can still bring back what you saved, ask for that
      first.
    </p>
  );
}

interface OlderTextProps {
  session: Session;
  finding: RecordFinding;
  onClose: () => void;
}

function OlderText({ session, finding, onClose }: OlderTextProps) {
  const { drawer, given, found } = finding;
  const opened = useLoad(
    async () => (given ? drawersOf(session, '')[drawer].open(given.bytes, finding.record, 'earlier') : undefined),
    [finding],
  );
  return (
    <Dialog title={`Version ${found}, as the server has it`} testId="older-dialog" onClose={onClose}>
      <FormError text={opened.error} />
      {opened.loading && <Loading />}
      {opened.value && <NoteText drawer={drawer} content={opened.value.content} testId="older-text" />}
    </Dialog>
  );
}
