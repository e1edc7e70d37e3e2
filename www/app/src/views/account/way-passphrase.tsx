import { useState } from 'preact/hooks';
import { useAction } from '../../hooks.ts';
import { showDay } from '../../model.ts';
import type { Session } from '../../state.ts';
import { FormError, PassphraseField } from '../../ui/fields.tsx';
import { NewPassphrase, useNewPassphrase } from '../../ui/new-passphrase.tsx';
import { Stage, type StageName } from '../../ui/stage.tsx';
import { changeVault } from '../../vault-changes.ts';

export function PassphraseWay({ session }: { session: Session }) {
  const [changing, setChanging] = useState(false);
  const [done, setDone] = useState('');
  const slot = session.vault.unlockSlots().find(({ kind }) => kind === 'passphrase');
  const changed = (): void => {
    setChanging(false);
    setDone(
      'Passphrase changed. No note had to be touched. Other devices ask for the new one when they unlock next; the kit stays as it is.',
    );
  };
  return (
    <section class="card stack" aria-labelledby="passphrase-way" data-testid="way-passphrase">
      <header class="way-head">
        <h2 id="passphrase-way">Passphrase</h2>
        <p class="muted">{slot && slot.addedAt.valueOf() > 0 && `Since ${showDay(slot.addedAt)}`}</p>
      </header>
      <p>
        With the account secret that each of your devices keeps. It can be changed, not removed: everything else is
        there for the day you forget it.
      </p>
      {changing ? (
        <ChangePassphrase session={session} onChanged={changed} onCancel={() => setChanging(false)} />
      ) : (
        <div class="actions">
          <button
            type="button"
            data-testid="change-passphrase"
            onClick={() => {
              setDone('');
              setChanging(true);
            }}
          >
            Change passphrase
          </button>
        </div>
      )}
      <p class={done ? 'status good' : 'status-empty'} role="status" data-testid="passphrase-status">
        {done}
      </p>
    </section>
  );
}

interface ChangeProps {
  session: Session;
  onChanged: () => void;
  onCancel: () => void;
}

function ChangePassphrase({ session, onChanged, onCancel }: ChangeProps) {
  const [current, setCurrent] = useState('');
  const passphrase = useNewPassphrase();
  const [stage, setStage] = useState<StageName>();
  const { busy, error, run } = useAction();
  const change = (event: Event): void => {
    event.preventDefault();
    run(async () => {
      const next = await passphrase.take();
      try {
        await changeVault((vault, slots) => vault.changePassphrase({ current, next, slots, onProgress: setStage }));
      } finally {
        setStage(undefined);
      }
      onChanged();
    });
  };
  return (
    <form class="stack" onSubmit={change}>
      {/* Password managers look for it to know whose passphrase this is. */}
      <input type="text" name="username" autocomplete="username" value={session.handle} readOnly hidden />
      <PassphraseField
        label="Current passphrase"
        testId="current-passphrase"
        value={current}
        shown={false}
        autocomplete="current-password"
        onValue={setCurrent}
      />
      <NewPassphrase
        label="New passphrase"
        names={['next-passphrase', 'next-passphrase-again']}
        handle={session.handle}
        onValue={passphrase.onValue}
      />
      <Stage stage={stage} />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="submit-passphrase" disabled={busy}>
          {busy ? 'Changing…' : 'Change passphrase'}
        </button>
        <button type="button" class="quiet" data-testid="cancel-passphrase" disabled={busy} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
