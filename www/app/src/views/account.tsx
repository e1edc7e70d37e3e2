import { useState } from 'preact/hooks';
import { useAction } from '../hooks.ts';
import { changeVault, forgetThisDevice, lock, type Session } from '../state.ts';
import { CopyButton, FormError, PageTitle, PassphraseField, ShowPassphrase } from '../ui/fields.tsx';
import { Fingerprint } from '../ui/fingerprint.tsx';
import { Page } from '../ui/page.tsx';

export function AccountView({ session }: { session: Session }) {
  const { vault, handle } = session;
  return (
    <Page view="account">
      <PageTitle>Account</PageTitle>
      <section class="card stack">
        <h2>Your fingerprint</h2>
        <p>
          Colleagues who know you as <strong>{handle}</strong> ask for these digits before they share with you. Read
          them aloud, on a call or in person.
        </p>
        <Fingerprint value={vault.fingerprint} testId="own-fingerprint" />
        <div class="actions">
          <CopyButton label="Copy" testId="copy-fingerprint" text={() => vault.fingerprint} />
        </div>
        <p class="muted">
          Account <code data-testid="own-account">{vault.account}</code>
        </p>
      </section>
      <ChangePassphrase handle={handle} />
      <AccountSecret session={session} />
      <section class="card stack">
        <h2>This device</h2>
        <p>
          Locking wipes the keys from memory and takes every text off the screen. Unsaved text comes back as a draft.
          Ctrl+Shift+L (⌘⇧L) does it from anywhere.
        </p>
        <p>
          Spell checking is your browser's own. Keep it on its basic setting: the “enhanced” one of some browsers sends
          what you type to their makers.
        </p>
        <p>Forgetting also removes the account secret from this device: the next log-in asks for it.</p>
        <div class="actions">
          <button type="button" onClick={() => lock()}>
            Lock now
          </button>
          <button type="button" class="quiet" data-testid="forget-device" onClick={() => forgetThisDevice()}>
            Forget this device
          </button>
        </div>
      </section>
    </Page>
  );
}

function ChangePassphrase({ handle }: { handle: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const [done, setDone] = useState('');
  const { busy, error, run, setError } = useAction();
  const change = (event: Event): void => {
    event.preventDefault();
    setDone('');
    if (next !== again) {
      setError('The two new passphrases differ. Show them and compare.');
      return;
    }
    run(async () => {
      await changeVault((vault, slots) => vault.changePassphrase({ current, next, slots }));
      for (const clear of [setCurrent, setNext, setAgain]) clear('');
      setDone('Passphrase changed. No note had to be touched.');
    });
  };
  return (
    <section class="card stack" aria-labelledby="change-heading">
      <h2 id="change-heading">Change passphrase</h2>
      <form class="stack" onSubmit={change}>
        {/* Password managers look for it to know whose passphrase this is. */}
        <input type="text" name="username" autocomplete="username" value={handle} readOnly hidden />
        <PassphraseField
          label="Current passphrase"
          testId="current-passphrase"
          value={current}
          shown={shown}
          autocomplete="current-password"
          onValue={setCurrent}
        />
        <PassphraseField
          label="New passphrase"
          testId="next-passphrase"
          value={next}
          shown={shown}
          autocomplete="new-password"
          onValue={setNext}
        />
        <PassphraseField
          label="New passphrase again"
          testId="next-passphrase-again"
          value={again}
          shown={shown}
          autocomplete="new-password"
          onValue={setAgain}
        />
        <ShowPassphrase shown={shown} onToggle={() => setShown(!shown)} />
        <div class="slot">
          <FormError text={error} />
          <p class="status" role="status" data-testid="passphrase-status">
            {done}
          </p>
        </div>
        <div class="actions">
          <button type="submit" class="primary" data-testid="submit-passphrase" disabled={busy}>
            {busy ? 'Changing…' : 'Change passphrase'}
          </button>
        </div>
      </form>
    </section>
  );
}

function AccountSecret({ session }: { session: Session }) {
  const [secret, setSecret] = useState('');
  const { busy, error, run } = useAction();
  const reveal = (): void => {
    if (secret) setSecret('');
    else run(async () => setSecret(await session.vault.revealAccountSecret()));
  };
  return (
    <section class="card stack">
      <h2>Account secret</h2>
      <p>Needed with the passphrase on every new device. Keep a copy where you keep what must not be lost.</p>
      {secret && (
        <p class="secret" data-testid="account-secret">
          {secret}
        </p>
      )}
      <FormError text={error} />
      <div class="actions">
        <button
          type="button"
          data-testid="reveal-secret"
          aria-expanded={secret !== ''}
          disabled={busy}
          onClick={reveal}
        >
          {secret ? 'Hide' : 'Reveal account secret'}
        </button>
        {secret && <CopyButton label="Copy" testId="copy-secret" text={() => secret} />}
      </div>
    </section>
  );
}
