import { useState } from 'preact/hooks';
import type { VerifiedIdentity } from 'sealed-notes';
import { useAction } from '../hooks.ts';
import { confirmPerson, type Person } from '../people.ts';
import { FormError, TextField } from './fields.tsx';

const GROUPS = 8;
const DIGITS = 5;

export const Fingerprint = ({ value, testId }: { value: string; testId: string }) => (
  <p class="fingerprint" data-testid={testId}>
    {value.split(/\s+/).map((group, at) => (
      <span key={at} class="group">
        {group}{' '}
      </span>
    ))}
  </p>
);

/** Groups of five, however the digits were typed or pasted. */
export const formatDigits = (typed: string): string =>
  (
    typed
      .replace(/\D/g, '')
      .slice(0, GROUPS * DIGITS)
      .match(/\d{1,5}/g) ?? []
  ).join(' ');

interface CompareProps {
  person: Person;
  onConfirmed: (verified: VerifiedIdentity) => void;
}

export function CompareFingerprint({ person, onConfirmed }: CompareProps) {
  const [digits, setDigits] = useState('');
  const { busy, error, run } = useAction();
  const count = digits.replace(/\D/g, '').length;
  const confirm = (event: Event): void => {
    event.preventDefault();
    run(async () => onConfirmed(await confirmPerson(person, digits)));
  };
  return (
    <form class="stack" onSubmit={confirm}>
      {/* The digits themselves are not shown here: whoever sees them copies them, and compares nothing. */}
      <p>
        The server handed out keys for <strong>{person.handle}</strong>. Whether they are theirs, only they can tell
        you: by the 40 digits of their fingerprint.
      </p>
      <ol class="steps">
        <li>
          Call {person.handle} on a number you already know, or meet in person. A message through this server proves
          nothing.
        </li>
        <li>Ask for the fingerprint on their Account page. They read it out, you type what you hear.</li>
        <li>One digit off? Stop, and do not share.</li>
      </ol>
      <TextField
        label="Digits they read to you"
        testId="fingerprint-input"
        value={digits}
        inputMode="numeric"
        autocomplete="off"
        class="digits"
        hint={`${count} of ${GROUPS * DIGITS} digits`}
        onValue={(typed) => setDigits(formatDigits(typed))}
      />
      <FormError text={error} reserved />
      <div class="actions">
        <button
          type="submit"
          class="primary"
          data-testid="confirm-fingerprint"
          disabled={busy || count < GROUPS * DIGITS}
        >
          Confirm fingerprint
        </button>
      </div>
    </form>
  );
}
