import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { init, type Seen } from 'sealed-notes';
import { lastHandle, rememberedSecrets } from '../device.ts';
import { hasCode } from '../errors.ts';
import { useAction } from '../hooks.ts';
import { normalHandle } from '../people.ts';
import { link } from '../router.ts';
import { canUsePasskey, unlock } from '../ways-in.ts';
import { Notice, PageTitle, PassphraseField, ShowPassphrase, TextField } from '../ui/fields.tsx';
import { Page } from '../ui/page.tsx';
import { PasskeyButton } from '../ui/passkey-button.tsx';
import { CopiedField } from '../ui/secret-field.tsx';
import { Outcome, type StageName } from '../ui/stage.tsx';
import { AskDevice } from './ask-device.tsx';

const focusPassphrase = (): void => document.querySelector<HTMLInputElement>('input[name=passphrase]')?.focus();

/** Why the account secret is asked for. */
type Asked = 'not known here' | 'on request';

/** `toVerify`: whose fingerprint was scanned, to be compared when the vault is open. */
export function UnlockView({ toVerify }: { toVerify: string | undefined }) {
  const [handle, setHandle] = useState(lastHandle);
  const [passphrase, setPassphrase] = useState('');
  const [shown, setShown] = useState(false);
  const [secret, setSecret] = useState('');
  const [asked, setAsked] = useState<Asked>();
  const [asking, setAsking] = useState(false);
  const [answered, setAnswered] = useState(false);
  const [seen, setSeen] = useState<Seen>();
  const [isOlder, setIsOlder] = useState(false);
  const [passkey, setPasskey] = useState(false);
  const [revoked, setRevoked] = useState(false);
  const [stage, setStage] = useState<StageName>();
  const { busy, error, run, setError } = useAction();
  const name = normalHandle(handle);
  const latest = useRef(name);
  latest.current = name;

  /** Whether the account secret is at hand; asks for it if not. */
  const recall = async (): Promise<boolean> => {
    if (name === '') return false;
    const known = (await rememberedSecrets(name)).length > 0;
    if (latest.current === name)
      setAsked((before) => (known ? (before === 'on request' ? before : undefined) : 'not known here'));
    return known || secret.trim() !== '';
  };
  const lookAround = (): void => {
    recall();
    setPasskey(false);
    if (name === '') return;
    canUsePasskey(name).then(
      (can) => latest.current === name && setPasskey(can),
      () => undefined,
    );
  };
  useEffect(() => {
    // The wasm module is fetched while the passphrase is being typed.
    init().catch(() => undefined);
    lookAround();
  }, []);
  // With the form, not after it: a key pressed in between would go elsewhere.
  useLayoutEffect(() => {
    if (handle) focusPassphrase();
  }, []);

  const submit = (event: Event): void => {
    event.preventDefault();
    unlockWith(seen);
  };
  const unlockWith = (seen: Seen | undefined): Promise<void> =>
    run(async () => {
      setRevoked(false);
      setIsOlder(false);
      if (!(await recall())) return setError('The account secret is needed as well.');
      try {
        await unlock(name, passphrase, asked ? secret.trim() : '', setStage, seen);
      } catch (thrown) {
        if (hasCode(thrown, 'device_revoked')) setRevoked(true);
        if (hasCode(thrown, 'rolled_back')) setIsOlder(true);
        throw thrown;
      } finally {
        setStage(undefined);
      }
    });

  return (
    <Page view="unlock" width="narrow" busy={busy}>
      <PageTitle>{lastHandle() ? 'Unlock' : 'Log in'}</PageTitle>
      {toVerify && (
        <Notice>
          <p data-testid="verify-waits">
            You scanned the fingerprint of <strong>{toVerify}</strong>. Unlock, and it is compared.
          </p>
        </Notice>
      )}
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
          onBlur={lookAround}
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
        {asked && !asking && (
          <>
            {asked === 'not known here' && !answered && (
              <Notice>
                <p data-testid="secret-missing">
                  <strong>This browser does not know your account secret.</strong> Either you have not been here with
                  it, or the browser has forgotten your account: browsers clear what they store. Nothing is lost; your
                  notes are on the server.
                </p>
              </Notice>
            )}
            <CopiedField
              kind="account secret"
              testId="account-secret-input"
              value={secret}
              hint="From your recovery kit: eight groups of four. The text of the whole kit can be pasted too."
              onValue={setSecret}
              onKit={(kit) => {
                if (handle === '' && kit.handle) setHandle(kit.handle);
              }}
            />
            {answered ? (
              <p class="verified" role="status" data-testid="device-answered">
                Your other device has answered. Type your passphrase and unlock.
              </p>
            ) : (
              <button
                type="button"
                class="link"
                data-testid="ask-device"
                disabled={name === ''}
                onClick={() => setAsking(true)}
              >
                Ask another of my devices instead
              </button>
            )}
          </>
        )}
        {asked && asking && (
          <AskDevice
            handle={name}
            onSecret={(found) => {
              setSecret(found.accountSecret);
              setSeen(found.seen);
              setAsking(false);
              setAnswered(true);
              focusPassphrase();
            }}
            onClose={() => setAsking(false)}
          />
        )}
        {isOlder && (
          <Notice kind="warning">
            <p data-testid="older-vault">
              The server shows your account as it was before your last changes of ways in, devices or people. If whoever
              runs it restored a backup, you can go on with that; your notes are not affected by it. Otherwise ask them
              first.
            </p>
            <div class="actions">
              <button type="button" data-testid="unlock-older" onClick={() => unlockWith({ generation: 0 })}>
                Go on with the older state
              </button>
            </div>
          </Notice>
        )}
        {revoked && (
          <Notice kind="warning">
            <p data-testid="device-revoked">
              This device was revoked from your account. If it is yours and safe, unlock once more: it comes back as a
              new device. If you did not revoke it yourself, look at Account, Activity on another device first.
            </p>
          </Notice>
        )}
        <Outcome error={error} stage={stage} />
        <div class="actions">
          <button type="submit" class="primary" data-testid="submit-unlock" disabled={busy}>
            {busy ? 'Unlocking…' : 'Unlock'}
          </button>
          {error && !asked ? (
            <button type="button" class="link" data-testid="other-secret" onClick={() => setAsked('on request')}>
              Enter another account secret
            </button>
          ) : (
            <a href={link('create')}>Create account</a>
          )}
        </div>
      </form>
      <div class="other-ways">
        <a href={link('help')} data-testid="other-ways">
          Other ways in
        </a>
        {passkey && <PasskeyButton key={name} handle={name} />}
      </div>
    </Page>
  );
}
