import { useAction } from '../hooks.ts';
import { unlockWithPasskey } from '../ways-in.ts';
import { FormError } from './fields.tsx';

interface PasskeyButtonProps {
  handle: string;
  primary?: boolean;
}

/** Fingerprint, face, PIN or security key instead of the passphrase. */
export function PasskeyButton({ handle, primary = false }: PasskeyButtonProps) {
  const { busy, error, run } = useAction();
  return (
    <div class="stack tight">
      <div class="actions">
        <button
          type="button"
          class={primary ? 'primary' : undefined}
          data-testid="use-passkey"
          disabled={busy || handle === ''}
          onClick={() => run(() => unlockWithPasskey(handle))}
        >
          {busy ? 'Waiting for your passkey…' : 'Use a passkey'}
        </button>
      </div>
      <FormError text={error} />
    </div>
  );
}
