import { useId, useState } from 'preact/hooks';
import type { TrustedAs } from 'sealed-notes';
import { useAction } from '../hooks.ts';
import { confirmPerson, type Person } from '../people.ts';
import { link } from '../router.ts';
import type { Session } from '../state.ts';
import { CopyButton, FormError, TextField } from './fields.tsx';
import { QrCode } from './qr.tsx';

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

interface ShownProps {
  handle: string;
  value: string;
  testId: string;
  /** What others confirm it as. */
  as?: TrustedAs;
}

/** Behind the `#`, which browsers keep to themselves: the server learns neither whose it is nor that it was scanned. */
export const verifyLink = (handle: string, value: string, as: TrustedAs = 'person'): string =>
  `${location.origin}/${link('verify', handle, value.replace(/\D/g, ''), ...(as === 'person' ? [] : [as]))}`;

/** To be read aloud, or scanned from this very screen. */
export function OwnFingerprint({ handle, value, testId, as = 'person' }: ShownProps) {
  return (
    <div class="own-fingerprint">
      <div class="stack">
        <Fingerprint value={value} testId={testId} />
        <div class="actions">
          <CopyButton label="Copy" testId={`copy-${testId}`} text={() => value} />
        </div>
      </div>
      <figure class="stack tight">
        <QrCode
          text={verifyLink(handle, value, as)}
          label={`QR code of the fingerprint of ${handle}`}
          testId={`${testId}-qr`}
        />
        <figcaption class="hint">In the same room? They scan this instead.</figcaption>
      </figure>
    </div>
  );
}

const KINDS: Partial<Record<TrustedAs, string>> = { person: 'A person', team: 'A team' };

interface CompareProps {
  session: Session;
  person: Person;
  /** What it is confirmed as; `ask` where it can be a person or a team. */
  as?: TrustedAs | 'ask';
  onConfirmed: (person: Person) => void;
}

export function CompareFingerprint({ session, person, as = 'person', onConfirmed }: CompareProps) {
  const [digits, setDigits] = useState('');
  const [kind, setKind] = useState<TrustedAs>(
    as !== 'ask' ? as : person.identity.members.length > 0 ? 'team' : 'person',
  );
  const name = useId();
  const { busy, error, run } = useAction();
  const count = digits.replace(/\D/g, '').length;
  const isPerson = kind === 'person';
  const confirm = (event: Event): void => {
    event.preventDefault();
    run(async () => onConfirmed(await confirmPerson(session.vault, person, digits, kind)));
  };
  return (
    <form class="stack" onSubmit={confirm} data-testid="compare-fingerprint">
      {/* The digits themselves are not shown here: whoever sees them copies them, and compares nothing. */}
      <p>
        The server handed out keys for <strong>{person.handle}</strong>. Whether they are{' '}
        {isPerson ? 'theirs, only they can tell you' : 'the right ones, only whoever manages it can tell you'}: by the
        40 digits of {isPerson ? 'their' : 'its'} fingerprint.
      </p>
      {as === 'ask' && (
        <fieldset class="plain-set">
          <legend>What is {person.handle}?</legend>
          <div class="inline-choices">
            {(['person', 'team'] as const).map((choice) => (
              <label key={choice} class="choice">
                <input
                  type="radio"
                  name={name}
                  data-testid={`compare-as-${choice}`}
                  checked={kind === choice}
                  onChange={() => setKind(choice)}
                />
                <span>{KINDS[choice]}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <ol class="steps">
        <li>
          {isPerson
            ? `Call ${person.handle} on a number you already know, or meet in person.`
            : 'Call whoever manages it on a number you already know, or meet in person.'}{' '}
          A message through this server proves nothing.
        </li>
        <li>
          {isPerson
            ? 'Ask for the fingerprint on their Account page.'
            : 'Ask for its fingerprint, on their Account page under “Practice and teams”.'}{' '}
          They read it out, you type what you hear. In the same room, scan their QR code instead.
        </li>
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
