import { useState } from 'preact/hooks';
import type { Role } from 'sealed-notes';
import {
  addMember,
  type Group,
  type Member,
  membersOf,
  removeMember,
  renewGroup,
  ROLES,
  showRole,
} from '../../groups.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showDay, today } from '../../model.ts';
import { normalHandle, type Person, personByHandle } from '../../people.ts';
import type { Session } from '../../state.ts';
import { ConfirmButton } from '../../ui/confirm.tsx';
import { FormError, Loading, SelectField, TextField } from '../../ui/fields.tsx';
import { OwnFingerprint } from '../../ui/fingerprint.tsx';
import { KeyIcon } from '../../ui/icons.tsx';
import { isRefused, Refused, StandingTag, Verified, KeysDialog, VerifyPerson } from '../../ui/standing.tsx';

interface GroupProps {
  session: Session;
  group: Group;
  onChange: () => void;
}

/** A practice or team whose keys are in this vault. */
export function GroupCard({ session, group, onChange }: GroupProps) {
  const { handle, name, kind, keys } = group;
  const members = useLoad(() => membersOf(session.vault, keys.identity), [session.vault, keys.identity]);
  const [deciding, setDeciding] = useState<Person>();
  const [adding, setAdding] = useState(false);
  const present = members.value?.filter(({ inForce }) => inForce) ?? [];
  const former = members.value?.filter(({ inForce }) => !inForce) ?? [];
  return (
    <section class="card stack" aria-label={name} data-testid="group" data-handle={handle}>
      <div class="group-head">
        <h2>{name}</h2>
        <p class="muted">
          <span class="tag">{kind}</span> {handle}
        </p>
      </div>
      {isRefused(keys.state) && <Refused person={keys} />}
      <details class="unfold">
        <summary data-testid="group-fingerprint-toggle">Fingerprint</summary>
        <div class="stack">
          <p>
            {kind === 'practice'
              ? 'Whoever trusts the practice compares these digits once. Read them aloud, or let them scan the code.'
              : 'Members and whoever shares with the team compare these digits once. Read them aloud, or let them scan the code.'}
          </p>
          <OwnFingerprint handle={handle} value={keys.identity.fingerprint} testId="group-fingerprint" as={kind} />
        </div>
      </details>
      <h3>Members</h3>
      <FormError text={members.error} />
      {members.loading && !members.value && <Loading />}
      {members.value && present.length === 0 && (
        <p class="muted">
          Nobody yet.{' '}
          {kind === 'team' ? 'Add yourself too, if you want to read for it.' : 'Add the people it is to vouch for.'}
        </p>
      )}
      <ul class="members" data-testid="members">
        {present.map((member) => (
          <Row
            key={member.account}
            session={session}
            group={group}
            member={member}
            onDecide={setDeciding}
            onChange={onChange}
          />
        ))}
      </ul>
      {former.length > 0 && (
        <details class="unfold">
          <summary data-testid="former-toggle">Former members ({former.length})</summary>
          <ul class="members" data-testid="former-members">
            {former.map((member) => (
              <li key={member.account}>
                <p>
                  <strong>{member.handle}</strong>{' '}
                  <span class="muted">
                    {showRole(member.role)}, {showDay(member.from)} to{' '}
                    {showDay(member.until ?? member.expires ?? member.from)}
                  </span>
                </p>
              </li>
            ))}
          </ul>
        </details>
      )}
      {adding ? (
        <AddMember
          session={session}
          group={group}
          members={present}
          onAdded={() => {
            setAdding(false);
            onChange();
          }}
          onCancel={() => setAdding(false)}
        />
      ) : (
        <div class="actions">
          <button type="button" data-testid="add-member" onClick={() => setAdding(true)}>
            Add a member
          </button>
          <RenewKeys session={session} group={group} onChange={onChange} />
        </div>
      )}
      {deciding && (
        <KeysDialog
          session={session}
          person={deciding}
          onVerified={members.reload}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </section>
  );
}

function RenewKeys({ session, group, onChange }: GroupProps) {
  return (
    <ConfirmButton
      label="New keys…"
      testId="renew-group"
      class="quiet"
      title={`New keys for ${group.name}?`}
      action="Make new keys"
      onConfirm={async () => {
        await renewGroup(session.vault, group);
        onChange();
      }}
    >
      <p>
        Its keys are in your vault. If that may have been stolen, make new keys of your own first, under Devices; then
        here. Look at the members before: whoever had the keys could have added somebody.
      </p>
      <p>
        {group.kind === 'team'
          ? 'The new ones go to every member. Those who share with the team notice nothing.'
          : 'Whoever trusts the practice is asked to accept its new keys: call them.'}
      </p>
    </ConfirmButton>
  );
}

interface RowProps extends GroupProps {
  member: Member;
  onDecide: (person: Person) => void;
}

function Row({ session, group, member, onDecide, onChange }: RowProps) {
  const { handle, person, role, from, expires } = member;
  const { busy, error, run } = useAction();
  const self = member.account === session.vault.account;
  const renew = (): void => {
    run(async () => {
      if (!person) return;
      await addMember(session.vault, group.account, person, role, expires);
      onChange();
    });
  };
  return (
    <li data-testid="member" data-handle={handle}>
      <div class="stack tight">
        <p>
          <strong>{handle}</strong> {self && '(you) '}
          <span class="tag">{showRole(role)}</span>
        </p>
        <p class="muted">
          Since {showDay(from)}
          {expires && `, until ${showDay(expires)}`}
        </p>
        {person && !self && (
          <p>
            <StandingTag person={person} />
          </p>
        )}
        {!person && <p class="warn">The server's keys for them are not valid.</p>}
        {member.isOutdated && (
          <p class="standing bad" data-testid="member-outdated">
            <KeyIcon /> {self ? 'You have' : 'Has'} made new keys on {showDay(person?.identity.keysMadeAt ?? from)}:{' '}
            {group.kind === 'practice'
              ? 'the practice vouches for the former ones.'
              : 'the team knows the former ones.'}
          </p>
        )}
        <FormError text={error} />
      </div>
      <div class="actions">
        {member.isOutdated && (
          <button type="button" class="primary" data-testid="renew-member" disabled={busy} onClick={renew}>
            {group.kind === 'practice' ? 'Vouch for the new ones' : 'Go on with the new ones'}
          </button>
        )}
        {person && !person.verified && (
          <button type="button" data-testid="decide-member" onClick={() => onDecide(person)}>
            {person.state === 'unverified' ? 'Compare fingerprint…' : 'What to do…'}
          </button>
        )}
        <ConfirmButton
          label="Remove…"
          testId="remove-member"
          class="quiet"
          title={`Remove ${handle} from ${group.name}?`}
          action="Remove"
          danger
          onConfirm={async () => {
            await removeMember(session.vault, group, member.account);
            onChange();
          }}
        >
          {group.kind === 'team' ? (
            <>
              <p>
                The team gets new keys, which go to everybody who stays. What is shared with the team from now on,{' '}
                {handle} cannot read.
              </p>
              <p>
                What was shared with it before stays readable to {handle}, if they kept a copy; the server hands it to
                them no more.
              </p>
            </>
          ) : (
            <p>
              The practice vouches for {handle} no longer. Colleagues who know them through it alone can share nothing
              new with them, and open nothing of theirs, until they compare their fingerprint.
            </p>
          )}
        </ConfirmButton>
      </div>
    </li>
  );
}

interface AddProps {
  session: Session;
  group: Group;
  members: Member[];
  onAdded: () => void;
  onCancel: () => void;
}

function AddMember({ session, group, members, onAdded, onCancel }: AddProps) {
  const [handle, setHandle] = useState('');
  const [person, setPerson] = useState<Person>();
  const [role, setRole] = useState<Role>('clinician');
  const [until, setUntil] = useState('');
  const { busy, error, run, setError } = useAction();
  const find = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const found = await personByHandle(session.vault, normalHandle(handle));
      if (members.some(({ account }) => account === found.account)) setError(`${found.handle} is a member already.`);
      else setPerson(found);
    });
  };
  const add = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      if (!person) return;
      const expires = until === '' ? undefined : new Date(`${until}T23:59:59`);
      await addMember(session.vault, group.account, person, role, expires);
      onAdded();
    });
  };
  const cancel = (
    <button type="button" class="quiet" data-testid="cancel-member" disabled={busy} onClick={onCancel}>
      Cancel
    </button>
  );
  return (
    <section class="member-form stack" aria-label={`New member of ${group.name}`}>
      <h4>New member</h4>
      {!person && (
        <form class="stack" onSubmit={find}>
          <TextField
            label="Their handle"
            testId="member-handle"
            value={handle}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={64}
            required
            hint={`Your own is ${session.handle}.`}
            onValue={setHandle}
          />
          <FormError text={error} reserved />
          <div class="actions">
            <button type="submit" class="primary" data-testid="find-member" disabled={busy}>
              Find
            </button>
            {cancel}
          </div>
        </form>
      )}
      {person && !person.verified && (
        <VerifyPerson session={session} person={person} onVerified={setPerson} onLeave={onCancel} />
      )}
      {person?.verified && (
        <form class="stack" onSubmit={add}>
          {person.account === session.vault.account ? <p>That is you.</p> : <Verified person={person} />}
          <SelectField
            label="Role"
            testId="member-role"
            options={ROLES.filter(([id]) => id !== 'team' || group.kind === 'practice')}
            value={role}
            onValue={setRole}
          />
          <TextField
            label="Until (optional)"
            testId="member-until"
            type="date"
            min={today()}
            value={until}
            autocomplete="off"
            hint="The last day. An end that is set now holds even if a server later hides that somebody left."
            onValue={setUntil}
          />
          <FormError text={error} reserved />
          <div class="actions">
            <button type="submit" class="primary" data-testid="submit-member" disabled={busy}>
              Add {person.handle}
            </button>
            {cancel}
          </div>
        </form>
      )}
    </section>
  );
}
