import { useState } from 'preact/hooks';
import { createPasskey, type UnlockSlot } from 'sealed-notes';
import { guessDeviceName } from '../../device.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showDay } from '../../model.ts';
import type { Session } from '../../state.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { FormError, Notice, TextField } from '../../ui/fields.tsx';
import { changeVault, storedSlots } from '../../vault-changes.ts';

const supported = (): boolean => typeof PublicKeyCredential !== 'undefined';

export function PasskeyWay({ session }: { session: Session }) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<UnlockSlot>();
  const [done, setDone] = useState('');
  const passkeys = session.vault.unlockSlots().filter(({ kind }) => kind === 'passkey');
  return (
    <section class="card stack" aria-labelledby="passkey-way" data-testid="way-passkeys">
      <header class="way-head">
        <h2 id="passkey-way">Passkeys</h2>
        <p class="muted">
          {passkeys.length === 0 ? 'None yet' : passkeys.length === 1 ? '1 passkey' : `${passkeys.length} passkeys`}
        </p>
      </header>
      <p>
        Unlock with a fingerprint, your face, or a security key, without typing anything. Convenient, and never the only
        way: passkeys get lost with the phone or the key they live on, so passphrase and kit stay.
      </p>
      {passkeys.length > 0 && (
        <ul class="list" data-testid="passkey-list">
          {passkeys.map((passkey) => (
            <li key={passkey.slot} class="shared-row" data-testid="passkey-item">
              <span>
                <strong>{passkey.name}</strong> <span class="muted">added {showDay(passkey.addedAt)}</span>
              </span>
              <button
                type="button"
                class="quiet"
                data-testid="remove-passkey"
                aria-label={`Remove ${passkey.name}`}
                onClick={() => {
                  setDone('');
                  setRemoving(passkey);
                }}
              >
                Remove…
              </button>
            </li>
          ))}
        </ul>
      )}
      {!supported() && (
        <Notice>
          <p>
            This browser cannot use passkeys here. Use a current browser on a phone or computer with a screen lock, or a
            security key; or leave it: passphrase and kit are enough.
          </p>
        </Notice>
      )}
      {supported() &&
        (adding ? (
          <AddPasskey
            session={session}
            onAdded={(name) => {
              setAdding(false);
              setDone(`“${name}” can unlock this account from now on.`);
            }}
            onCancel={() => setAdding(false)}
          />
        ) : (
          <div class="actions">
            <button
              type="button"
              data-testid="add-passkey"
              onClick={() => {
                setDone('');
                setAdding(true);
              }}
            >
              Add a passkey
            </button>
          </div>
        ))}
      <p class={done ? 'status good' : 'status-empty'} role="status" data-testid="passkey-status">
        {done}
      </p>
      {removing && (
        <RemovePasskey
          passkey={removing}
          onRemoved={() => {
            setRemoving(undefined);
            setDone(`“${removing.name}” opens this account no more.`);
          }}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

interface AddProps {
  session: Session;
  onAdded: (name: string) => void;
  onCancel: () => void;
}

function AddPasskey({ session, onAdded, onCancel }: AddProps) {
  const [name, setName] = useState(guessDeviceName);
  // Before the click: browsers show their dialog only right after it.
  const slots = useLoad(storedSlots, []);
  const { busy, error, run } = useAction();
  const add = (event: Event): void => {
    event.preventDefault();
    const known = slots.value;
    if (!known || name.trim() === '') return;
    run(async () => {
      const made = await createPasskey({ account: session.vault.account, userName: session.handle, slots: known });
      await changeVault((vault) => vault.addPasskey({ name: name.trim(), ...made }));
      onAdded(name.trim());
    });
  };
  return (
    <form class="stack" onSubmit={add}>
      <TextField
        label="Name of the passkey"
        testId="passkey-name"
        value={name}
        autocomplete="off"
        spellcheck={false}
        required
        maxLength={60}
        hint="What you will know it by: “Blue security key”, “Phone”. Your browser asks for the rest."
        onValue={setName}
      />
      <FormError text={error || slots.error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="submit-passkey" disabled={busy || !slots.value}>
          {busy ? 'Waiting for the passkey…' : 'Add passkey'}
        </button>
        <button type="button" class="quiet" data-testid="cancel-passkey" disabled={busy} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface RemoveProps {
  passkey: UnlockSlot;
  onRemoved: () => void;
  onClose: () => void;
}

function RemovePasskey({ passkey, onRemoved, onClose }: RemoveProps) {
  const { busy, error, run } = useAction();
  const remove = (): void => {
    run(async () => {
      await changeVault((vault) => vault.removeSlot(passkey.slot));
      onRemoved();
    });
  };
  return (
    <Dialog title={`Remove “${passkey.name}”?`} testId="remove-passkey-dialog" onClose={onClose}>
      <p>
        It opens this account no more. Passphrase and recovery kit stay. Your phone or browser may go on listing it:
        delete it there too.
      </p>
      <p>
        Did somebody else have it? Then make new keys as well: <strong>Devices</strong>, “My device was stolen”.
      </p>
      <FormError text={error} reserved />
      <div class="actions">
        <button type="button" class="danger" data-testid="confirm-remove-passkey" disabled={busy} onClick={remove}>
          Remove passkey
        </button>
      </div>
    </Dialog>
  );
}
