import { useState } from 'preact/hooks';
import type { NoteEditor } from '../editor.ts';
import { showDay, showMoment, showPurpose } from '../model.ts';
import { enterGrants, type HiddenReader, isActive, type ReaderRow } from '../sharing.ts';
import type { Session } from '../state.ts';
import { ConfirmButton } from '../ui/confirm.tsx';
import { WarnIcon } from '../ui/icons.tsx';
import { StandingTag, KeysDialog } from '../ui/standing.tsx';
import type { Person } from '../people.ts';
import { type Member, showRole } from '../groups.ts';
import { RevokeDialog } from './revoke.tsx';

interface ReadersProps {
  session: Session;
  editor: NoteEditor;
  rows: ReaderRow[];
  hidden: HiddenReader[];
  onChange: () => void;
}

export const showVersions = (versions: number[]): string =>
  versions.length === 1 ? `version ${versions[0]}` : `versions ${versions.join(', ')}`;

export function Readers({ session, editor, rows, hidden, onChange }: ReadersProps) {
  const [leaving, setLeaving] = useState<ReaderRow>();
  const [deciding, setDeciding] = useState<Person>();
  return (
    <section class="readers" aria-label="Readers of this progress note">
      <h3>Readers</h3>
      {rows.length === 0 && <p class="muted">Nobody but you. Share the saved version with a person you name.</p>}
      <ul data-testid="readers">
        {rows.map((row) => (
          <li key={row.account} data-testid="reader">
            <div>
              <p>
                <strong>{row.handle}</strong>{' '}
                {row.members && (
                  <>
                    <span class="tag">Team</span>{' '}
                  </>
                )}
                <span class="tag">{showPurpose(row.purpose)}</span>
              </p>
              <p class="muted">
                Can read {showVersions(row.versions)} · since {showMoment(row.since)}
                {row.expires && ` · ${isActive(row) ? 'until' : 'expired'} ${showMoment(row.expires)}`}
              </p>
              {row.person ? (
                <p class="standing-line">
                  <StandingTag person={row.person} />{' '}
                  {row.person.state !== 'verified' && (
                    <button type="button" class="link" data-testid="why-keys" onClick={() => setDeciding(row.person)}>
                      What to do…
                    </button>
                  )}
                </p>
              ) : (
                <p class="warn">
                  <WarnIcon /> The server's keys for them are not valid.
                </p>
              )}
              {row.members && <TeamReaders members={row.members} since={row.since} />}
              {!row.explained && <Unexplained session={session} row={row} onChange={onChange} />}
            </div>
            <button type="button" data-testid="revoke" onClick={() => setLeaving(row)}>
              Revoke…
            </button>
          </li>
        ))}
      </ul>
      {hidden.map(({ account, handle, versions }) => (
        <p key={account} class="warn" data-testid="hidden-reader">
          <WarnIcon /> Your ledger says that {handle} was granted {showVersions(versions)}; the server does not list it.
          Ask whoever runs it.
        </p>
      ))}
      {deciding && (
        <KeysDialog
          session={session}
          person={deciding}
          as="ask"
          onVerified={onChange}
          onClose={() => setDeciding(undefined)}
        />
      )}
      {leaving && (
        <RevokeDialog
          session={session}
          editor={editor}
          reader={leaving}
          rows={rows}
          onRevoked={onChange}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </section>
  );
}

/** Who reads through a team, and in what time: whoever joins later reads what was shared before, too. */
function TeamReaders({ members, since }: { members: Member[]; since: Date }) {
  const later = (one: Date, other: Date): Date => (one > other ? one : other);
  const rows = members.flatMap((member) => {
    const until = member.until ?? member.expires;
    return until && until <= since ? [] : [{ ...member, reads: later(member.from, since), ends: until }];
  });
  return (
    <ul class="team-readers" data-testid="team-readers">
      {rows.length === 0 && <li class="muted">The team has no members yet.</li>}
      {rows.map(({ account, handle, role, reads, ends, inForce }) => (
        <li key={account} data-testid="team-reader">
          {handle} <span class="muted">({showRole(role)})</span>{' '}
          <span class="muted">
            {inForce
              ? `since ${showDay(reads)}${ends ? `, until ${showDay(ends)}` : ''}`
              : `${showDay(reads)} to ${showMoment(ends ?? reads)}, has left`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Signed by this account, and no entry of the ledger names it: from before there was a ledger, or by somebody with her keys. */
function Unexplained({ session, row, onChange }: Pick<ReadersProps, 'session' | 'onChange'> & { row: ReaderRow }) {
  return (
    <div data-testid="unexplained-reader">
      <p class="warn">
        <WarnIcon /> Not in your ledger: no entry says that you granted this.
      </p>
      <ConfirmButton
        label="I granted it…"
        testId="explain-reader"
        class="link"
        title={`Did you share with ${row.handle}?`}
        action="Enter it in the ledger"
        onConfirm={async () => {
          await enterGrants(session, row);
          onChange();
        }}
      >
        <p>
          Then it is entered in your ledger as of today. If you did not, revoke it, and make new keys: somebody else may
          hold yours.
        </p>
      </ConfirmButton>
    </div>
  );
}
