import { useState } from 'preact/hooks';
import type { Vault } from 'sealed-notes';
import { useAction } from '../hooks.ts';
import { normalHandle } from '../people.ts';
import { link, replace } from '../router.ts';
import { createAccount, enter } from '../state.ts';
import { CopyButton, FormError, Notice, PageTitle, PassphraseField, ShowPassphrase, TextField } from '../ui/fields.tsx';
import { Page } from '../ui/page.tsx';

interface Made {
  handle: string;
  vault: Vault;
  accountSecret: string;
}

export function CreateView() {
  const [made, setMade] = useState<Made>();
  return made ? <SecretStep {...made} /> : <FormStep onMade={setMade} />;
}

function FormStep({ onMade }: { onMade: (made: Made) => void }) {
  const [handle, setHandle] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const { busy, error, run, setError } = useAction();

  const create = (event: Event): void => {
    event.preventDefault();
    if (passphrase !== again) {
      setError('The two passphrases differ. Show them and compare.');
      return;
    }
    const name = normalHandle(handle);
    run(async () => onMade({ handle: name, ...(await createAccount(name, passphrase)) }));
  };

  return (
    <Page view="create" width="narrow" busy={busy}>
      <PageTitle>Create account</PageTitle>
      <form class="card stack" onSubmit={create}>
        <TextField
          label="Handle"
          testId="handle"
          name="username"
          value={handle}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          maxLength={64}
          hint="The name that colleagues find you by: letters, digits, dots and hyphens. The server can read it."
          onValue={setHandle}
        />
        <PassphraseField
          label="Passphrase"
          testId="passphrase"
          value={passphrase}
          shown={shown}
          autocomplete="new-password"
          hint="Five random words are easy to type and hard to guess. It never leaves this browser."
          onValue={setPassphrase}
        />
        <PassphraseField
          label="Passphrase again"
          testId="passphrase-again"
          value={again}
          shown={shown}
          autocomplete="new-password"
          onValue={setAgain}
        />
        <ShowPassphrase shown={shown} onToggle={() => setShown(!shown)} />
        <FormError text={error} reserved />
        <div class="actions">
          <button type="submit" class="primary" data-testid="submit-create" disabled={busy}>
            {busy ? 'Making your keys…' : 'Create account'}
          </button>
          <a href={link('unlock')}>I have an account</a>
        </div>
      </form>
    </Page>
  );
}

const lastGroup = (secret: string): string => secret.replace(/[^0-9a-z]/gi, '').slice(-4);
const normal = (typed: string): string => typed.replace(/[^0-9a-z]/gi, '').toUpperCase();

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const anchor = Object.assign(document.createElement('a'), { href: url, download: name });
  anchor.click();
  URL.revokeObjectURL(url);
}

function SecretStep({ handle, vault, accountSecret }: Made) {
  const [typed, setTyped] = useState('');
  const { error, setError } = useAction();
  const confirm = (event: Event): void => {
    event.preventDefault();
    if (normal(typed) !== normal(lastGroup(accountSecret))) {
      setError('That is not the last group. Look at the secret you saved, not at this page.');
      return;
    }
    enter(handle, vault);
    replace('clients');
  };
  return (
    <Page view="secret" width="narrow">
      <PageTitle>Save your account secret</PageTitle>
      <div class="card stack">
        <p>
          A new device needs your passphrase <em>and</em> this secret. It is what makes guessing your passphrase
          hopeless for whoever steals the server's database.
        </p>
        <p class="secret" data-testid="account-secret">
          {accountSecret}
        </p>
        <div class="actions">
          <CopyButton label="Copy" testId="copy-secret" text={() => accountSecret} />
          <button
            type="button"
            data-testid="download-secret"
            onClick={() =>
              download(
                'sealed-notes-account-secret.txt',
                `Sealed Notes\nHandle: ${handle}\nAccount secret: ${accountSecret}\n`,
              )
            }
          >
            Download
          </button>
        </div>
        <Notice kind="warning">
          <p>
            Nobody can reset it for you. Without the secret and the passphrase, your notes stay sealed for ever. This
            device remembers the secret; keep a second copy on paper or in a password manager.
          </p>
        </Notice>
        <form class="stack" onSubmit={confirm}>
          <TextField
            label="Last group"
            testId="secret-last-group"
            value={typed}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            required
            hint="Type the last four characters from the copy you saved."
            onValue={setTyped}
          />
          <FormError text={error} reserved />
          <div class="actions">
            <button type="submit" class="primary" data-testid="confirm-secret">
              Continue
            </button>
          </div>
        </form>
      </div>
    </Page>
  );
}
