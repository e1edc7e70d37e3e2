import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Deal } from 'sealed-notes';
import { type Chosen, meaning } from '../deals.ts';
import { isUnprinted } from '../device.ts';
import { explain } from '../errors.ts';
import { useAction } from '../hooks.ts';
import { normalHandle, type Person, personByHandle } from '../people.ts';
import type { Session } from '../state.ts';
import { FormError, Notice, TextField } from './fields.tsx';
import { Verified, VerifyPerson } from './standing.tsx';

const FEWEST = 2;
const MOST = 16;

type Field = 'name' | 'handle' | 'digits';

interface Row {
  key: number;
  name: string;
  on: 'account' | 'paper';
  handle: string;
  person: Person | undefined;
  error: string;
  /** Where the error is. */
  field?: Field;
}

const blankRow = (key: number): Row => ({
  key,
  name: '',
  on: 'account',
  handle: '',
  person: undefined,
  error: '',
});

interface DealFormProps {
  session: Session;
  role: 'Trustee' | 'Executor';
  /** What enough of them can do together, such as "open your account". */
  can: string;
  submit: string;
  /** What is asked besides the people. */
  children?: ComponentChildren;
  /** Whether these people will do; what is wrong with them, in words. */
  check?: (people: Chosen[]) => string;
  onDeal: (people: Chosen[], threshold: number) => Promise<void>;
  onCancel: () => void;
}

