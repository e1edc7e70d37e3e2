import { useState } from 'preact/hooks';
import { useAction } from '../../hooks.ts';
import { isKitOverdue, kitOf, nextTry } from '../../kit-health.ts';
import { showDay } from '../../model.ts';
import type { Session } from '../../state.ts';
import { CopyButton, FormError } from '../../ui/fields.tsx';

interface KitProps {
  session: Session;
  onTry: () => void;
  onRenew: () => void;
}

export function KitWay({ session, onTry, onRenew }: KitProps) {
  const kit = kitOf(session.vault);
  const overdue = isKitOverdue(session.vault);
  return (
    <section class="card stack" aria-labelledby="kit-way" data-testid="way-kit">
      <header class="way-head">
        <h2 id="kit-way">Recovery kit</h2>
        <p class={overdue ? 'warn' : 'muted'} data-testid="kit-checked">
          {kit?.checkedAt ? `Last tried ${showDay(kit.checkedAt)}` : 'Never tried'}
        </p>
      </header>
      <p>
        The sheet with your recovery code and account secret. It opens your account when you forgot the passphrase or
        lost every device. Its code works once; you make a new kit right after.
      </p>
      {kit && <p class="muted">Made {showDay(kit.addedAt)}. It can be replaced, not removed.</p>}
      <div class="actions">
        <button type="button" class={overdue ? 'primary' : undefined} data-testid="try-kit" onClick={onTry}>
          Try the kit
        </button>
        <button type="button" data-testid="new-kit" onClick={onRenew}>
          Make a new kit
        </button>
      </div>
      {kit?.checkedAt && !overdue && (
        <p class="muted">You are reminded to try it on {showDay(nextTry(kit.checkedAt))}.</p>
      )}
      <AccountSecret session={session} />
    </section>
  );
}

/** Half of the kit: what a new device needs besides the passphrase. */
function AccountSecret({ session }: { session: Session }) {
  const [secret, setSecret] = useState('');
  const { busy, error, run } = useAction();
  const reveal = (): void => {
    if (secret) setSecret('');
    else run(async () => setSecret(await session.vault.revealAccountSecret()));
  };
  return (
    <div class="stack way-part">
      <h3>Account secret</h3>
      <p>
        Needed with the passphrase on every new device, and printed on the kit. Alone it opens nothing. Another device
        of yours can let a new one in without it: see Devices.
      </p>
      {secret && (
        <p class="secret" data-testid="shown-account-secret">
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
    </div>
  );
}
