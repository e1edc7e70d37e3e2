import { useState } from 'preact/hooks';
import { Vault } from 'sealed-notes';
import { fromBase64, get } from '../../api.ts';
import { useAction } from '../../hooks.ts';
import { hasCode } from '../../errors.ts';
import type { FoundInKit } from '../../kit.ts';
import { nextTry } from '../../kit-health.ts';
import { showDay } from '../../model.ts';
import type { Session } from '../../state.ts';
import { FormError, Notice } from '../../ui/fields.tsx';
import { CheckIcon } from '../../ui/icons.tsx';
import { CopiedField } from '../../ui/secret-field.tsx';
import { StepTitle } from '../../ui/step-title.tsx';
import { changeVault } from '../../vault-changes.ts';

interface DrillProps {
  session: Session;
  onRenew: () => void;
  onClose: () => void;
}

/** What of the kit is not this account's. */
type Wrong = 'code' | 'secret' | 'both';

const orNot = async (work: Promise<unknown>): Promise<boolean> => {
  try {
    await work;
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'wrong_recovery_code') || hasCode(thrown, 'stale_slot')) return false;
    throw thrown;
  }
};

/** Shows that the code opens the account, and notes the day. */
const passed = (code: string): Promise<boolean> =>
  orNot(changeVault((vault, slots) => vault.confirmRecoveryCode({ code, slots })));

/** The same without noting the day: of a kit whose other half is wrong. */
const opens = (recoveryCode: string): Promise<boolean> =>
  orNot(
    fetchOwn().then(async (stored) => {
      (await Vault.unlockWithRecoveryCode({ ...stored, recoveryCode })).lock();
    }),
  );

const fetchOwn = async (): Promise<{ sealedVault: Uint8Array; slots: Uint8Array[] }> => {
  const { vault, slots } = await get<{ vault: string; slots: string[] }>('/me');
  return { sealedVault: fromBase64(vault), slots: slots.map(fromBase64) };
};

/** The recovery drill: shows that the kit in her hands opens this account, without using it up. */
export function KitDrill({ session, onRenew, onClose }: DrillProps) {
  const [code, setCode] = useState('');
  const [secret, setSecret] = useState('');
  const [wrong, setWrong] = useState<Wrong>();
  const [done, setDone] = useState(false);
  const { busy, error, run, setError } = useAction();

  const type = (set: (text: string) => void) => (text: string) => {
    setWrong(undefined);
    setError('');
    set(text);
  };
  const take = ({ recoveryCode, accountSecret }: FoundInKit): void => {
    if (recoveryCode) setCode(recoveryCode);
    if (accountSecret) setSecret(accountSecret);
  };

  const prove = (event: Event): void => {
    event.preventDefault();
    setWrong(undefined);
    run(async () => {
      const secretFits = await session.vault.checkAccountSecret(secret);
      const codeFits = await (secretFits ? passed(code) : opens(code));
      if (codeFits && secretFits) setDone(true);
      else setWrong(codeFits ? 'secret' : secretFits ? 'code' : 'both');
    });
  };

  return (
    <section class="card stack" data-testid="kit-drill">
      {!done && (
        <>
          <StepTitle>Try your recovery kit</StepTitle>
          <p>
            Fetch the kit from where you keep it, and type what it says. This shows that you still have it, that it can
            be read, and that it opens this account. Nothing is used up or changed.
          </p>
          <form class="stack" onSubmit={prove}>
            <CopiedField
              kind="recovery code"
              testId="drill-code"
              value={code}
              hint="Ten groups of four. The text of a whole kit can be pasted too."
              onValue={type(setCode)}
              onKit={take}
            />
            <CopiedField
              kind="account secret"
              testId="drill-secret"
              value={secret}
              hint="Eight groups of four."
              onValue={type(setSecret)}
              onKit={take}
            />
            <FormError text={error} reserved />
            {wrong && <WrongKit wrong={wrong} onRenew={onRenew} />}
            <div class="actions">
              <button type="submit" class="primary" data-testid="drill-check" disabled={busy}>
                {busy ? 'Trying…' : 'Try it'}
              </button>
              <button type="button" class="quiet" data-testid="drill-close" onClick={onClose}>
                Not now
              </button>
            </div>
          </form>
        </>
      )}
      {done && (
        <>
          <StepTitle>The kit works</StepTitle>
          <p class="verified" role="status" data-testid="drill-done">
            <CheckIcon /> Code and account secret are right. Nothing was changed; next reminder in a year, on{' '}
            {showDay(nextTry(new Date()))}.
          </p>
          <p>Put it back where it was, apart from your devices.</p>
          <div class="actions">
            <button type="button" class="primary" data-testid="drill-close" onClick={onClose}>
              Back to ways to unlock
            </button>
          </div>
        </>
      )}
    </section>
  );
}

const WHAT_IS_WRONG: Record<Wrong, string> = {
  code: 'The account secret is right, but the recovery code is not this account’s: it was replaced by a newer kit, or used up.',
  secret: 'The recovery code works, but the account secret is an old one or another account’s.',
  both: 'Neither the recovery code nor the account secret is this account’s present one. This is an older kit, or another account’s.',
};

const WrongKit = ({ wrong, onRenew }: { wrong: Wrong; onRenew: () => void }) => (
  <Notice kind="warning">
    <p role="alert" data-testid="drill-wrong">
      <strong>This kit would not get you in.</strong> {WHAT_IS_WRONG[wrong]}
    </p>
    <p>Look for the newest kit: the date on it helps. If there is none, make a new one now, while you are in.</p>
    <div class="actions">
      <button type="button" data-testid="drill-new-kit" onClick={onRenew}>
        Make a new kit
      </button>
    </div>
  </Notice>
);
