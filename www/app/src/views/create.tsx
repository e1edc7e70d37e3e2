import { useEffect, useRef, useState } from 'preact/hooks';
import { currentSession } from '../state.ts';
import { useAction } from '../hooks.ts';
import { normalHandle } from '../people.ts';
import { link } from '../router.ts';
import { createAccount, enterNewAccount, type NewAccount } from '../ways-in.ts';
import { PageTitle, TextField } from '../ui/fields.tsx';
import { KitSteps } from '../ui/kit.tsx';
import { NewPassphrase, useNewPassphrase } from '../ui/new-passphrase.tsx';
import { Page } from '../ui/page.tsx';
import { Outcome, type StageName } from '../ui/stage.tsx';

export function CreateView() {
  const [made, setMade] = useState<NewAccount>();
  const latest = useRef<NewAccount | undefined>(undefined);
  const onMade = (account: NewAccount): void => {
    latest.current = account;
    setMade(account);
  };
  // Left before the kit was confirmed: its keys are not kept in memory. The next unlock shows a kit again.
  useEffect(
    () => () => {
      const { vault } = latest.current ?? {};
      if (vault && currentSession()?.vault !== vault) vault.lock();
    },
    [],
  );
  return made ? <KitStep made={made} /> : <FormStep onMade={onMade} />;
}

function FormStep({ onMade }: { onMade: (made: NewAccount) => void }) {
  const [handle, setHandle] = useState('');
  const [stage, setStage] = useState<StageName>();
  const passphrase = useNewPassphrase();
  const { busy, error, run } = useAction();

  const create = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const chosen = await passphrase.take();
      try {
        onMade(await createAccount(normalHandle(handle), chosen, setStage));
      } finally {
        setStage(undefined);
      }
    });
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
        <NewPassphrase handle={handle} onValue={passphrase.onValue} />
        <Outcome error={error} stage={stage} />
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

function KitStep({ made }: { made: NewAccount }) {
  const { busy, error, run } = useAction();
  const enter = (): void => {
    run(() => enterNewAccount(made));
  };
  return (
    <Page view="kit">
      <PageTitle>Save your recovery kit</PageTitle>
      <p class="no-print">
        Your account is made. Before the first note, one thing: a sheet that lets you back in, whatever happens to your
        memory or your devices.
      </p>
      <KitSteps
        handle={made.handle}
        fingerprint={made.vault.fingerprint}
        accountSecret={made.accountSecret}
        recoveryCode={made.recoveryCode}
        action="Open Sealed Notes"
        busy={busy}
        error={error}
        onConfirmed={enter}
      />
    </Page>
  );
}
