import { type ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { lastHandle } from '../device.ts';
import { useAction } from '../hooks.ts';
import { normalHandle } from '../people.ts';
import { link } from '../router.ts';
import { unlockWithRecoveryCode } from '../ways-in.ts';
import { FormError, Notice, PageTitle, TextField } from '../ui/fields.tsx';
import { Page } from '../ui/page.tsx';
import { PasskeyButton } from '../ui/passkey-button.tsx';
import { CopiedField } from '../ui/secret-field.tsx';
import { AskTrustees } from './ask-trustees.tsx';

const WAYS = ['forgot-passphrase', 'lost-device', 'forgotten-browser', 'lost-kit', 'nothing-left'] as const;
type Way = (typeof WAYS)[number];

/** Which way back there is, by what a person still has. */
export function HelpView() {
  const [handle, setHandle] = useState(lastHandle);
  const [open, setOpen] = useState<Way>();
  const name = normalHandle(handle);
  const about = (way: Way) => ({ way, open: open === way, onToggle: () => setOpen(open === way ? undefined : way) });
  const turnTo = (way: Way): void => {
    setOpen(way);
    document.querySelector<HTMLButtonElement>(`[data-testid="help-${way}"]`)?.focus();
  };
  const named = (form: ComponentChildren) => (name === '' ? <p>Enter your handle above first.</p> : form);

  return (
    <Page view="help">
      <PageTitle>I cannot get in</PageTitle>
      <p class="lead">
        There are several keys to your account, and one is enough. Choose what happened; nothing here changes anything
        until you are back in.
      </p>
      <div class="card">
        <TextField
          label="Your handle"
          testId="help-handle"
          name="username"
          value={handle}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          onValue={setHandle}
        />
      </div>

      <Situation title="I forgot my passphrase" {...about('forgot-passphrase')}>
        <p>
          The <strong>recovery code</strong> on your recovery kit opens your account without it. It works once: right
          after, you choose a new passphrase and get a new kit.
        </p>
        {named(<RecoveryForm handle={name} onHandle={(found) => handle === '' && setHandle(found)} />)}
        <p class="actions">
          <button type="button" class="link" data-testid="help-to-lost-kit" onClick={() => turnTo('lost-kit')}>
            I do not have the kit either
          </button>
        </p>
        <Passkey handle={name} />
      </Situation>

      <Situation title="I lost my phone or computer" {...about('lost-device')}>
        <p>
          Your notes were not on it. They are on the server, sealed, and open on any other device. Take one you trust
          and come in by what you have:
        </p>
        <ul class="prose">
          <li>
            <strong>Passphrase and recovery kit:</strong> <a href={link('unlock')}>log in</a>; the account secret it
            asks for is on the kit.
          </li>
          <li>
            <strong>The kit, but the passphrase is forgotten:</strong>{' '}
            <button type="button" class="link" onClick={() => turnTo('forgot-passphrase')}>
              use the recovery code
            </button>
            .
          </li>
          <li>
            <strong>Another device that still opens:</strong> <a href={link('unlock')}>log in</a> here and choose “Ask
            another of my devices”.
          </li>
        </ul>
        <Passkey handle={name} />
        <Notice kind="warning">
          <p>
            Once you are in, tell your account: <strong>Account, Devices, “My device was stolen”</strong>. That ends the
            lost device's log-in and makes new keys, so that what it remembers opens nothing you write from then on.
          </p>
        </Notice>
      </Situation>

      <Situation title="This browser has forgotten me" {...about('forgotten-browser')}>
        <p>
          Browsers clear what pages store, when told to and sometimes by themselves. Nothing is lost. What this browser
          forgot is your account secret; it can have it again:
        </p>
        <ul class="prose">
          <li>
            <strong>From your recovery kit:</strong> <a href={link('unlock')}>log in</a> and type the account secret.
          </li>
          <li>
            <strong>From another of your devices:</strong> <a href={link('unlock')}>log in</a> and choose “Ask another
            of my devices”.
          </li>
        </ul>
        <Passkey handle={name} />
      </Situation>

      <Situation title="I have lost my recovery kit too" {...about('lost-kit')}>
        <p>
          If any device still opens with your passphrase, use that one: under <strong>Account, Ways to unlock</strong>{' '}
          it makes a new kit, and the lost one stops working.
        </p>
        <p>
          If none does, your <strong>trustees</strong> can let you back in, if you named some. Each of them holds a
          share of a key that says nothing alone; enough of them together open your account, for you and not for them.
        </p>
        {named(<AskTrustees key={name} handle={name} />)}
      </Situation>

      <Situation title="I have none of these" {...about('nothing-left')}>
        <p>
          Then nobody can open your notes, and that includes us. There is no master key: the server holds sealed bytes
          and never had what opens them. A way around that for you would be a way around it for everybody else.
        </p>
        <p>Before you give up, look for:</p>
        <ul class="prose">
          <li>
            a phone, tablet or computer on which Sealed Notes is <strong>still unlocked</strong>, or still opens with
            your passphrase: go to Account, Ways to unlock there, and make a new kit;
          </li>
          <li>a print-out or file called “recovery kit”, at home, at your practice, with your lawyer;</li>
          <li>a password manager that may hold passphrase, account secret or a passkey for {location.host};</li>
          <li>
            colleagues who were your trustees, or to whom you shared progress notes: what was shared with them stays
            readable for them.
          </li>
        </ul>
        <p>
          Keep the account if you can wait: the notes stay sealed where they are, and open again if a key turns up. For
          new notes, <a href={link('create')}>create another account</a>.
        </p>
      </Situation>

      <p>
        <a href={link('unlock')}>Back to logging in</a>
      </p>
    </Page>
  );
}

interface SituationProps {
  way: Way;
  title: string;
  open: boolean;
  onToggle: () => void;
  children: ComponentChildren;
}

function Situation({ way, title, open, onToggle, children }: SituationProps) {
  const id = useId();
  return (
    <section class="card situation">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={open ? id : undefined}
          data-testid={`help-${way}`}
          onClick={onToggle}
        >
          <span>{title}</span>
          <span class="turn" aria-hidden="true" />
        </button>
      </h2>
      {open && (
        <div class="stack" id={id}>
          {children}
        </div>
      )}
    </section>
  );
}

const Passkey = ({ handle }: { handle: string }) =>
  handle === '' || typeof PublicKeyCredential === 'undefined' ? null : (
    <div class="stack tight">
      <p>
        <strong>If you added a passkey</strong> to your account, it opens it without anything else:
      </p>
      <PasskeyButton handle={handle} />
    </div>
  );

function RecoveryForm({ handle, onHandle }: { handle: string; onHandle: (handle: string) => void }) {
  const [code, setCode] = useState('');
  const { busy, error, run } = useAction();
  const submit = (event: Event): void => {
    event.preventDefault();
    run(() => unlockWithRecoveryCode(handle, code.trim()));
  };
  return (
    <form class="stack" onSubmit={submit}>
      <CopiedField
        kind="recovery code"
        testId="recovery-code-input"
        value={code}
        hint="Ten groups of four. The text of the whole kit can be pasted too."
        onValue={setCode}
        onKit={(kit) => kit.handle && onHandle(kit.handle)}
      />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="submit-recovery-code" disabled={busy}>
          {busy ? 'Opening…' : 'Open with the recovery code'}
        </button>
      </div>
    </form>
  );
}