/** Who is to hold the shares, and how many of them are needed. */
export function DealForm({ session, role, can, submit, children, check, onDeal, onCancel }: DealFormProps) {
  const form = useId();
  const [rows, setRows] = useState<Row[]>(() => [0, 1, 2].map(blankRow));
  const [chosen, setChosen] = useState<number>();
  const nextKey = useRef(3);
  const focusNext = useRef<{ key: number; field: Field } | undefined>(undefined);
  const { busy, error, run, setError } = useAction();

  useLayoutEffect(() => {
    const { key, field } = focusNext.current ?? {};
    if (key === undefined) return;
    focusNext.current = undefined;
    const row = document.getElementById(`${form}-${key}`);
    const wanted = field === 'digits' ? '.digits' : `input[name="${field}"]`;
    (row?.querySelector<HTMLElement>(wanted) ?? row?.querySelector('input'))?.focus();
  });

  const count = rows.length;
  const threshold = Math.min(chosen ?? Math.floor(count / 2) + 1, count);

  const update = (key: number, patch: Partial<Row>): void =>
    setRows((before) => before.map((row) => (row.key === key ? { ...row, ...patch } : row)));
  const add = (): void => {
    const key = nextKey.current++;
    focusNext.current = { key, field: 'name' };
    setRows([...rows, blankRow(key)]);
  };
  const remove = (key: number): void => {
    const at = rows.findIndex((row) => row.key === key);
    const left = rows.filter((row) => row.key !== key);
    const next = left[Math.min(at, left.length - 1)];
    if (next) focusNext.current = { key: next.key, field: 'name' };
    setRows(left);
  };

  const submitAll = (): void => {
    run(async () => {
      const looked = await Promise.all(rows.map((row) => lookUp(session, row)));
      const checked = looked.map((row, at) => complain(session, row, looked.slice(0, at), role));
      setRows(checked);
      const wrong = checked.find((row) => row.error !== '');
      if (wrong) {
        focusNext.current = { key: wrong.key, field: wrong.field ?? 'name' };
        return;
      }
      const people = checked.map(({ name, on, person }) => ({
        name: name.trim(),
        ...(on === 'account' && person ? { account: person.account } : {}),
      }));
      const problem = check?.(people) ?? '';
      if (problem) setError(problem);
      else await onDeal(people, threshold);
    });
  };

  return (
    <div class="stack">
      <ol class="people" data-testid="people">
        {rows.map((row, at) => (
          <li key={row.key}>
            <PersonFields
              id={`${form}-${row.key}`}
              session={session}
              title={`${role} ${at + 1}`}
              number={at + 1}
              row={row}
              onChange={(patch) => update(row.key, patch)}
              onRemove={count > FEWEST ? () => remove(row.key) : undefined}
            />
          </li>
        ))}
      </ol>
      <div class="actions">
        <button type="button" data-testid="add-person" disabled={count >= MOST} onClick={add}>
          Add {role.toLowerCase()}
        </button>
        {count >= MOST && <span class="muted">{MOST} are the most.</span>}
      </div>
      <div class="field threshold">
        <label for={`${form}-threshold`}>How many must come together</label>
        <select
          id={`${form}-threshold`}
          data-testid="threshold"
          aria-describedby={`${form}-meaning`}
          value={String(threshold)}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
        >
          {Array.from({ length: count - 1 }, (_, at) => at + 2).map((k) => (
            <option key={k} value={String(k)}>
              {k} of {count}
            </option>
          ))}
        </select>
        <p id={`${form}-meaning`} class="hint" role="status" data-testid="threshold-meaning">
          {meaning(threshold, count, can)}
        </p>
      </div>
      {children}
      <FormError text={error} reserved />
      <div class="actions">
        <button type="button" class="primary" data-testid="submit-deal" disabled={busy} onClick={submitAll}>
          {busy ? 'Working…' : submit}
        </button>
        <button type="button" data-testid="cancel-deal" disabled={busy} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}

/** Looks up the keys of a handle that was typed. What goes wrong is told in the row. */
async function lookUp({ vault }: Session, row: Row): Promise<Row> {
  if (row.on === 'paper' || row.person || row.handle.trim() === '') return row;
  try {
    const person = await personByHandle(vault, normalHandle(row.handle));
    const name = row.name.trim() === '' ? person.handle : row.name;
    return { ...row, name, person, error: '' };
  } catch (error) {
    return { ...row, error: explain(error), field: 'handle' };
  }
}

const sameName = (one: string, other: string): boolean =>
  one.trim().toLocaleLowerCase() === other.trim().toLocaleLowerCase();

/** What is still wrong with a row, given the ones before it. */
function complain({ vault }: Session, row: Row, before: Row[], role: string): Row {
  const say = (field: Field, error: string): Row => ({ ...row, field, error });
  if (row.on === 'account') {
    const { person } = row;
    if (row.handle.trim() === '') return say('handle', 'Enter their handle, or choose “on paper”.');
    if (!person) return row.error ? row : say('handle', 'Press Find to look up this handle.');
    if (person.account === vault.account) return say('handle', 'That is you. Choose somebody else.');
    const twice = before.findIndex((one) => one.on === 'account' && one.person?.account === person.account);
    if (twice >= 0) {
      return say('handle', `${person.handle} is ${role.toLowerCase()} ${twice + 1} already. Choose somebody else.`);
    }
    if (person.state === 'unverified') return say('digits', `First compare the fingerprint with ${person.handle}.`);
    if (!person.verified)
      return say('handle', `First decide about the keys of ${person.handle}, or choose somebody else.`);
  }
  if (row.name.trim() === '') return say('name', 'Write a name, so that you know later who holds this share.');
  if (before.some((one) => sameName(one.name, row.name))) {
    return say('name', 'Two people have this name. Write it so that you can tell them apart.');
  }
  return { ...row, error: '' };
}

interface PersonFieldsProps {
  id: string;
  session: Session;
  title: string;
  number: number;
  row: Row;
  onChange: (patch: Partial<Row>) => void;
  onRemove: (() => void) | undefined;
}

function PersonFields({ id, session, title, number, row, onChange, onRemove }: PersonFieldsProps) {
  const { busy, run } = useAction();
  const test = (part: string): string => `person-${number}-${part}`;
  const self = row.person?.account === session.vault.account;
  const find = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const found = await lookUp(session, { ...row, error: '' });
      onChange(
        found.person?.account === session.vault.account
          ? { ...found, error: 'That is you. Choose somebody else.', field: 'handle' }
          : found,
      );
    });
  };
  const choice = (on: Row['on'], label: string) => (
    <label class="choice">
      <input
        type="radio"
        name={`${id}-on`}
        data-testid={test(on)}
        checked={row.on === on}
        onChange={() => onChange({ on, error: '' })}
      />
      <span>{label}</span>
    </label>
  );
  return (
    <fieldset class="card person" id={id} data-testid={`person-${number}`}>
      <legend>{title}</legend>
      <TextField
        label="Name"
        testId={test('name')}
        name="name"
        value={row.name}
        autocomplete="off"
        spellcheck={false}
        maxLength={80}
        hint="For you alone: it is sealed in your vault."
        onValue={(name) => onChange({ name, error: '' })}
      />
      <div class="inline-choices" role="radiogroup" aria-label="How they hold their share">
        {choice('account', 'Sealed to their account here')}
        {choice('paper', 'Printed on paper')}
      </div>
      {row.on === 'account' && (
        <form class="inline-form find-person" onSubmit={find}>
          <TextField
            label="Their handle"
            testId={test('handle')}
            name="handle"
            value={row.handle}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={64}
            onValue={(handle) => onChange({ handle, person: undefined, error: '' })}
          />
          <button type="submit" data-testid={test('find')} disabled={busy || row.handle.trim() === ''}>
            Find
          </button>
        </form>
      )}
      {row.on === 'paper' && (
        <p class="hint">You get one page to print and hand over. It is shown once and stored nowhere.</p>
      )}
      <FormError text={row.error} />
      {row.on === 'account' && row.person && !self && !row.person.verified && (
        <VerifyPerson
          session={session}
          person={row.person}
          onVerified={(person) => onChange({ person, error: '' })}
          onLeave={() => onChange({ person: undefined, error: '' })}
        />
      )}
      {row.on === 'account' && row.person?.verified && <Verified person={row.person} testId={test('verified')} />}
      {onRemove && (
        <button
          type="button"
          class="link"
          data-testid={test('remove')}
          aria-label={`Remove ${title.toLowerCase()}`}
          onClick={onRemove}
        >
          Remove
        </button>
      )}
    </fieldset>
  );
}

/** Who holds the shares of a deal, as the vault remembers it. */
export function DealSummary({ deal, can }: { deal: Deal; can: string }) {
  return (
    <>
      <p data-testid="deal-meaning">{meaning(deal.threshold, deal.shares.length, can)}</p>
      <ul class="holders" data-testid="holders">
        {deal.shares.map(({ name, account }) => (
          <li key={name}>
            <strong>{name}</strong> <span class="tag">{account ? 'account' : 'on paper'}</span>
          </li>
        ))}
      </ul>
      {isUnprinted(deal.deal) && (
        <Notice kind="warning">
          <p data-testid="unprinted">
            You did not confirm that the paper shares were printed. If one is missing, choose these people again: a
            share cannot be shown a second time.
          </p>
        </Notice>
      )}
    </>
  );
}
