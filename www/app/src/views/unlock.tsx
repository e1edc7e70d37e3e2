import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { checkAccountSecret, init } from 'sealed-notes';
import { lastHandle, rememberedSecret } from '../device.ts';
import { useAction } from '../hooks.ts';
import { normalHandle } from '../people.ts';
import { link } from '../router.ts';
import { unlock } from '../state.ts';
import { FormError, PageTitle, PassphraseField, ShowPassphrase, TextField } from '../ui/fields.tsx';
import { Page } from '../ui/page.tsx';

export function UnlockView() {
  const [handle, setHandle] = useState(lastHandle);
  const [passphrase, setPassphrase] = useState('');
  const [shown, setShown] = useState(false);
  const [secret, setSecret] = useState('');
  const [asked, setAsked] = useState(false);
  const { busy, error, run } = useAction();

  /** The account secret this device remembers; asks for it if there is none. */
  const recall = async (): Promise<string> => {
    const name = normalHandle(handle);
    const known = name ? await rememberedSecret(name) : undefined;
    if (name !== '' && known === undefined) setAsked(true);
    return secret.trim() || (known ?? '');
  };
  useEffect(() => {
    // The wasm module is fetched while the passphrase is being typed.
    init().catch(() => undefined);
    recall();
  }, []);
  // With the form, not after it: a key pressed in between would go elsewhere.
  useLayoutEffect(() => {
    if (handle) document.querySelector<HTMLInputElement>('input[name=passphrase]')?.focus();
  }, []);

  const submit = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const known = await recall();
      if (known === '') return;
      await unlock(normalHandle(handle), passphrase, known);
    });
  };

  return (
    <Page view="unlock" width="narrow" busy={busy}>
      <PageTitle>{lastHandle() ? 'Unlock' : 'Log in'}</PageTitle>
      <form class="card stack" onSubmit={submit}>
        <TextField
          label="Handle"
          testId="handle"
          name="username"
          value={handle}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          onValue={setHandle}
          onBlur={recall}
        />
        <PassphraseField
          label="Passphrase"
          testId="passphrase"
          value={passphrase}
          shown={shown}
          autocomplete="current-password"
          onValue={setPassphrase}
        />
        <ShowPassphrase shown={shown} onToggle={() => setShown(!shown)} />
        {asked && <SecretField value={secret} onValue={setSecret} />}
        <FormError text={error} reserved />
        <div class="actions">
          <button type="submit" class="primary" data-testid="submit-unlock" disabled={busy}>
            {busy ? 'Unlocking…' : 'Unlock'}
          </button>
          {error && !asked ? (
            <button type="button" class="link" onClick={() => setAsked(true)}>
              Enter another account secret
            </button>
          ) : (
            <a href={link('create')}>Create account</a>
          )}
        </div>
      </form>
    </Page>
  );
}

function SecretField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const [check, setCheck] = useState('');
  const onTyped = async (typed: string): Promise<void> => {
    onValue(typed);
    if (typed.replace(/[^0-9a-z]/gi, '').length < 32) {
      setCheck('');
      return;
    }
    await init();
    setCheck(
      checkAccountSecret(typed.trim())
        ? 'No typing error found'
        : 'There is a typing error in it: its checksum does not match',
    );
  };
  return (
    <TextField
      label="Account secret"
      testId="account-secret-input"
      value={value}
      autocomplete="off"
      autocapitalize="characters"
      spellcheck={false}
      required
      class="digits"
      hint={
        <span data-testid="secret-check">
          {check ||
            'This device does not know it yet. Eight groups of four characters, from when the account was made.'}
        </span>
      }
      onValue={(typed) => {
        onTyped(typed).catch(() => undefined);
      }}
    />
  );
}
