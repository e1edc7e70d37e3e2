/** How far somebody's keys can be trusted, in a word and an icon, and what to do about it. */
import type { TrustedAs } from 'sealed-notes';
import { useAction } from '../hooks.ts';
import { showDay } from '../model.ts';
import { acceptNewKeys, type Person } from '../people.ts';
import type { Session } from '../state.ts';
import { Dialog } from './dialog.tsx';
import { FormError, Notice } from './fields.tsx';
import { CompareFingerprint } from './fingerprint.tsx';
import { CheckIcon, KeyIcon, WarnIcon } from './icons.tsx';

const WORD: Record<Exclude<Person['state'], 'verified'>, string> = {
  'keys-changed': 'New keys',
  unverified: 'Not verified',
  'rolled-back': 'Old key list',
  forked: 'Other key list',
  'other-account': 'Other account',
};

/** Who says that these are her keys. */
export const vouchedBy = ({ voucher }: Pick<Person, 'voucher'>): string =>
  voucher
    ? `Verified by ${voucher.practice}${voucher.until ? `, until ${showDay(voucher.until)}` : ''}`
    : 'You compared the fingerprint';

/** In lists, beside the name. */
export function StandingTag({ person }: { person: Person }) {
  if (person.state === 'verified') {
    return (
      <span class="standing good" data-testid="standing" data-state="verified">
        <CheckIcon /> {vouchedBy(person)}
      </span>
    );
  }
  return (
    <span class="standing bad" data-testid="standing" data-state={person.state}>
      {person.state === 'keys-changed' ? <KeyIcon /> : <WarnIcon />} {WORD[person.state]}
    </span>
  );
}

export const Verified = ({ person, testId }: { person: Person; testId?: string }) => (
  <p class="verified" data-testid={testId}>
    <CheckIcon />{' '}
    {person.voucher ? (
      <>
        <strong>{person.handle}</strong> is verified by <strong>{person.voucher.practice}</strong>
        {person.voucher.until && `, until ${showDay(person.voucher.until)}`}.
      </>
    ) : (
      <>
        You compared {person.as === 'person' ? 'fingerprints with' : 'the fingerprint of'}{' '}
        <strong>{person.handle}</strong>.
      </>
    )}
  </p>
);

interface VerifyProps {
  session: Session;
  person: Person;
  as?: TrustedAs | 'ask';
  /** She is verified now. */
  onVerified: (person: Person) => void;
  onLeave: () => void;
}

/** What it takes until something can be shared with somebody who is not verified. */
export function VerifyPerson({ session, person, as, onVerified, onLeave }: VerifyProps) {
  switch (person.state) {
    case 'verified':
      return <Verified person={person} />;
    case 'rolled-back':
    case 'forked':
    case 'other-account':
      return <Refused person={person} />;
    case 'keys-changed':
      return person.as ? (
        <KeysChanged session={session} person={person} onAccepted={onVerified} onLeave={onLeave} />
      ) : (
        <>
          <Notice kind="warning">
            <p data-testid="keys-changed" data-account={person.account}>
              <KeyIcon /> <strong>{person.handle} has made new keys</strong> on {showDay(person.identity.keysMadeAt)}.
              The practice that vouched for the former ones has not vouched for these. Ask it to, or compare the
              fingerprint yourself. What they shared before opens as usual.
            </p>
          </Notice>
          <CompareFingerprint session={session} person={person} onConfirmed={onVerified} />
        </>
      );
    case 'unverified':
      return <CompareFingerprint session={session} person={person} {...(as ? { as } : {})} onConfirmed={onVerified} />;
  }
}

type KeysDialogProps = Pick<VerifyProps, 'session' | 'person' | 'as'> & { onVerified: () => void; onClose: () => void };

/** The same, over the page that it was asked for on. */
export const KeysDialog = ({ session, person, as, onVerified, onClose }: KeysDialogProps) => (
  <Dialog title={`Keys of ${person.handle}`} testId="keys-dialog" onClose={onClose}>
    <VerifyPerson
      session={session}
      person={person}
      {...(as ? { as } : {})}
      onVerified={() => {
        onClose();
        onVerified();
      }}
      onLeave={onClose}
    />
  </Dialog>
);

interface KeysChangedProps {
  session: Session;
  person: Person;
  onAccepted: (person: Person) => void;
  onLeave: () => void;
}

function KeysChanged({ session, person, onAccepted, onLeave }: KeysChangedProps) {
  const { busy, error, run } = useAction();
  const made = showDay(person.identity.keysMadeAt);
  const isPerson = person.as === 'person';
  const whom = isPerson ? person.handle : `whoever manages ${person.handle}`;
  return (
    <div class="stack" data-testid="keys-changed" data-account={person.account}>
      <Notice kind="warning">
        <p>
          <KeyIcon /> <strong>{person.handle} has made new keys</strong> on {made}, after you compared the fingerprint.
        </p>
        <p>
          People do that when a device was lost or stolen. Whoever stole the old keys could do it as well, and the
          digits of the fingerprint stay the same.
        </p>
      </Notice>
      <ol class="steps">
        <li>
          Ask {whom} on a call or in person: “Did you make new keys on {made}?” Do not ask through this page.
        </li>
        <li>If the answer is yes, accept the new keys. If it is no, or you cannot reach them, leave it.</li>
      </ol>
      <p>
        {isPerson
          ? 'Until then nothing is shared with them. What they shared before opens as usual; what the new keys signed waits.'
          : 'Until then nobody is verified by it.'}
      </p>
      <FormError text={error} />
      <div class="actions">
        <button
          type="button"
          class="primary"
          data-testid="accept-keys"
          disabled={busy}
          onClick={() => run(async () => onAccepted(await acceptNewKeys(session.vault, person)))}
        >
          They said yes: accept the new keys
        </button>
        <button type="button" data-testid="leave-keys" disabled={busy} onClick={onLeave}>
          Leave it for now
        </button>
      </div>
    </div>
  );
}

const REFUSED: Record<'rolled-back' | 'forked' | 'other-account', (handle: string) => string> = {
  'rolled-back': (handle) => `The server shows an older list of keys for ${handle} than you have seen before.`,
  forked: (handle) => `The server shows another list of keys for ${handle} than you have seen before.`,
  'other-account': (handle) => `The server answers “${handle}” with another account than the one you confirmed.`,
};

export const isRefused = (state: Person['state']): state is keyof typeof REFUSED => state in REFUSED;

/** Calm, and clear: this is the server's doing, and whoever runs it can say why. */
export const Refused = ({ person: { handle, state } }: { person: Pick<Person, 'handle' | 'state'> }) => (
  <Notice kind="warning">
    <div class="stack tight" data-testid="keys-refused" data-state={state}>
      <p>
        <WarnIcon /> <strong>{isRefused(state) && REFUSED[state](handle)}</strong>
      </p>
      <p>
        So nothing is shared with them{state === 'other-account' ? '.' : ', and what they shared waits.'} A restored
        backup can be the reason; it is also how a server would put other keys in the place of theirs, or hide that keys
        were withdrawn. Tell whoever runs the server. Everybody else is as usual.
      </p>
    </div>
  </Notice>
);
