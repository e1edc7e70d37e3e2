import { useEffect, useRef, useState } from 'preact/hooks';
import { groupsOf, type Kit, kitText, plainCode } from '../kit.ts';
import { showDate, today } from '../model.ts';
import { download } from './download.ts';
import { CopyButton, FormError, Notice, TextField } from './fields.tsx';
import { Fingerprint } from './fingerprint.tsx';
import { QrCode } from './qr.tsx';

interface KitStepsProps extends Kit {
  /** What the last button says. */
  action: string;
  busy: boolean;
  error: string;
  /** Two groups of the recovery code were typed from a copy. */
  onConfirmed: () => void;
}

/** Shows a recovery kit, then takes it off the screen and has two groups typed: that a copy exists is not a matter of trust. */
export function KitSteps({ action, busy, error, onConfirmed, ...kit }: KitStepsProps) {
  const [step, setStep] = useState<'shown' | 'copied' | 'shown again'>('shown');
  return step === 'copied' ? (
    <ConfirmCopy
      code={kit.recoveryCode}
      action={action}
      busy={busy}
      error={error}
      onConfirmed={onConfirmed}
      onBack={() => setStep('shown again')}
    />
  ) : (
    <>
      <KitSheet {...kit} focused={step === 'shown again'} />
      <div class="card stack no-print">
        <h2>Put it on paper</h2>
        <p>
          Print it, or write it down, and keep it where you keep what must not be lost: a safe, a lawyer, a drawer at
          home that locks. A password manager will do as well. Not an e-mail to yourself, not a photo on your phone.
        </p>
        <div class="actions">
          <button type="button" data-testid="print-kit" onClick={() => print()}>
            Print
          </button>
          <button
            type="button"
            data-testid="download-kit"
            onClick={() => download('sealed-notes-recovery-kit.txt', kitText(kit))}
          >
            Download
          </button>
          <CopyButton label="Copy" testId="copy-kit" text={() => kitText(kit)} />
        </div>
        <Notice kind="warning">
          <p>
            Nobody can reset anything for you, not even whoever runs the server. With this sheet you get back in when
            you have forgotten your passphrase or lost your device.
          </p>
        </Notice>
        <div class="actions">
          <button type="button" class="primary" data-testid="kit-copied" onClick={() => setStep('copied')}>
            I have a copy
          </button>
        </div>
      </div>
    </>
  );
}

/** The numbers over the groups are the style sheet's: what is copied is the code alone. */
const Groups = ({ code, testId }: { code: string; testId: string }) => (
  <p class="secret numbered" data-testid={testId}>
    {groupsOf(code).map((group, at, all) => (
      <span key={at}>{at + 1 < all.length ? `${group}-` : group}</span>
    ))}
  </p>
);

/** One page of paper. */
function KitSheet({ focused, ...kit }: Kit & { focused: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focused) heading.current?.focus();
  }, []);
  return (
    <section class="card sheet kit" data-testid="kit-sheet" aria-label="Recovery kit">
      <header class="kit-head">
        <div>
          <h2 ref={heading} tabIndex={-1}>
            Recovery kit
          </h2>
          <p>
            Sealed Notes · <span data-testid="kit-origin">{location.origin}</span>
          </p>
          <p>
            Handle <strong data-testid="kit-handle">{kit.handle}</strong> · made on {showDate(today())}
          </p>
        </div>
        <QrCode text={kitText(kit)} label="QR code with everything on this sheet as text" testId="kit-qr" />
      </header>
      <div class="kit-part">
        <h3>Account secret</h3>
        <Groups code={kit.accountSecret} testId="account-secret" />
        <p>For a new device: open the address above, choose “Log in”, and enter handle, passphrase and this secret.</p>
      </div>
      <div class="kit-part">
        <h3>Recovery code</h3>
        <Groups code={kit.recoveryCode} testId="recovery-code" />
        <p>
          For a forgotten passphrase: choose “Other ways in”, then “I forgot my passphrase”. The code alone opens the
          account, once; you then choose a new passphrase and print a new kit.
        </p>
      </div>
      <div class="kit-part">
        <h3>Fingerprint</h3>
        <Fingerprint value={kit.fingerprint} testId="kit-fingerprint" />
        <p>Not a secret: by these digits colleagues know that it is you.</p>
      </div>
      <p class="kit-foot">
        Whoever holds this sheet can open the notes. Lost or seen by somebody? Make a new kit under Account, Ways to
        unlock: this one stops working.
      </p>
    </section>
  );
}

function pickTwo(count: number): [number, number] {
  const drawn = crypto.getRandomValues(new Uint32Array(2));
  const one = (drawn[0] ?? 0) % count;
  const two = (one + 1 + ((drawn[1] ?? 0) % (count - 1))) % count;
  return one < two ? [one, two] : [two, one];
}

interface ConfirmCopyProps {
  code: string;
  action: string;
  busy: boolean;
  error: string;
  onConfirmed: () => void;
  onBack: () => void;
}

function ConfirmCopy({ code, action, busy, error, onConfirmed, onBack }: ConfirmCopyProps) {
  const groups = groupsOf(code);
  const [asked] = useState(() => pickTwo(groups.length));
  const [typed, setTyped] = useState<[string, string]>(['', '']);
  const [wrong, setWrong] = useState('');
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => box.current?.querySelector('input')?.focus(), []);
  const confirm = (event: Event): void => {
    event.preventDefault();
    const missed = asked.filter((group, at) => plainCode(typed[at] ?? '') !== groups[group]).map((group) => group + 1);
    setWrong(
      missed.length === 0
        ? ''
        : `Group ${missed.join(' and group ')} of the recovery code ${missed.length === 1 ? 'reads' : 'read'} differently on the kit. Look at your copy once more; the recovery code is the one with ten groups.`,
    );
    if (missed.length === 0) onConfirmed();
  };
  return (
    <form class="card stack" ref={box} onSubmit={confirm} data-testid="kit-confirm-form">
      <h2>Type from your copy</h2>
      <p>
        Look at the <strong>recovery code</strong> on the copy you made, the one with ten groups of four, and type two
        of its groups.
      </p>
      <div class="pair">
        {asked.map((group, at) => (
          <TextField
            key={group}
            label={`Group ${group + 1} of the recovery code`}
            testId={`kit-group-${at + 1}`}
            name={`group-${group + 1}`}
            value={typed[at] ?? ''}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            required
            maxLength={8}
            class="digits"
            onValue={(text) => setTyped(at === 0 ? [text, typed[1]] : [typed[0], text])}
          />
        ))}
      </div>
      <FormError text={wrong || error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="confirm-kit" disabled={busy}>
          {busy ? 'One moment…' : action}
        </button>
        <button type="button" class="link" data-testid="kit-again" disabled={busy} onClick={onBack}>
          Show the kit again
        </button>
      </div>
    </form>
  );
}
