import { useState } from 'preact/hooks';
import type { PurposeOfUse } from 'sealed-notes';
import type { Opened } from '../drawers.ts';
import type { NoteEditor } from '../editor.ts';
import { membersOf } from '../groups.ts';
import { useAction, useLoad } from '../hooks.ts';
import { PURPOSES, today } from '../model.ts';
import { normalHandle, type Person, personByHandle } from '../people.ts';
import { isActive, type ReaderRow, share } from '../sharing.ts';
import type { Session } from '../state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormError, Notice, SelectField, TextField } from '../ui/fields.tsx';
import { Verified, VerifyPerson } from '../ui/standing.tsx';

interface ShareProps {
  session: Session;
  editor: NoteEditor;
  head: Opened;
  readers: ReaderRow[];
  onShared: () => void;
  onClose: () => void;
}

export function ShareDialog({ session, editor, head, readers, onShared, onClose }: ShareProps) {
  const [person, setPerson] = useState<Person>();
  const { busy, error, run } = useAction();
  const [handle, setHandle] = useState('');

  const find = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      setPerson(await personByHandle(session.vault, normalHandle(handle)));
    });
  };
  const verified = person?.verified;
  const isPractice = person?.as === 'practice';
  const self = person?.account === session.vault.account;
  const already = readers.find(
    (row) => row.account === person?.account && isActive(row) && row.versions.includes(head.version),
  );

  return (
    <Dialog title="Share this progress note" testId="share-dialog" onClose={onClose}>
      {editor.hasDraft && (
        <Notice>
          <p>
            You have a draft. What is shared is version {head.version} as saved; save first to share the draft's text.
          </p>
        </Notice>
      )}
      {!person && (
        <form class="stack" onSubmit={find}>
          <TextField
            label="Handle of a colleague or team"
            testId="share-handle"
            value={handle}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            required
            hint="As they told it to you. Only this one person, or this one team, gets a key."
            onValue={setHandle}
          />
          <FormError text={error} reserved />
          <div class="actions">
            <button type="submit" class="primary" data-testid="share-find" disabled={busy}>
              Find
            </button>
          </div>
        </form>
      )}
      {person && self && <Notice>That is you: you can read your own notes already.</Notice>}
      {person && !self && !verified && (
        <VerifyPerson session={session} person={person} as="ask" onVerified={setPerson} onLeave={onClose} />
      )}
      {person && isPractice && (
        <Notice>{person.handle} is a practice: it vouches for people and reads nothing. Share with one of them.</Notice>
      )}
      {person && !self && verified && already && <Notice>{person.handle} can read this version already.</Notice>}
      {person && !self && verified && !already && !isPractice && (
        <Terms
          session={session}
          person={person}
          version={head.version}
          onGrant={async (purpose, expires) => {
            await share(session, head, verified, purpose, expires);
            onShared();
            onClose();
          }}
        />
      )}
    </Dialog>
  );
}

interface TermsProps {
  session: Session;
  person: Person;
  version: number;
  onGrant: (purpose: PurposeOfUse, expires: Date | undefined) => Promise<void>;
}

function Terms({ session, person, version, onGrant }: TermsProps) {
  const [purpose, setPurpose] = useState<PurposeOfUse>('treatment');
  const [expires, setExpires] = useState('');
  const { busy, error, run } = useAction();
  const grant = (event: Event): void => {
    event.preventDefault();
    // The chosen day is included.
    run(() => onGrant(purpose, expires === '' ? undefined : new Date(`${expires}T23:59:59`)));
  };
  return (
    <form class="stack" onSubmit={grant}>
      <Verified person={person} />
      {person.isTeam && <Team session={session} person={person} />}
      <SelectField label="Purpose of use" testId="purpose" options={PURPOSES} value={purpose} onValue={setPurpose} />
      <TextField
        label="Expires (optional)"
        testId="expires"
        type="date"
        min={today()}
        value={expires}
        autocomplete="off"
        hint="The last day on which they can open it. Versions you save later go to them too, until you revoke."
        onValue={setExpires}
      />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="grant" disabled={busy}>
          Share version {version}
        </button>
      </div>
    </form>
  );
}

function Team({ session, person }: { session: Session; person: Person }) {
  const members = useLoad(() => membersOf(session.vault, person.identity), [session.vault, person.identity]);
  const present = members.value?.filter(({ inForce }) => inForce).map(({ handle }) => handle) ?? [];
  return (
    <p data-testid="team-members">
      A team:{' '}
      {present.length > 0 ? (
        <>
          <strong>{present.join(', ')}</strong> can read it, and whoever joins later.
        </>
      ) : (
        'nobody is in it yet; whoever joins can read it.'
      )}{' '}
      Who joins and leaves is for whoever manages the team to say.
    </p>
  );
}
