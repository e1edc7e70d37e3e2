import { useState } from 'preact/hooks';
import type { GroupKind } from 'sealed-notes';
import { createGroup, type Group, loadGroups, showRole } from '../../groups.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showDay } from '../../model.ts';
import { normalHandle, type Person } from '../../people.ts';
import type { Session } from '../../state.ts';
import { FormError, Loading, TextField } from '../../ui/fields.tsx';
import { CheckIcon } from '../../ui/icons.tsx';
import { StandingTag, KeysDialog } from '../../ui/standing.tsx';
import { GroupCard } from './group.tsx';
import { TrustedPractices } from './trusted-practices.tsx';

export function GroupsSection({ session }: { session: Session }) {
  const groups = useLoad(() => loadGroups(session.vault), [session.vault]);
  const [making, setMaking] = useState<GroupKind>();
  const own = groups.value?.filter(({ manages }) => manages) ?? [];
  const others = groups.value?.filter(({ manages }) => !manages) ?? [];
  const made = (): void => {
    setMaking(undefined);
    groups.reload();
  };
  return (
    <>
      <section class="card stack">
        <h2>Practice and teams</h2>
        <p>
          A practice vouches for its people: whoever compares its fingerprint once need not compare everybody's. A team
          reads together: a progress note is shared with it once, and its members open it.
        </p>
        <FormError text={groups.error} />
        {groups.loading && !groups.value && <Loading />}
        {groups.value?.length === 0 && !making && (
          <p class="muted" data-testid="groups-empty">
            You keep none yet, and nobody has added you to one.
          </p>
        )}
        {making ? (
          <CreateForm session={session} kind={making} onMade={made} onCancel={() => setMaking(undefined)} />
        ) : (
          <div class="actions">
            <button type="button" data-testid="create-practice" onClick={() => setMaking('practice')}>
              Create a practice
            </button>
            <button type="button" data-testid="create-team" onClick={() => setMaking('team')}>
              Create a team
            </button>
          </div>
        )}
      </section>
      {own.map((group) => (
        <GroupCard key={group.account} session={session} group={group} onChange={groups.reload} />
      ))}
      {others.length > 0 && <Memberships session={session} groups={others} onChange={groups.reload} />}
      <TrustedPractices session={session} />
    </>
  );
}

interface CreateProps {
  session: Session;
  kind: GroupKind;
  onMade: () => void;
  onCancel: () => void;
}

function CreateForm({ session, kind, onMade, onCancel }: CreateProps) {
  const [name, setName] = useState('');
  const [handle, setHandle] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      await createGroup(session.vault, kind, name.trim(), normalHandle(handle));
      onMade();
    });
  };
  return (
    <form class="stack" onSubmit={submit} aria-label={`New ${kind}`}>
      <h3>New {kind}</h3>
      <TextField
        label="Name"
        testId="group-name"
        value={name}
        autocomplete="off"
        maxLength={64}
        required
        hint="For you alone: it is sealed in your vault."
        onValue={setName}
      />
      <TextField
        label="Handle"
        testId="group-handle"
        value={handle}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        required
        hint="What colleagues type to find it: a to z, 0 to 9, dots and dashes. The server sees it."
        onValue={setHandle}
      />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="submit-group" disabled={busy}>
          Create the {kind}
        </button>
        <button type="button" class="quiet" data-testid="cancel-group" disabled={busy} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface MembershipsProps {
  session: Session;
  groups: Group[];
  onChange: () => void;
}

/** Where somebody else added her. */
function Memberships({ session, groups, onChange }: MembershipsProps) {
  const [deciding, setDeciding] = useState<Group>();
  return (
    <section class="card stack" aria-labelledby="memberships-heading">
      <h2 id="memberships-heading">You are a member</h2>
      <ul class="members" data-testid="memberships">
        {groups.map((group) => (
          <li key={group.account} data-testid="membership">
            <div class="stack tight">
              <p>
                <strong>{group.handle}</strong> <span class="tag">{group.kind}</span>
              </p>
              <Mine session={session} keys={group.keys} />
              {group.kind === 'team' && <Reads group={group} />}
              {group.kind === 'practice' && <p class="muted">It vouches for you to whoever trusts it.</p>}
            </div>
            {!group.keys.verified && (
              <button type="button" data-testid="verify-group" onClick={() => setDeciding(group)}>
                {group.keys.state === 'unverified' ? 'Compare its fingerprint…' : 'What to do…'}
              </button>
            )}
          </li>
        ))}
      </ul>
      {deciding && (
        <KeysDialog
          session={session}
          person={deciding.keys}
          as={deciding.kind}
          onVerified={onChange}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </section>
  );
}

function Mine({ session, keys }: { session: Session; keys: Person }) {
  const mine = keys.identity.members.findLast(({ account }) => account === session.vault.account);
  if (!mine) return null;
  return (
    <p class="muted">
      {showRole(mine.role)} since {showDay(mine.from)}
      {mine.expires && `, until ${showDay(mine.expires)}`}
    </p>
  );
}

function Reads({ group: { reads, keys } }: { group: Group }) {
  if (reads === 'yes') {
    return (
      <p class="verified" data-testid="reads-team">
        <CheckIcon /> What is shared with it opens for you.
      </p>
    );
  }
  return (
    <>
      {keys.state !== 'verified' && (
        <p>
          <StandingTag person={keys} />
        </p>
      )}
      <p class="muted" data-testid="reads-team-not">
        {typeof reads === 'object' ? reads.error : 'What is shared with it opens after you compared its fingerprint.'}
      </p>
    </>
  );
}
