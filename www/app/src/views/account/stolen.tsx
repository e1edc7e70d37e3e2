import { useState } from 'preact/hooks';
import { authorsSharing, deviceName, type ListedDevice } from '../../devices.ts';
import { del } from '../../api.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showDay, showMoment, today } from '../../model.ts';
import { usePreparedKit } from '../../prepared-kit.ts';
import { link } from '../../router.ts';
import type { Session } from '../../state.ts';
import { FormError, TextField } from '../../ui/fields.tsx';
import { KitSteps } from '../../ui/kit.tsx';
import { ChangedElsewhere, KitConflict } from '../../ui/kit-conflict.tsx';
import { NewPassphrase, useNewPassphrase } from '../../ui/new-passphrase.tsx';
import { Stage, type StageName } from '../../ui/stage.tsx';
import { StepTitle } from '../../ui/step-title.tsx';
import { type Ending, StolenDone } from './stolen-done.tsx';

const STEPS = [
  ['which', 'What is gone'],
  ['seen', 'What may be known'],
  ['passphrase', 'Passphrase'],
  ['kit', 'New kit'],
  ['done', 'Done'],
] as const;
type Step = (typeof STEPS)[number][0];

interface StolenProps {
  session: Session;
  /** The others of the account. */
  devices: ListedDevice[];
  /** One whose login was ended just before. */
  removed: ListedDevice | undefined;
  /** The vault that is open here is not the newest. */
  isOld: boolean;
  onClose: () => void;
}

/** A device, the passphrase or the kit is in the wrong hands: new keys, step by step, and nothing changed until the last. */
export function Stolen({ session, devices, removed, isOld, onClose }: StolenProps) {
  const { vault, handle } = session;
  const [step, setStep] = useState<Step>(removed ? 'seen' : 'which');
  const [chosen, setChosen] = useState<string[]>([]);
  const [ended, setEnded] = useState<string[]>([]);
  const [since, setSince] = useState('');
  const [stage, setStage] = useState<StageName>();
  const [ending, setEnding] = useState<Ending>({ passkeys: [], will: undefined });
  const preparing = usePreparedKit();
  const gone = [...(removed ? [removed] : []), ...devices.filter(({ device }) => chosen.includes(device))];

  const prepare = async (passphrase: string): Promise<void> => {
    setEnding({
      passkeys: vault
        .unlockSlots()
        .filter(({ kind }) => kind === 'passkey')
        .map(({ name }) => name),
      will: vault.deals().find(({ kind }) => kind === 'will'),
    });
    const forget = gone.map(({ device }) => device);
    const stolenSince = since === '' ? {} : { stolenSince: new Date(`${since}T00:00:00`) };
    const made = await preparing.prepare(() =>
      vault.prepareRotation({ passphrase, forget, ...stolenSince, onProgress: setStage }),
    );
    setStage(undefined);
    if (made) setStep('kit');
  };
  const store = async (): Promise<void> => {
    if (await preparing.store(gone.map(({ device }) => device))) setStep('done');
  };

  if (isOld && step !== 'done') {
    return (
      <section class="stack" data-testid="stolen-old">
        <StepTitle>New keys</StepTitle>
        {removed && (
          <p>
            The login of <strong>{deviceName(removed)}</strong> has ended. For new keys, one thing first:
          </p>
        )}
        <ChangedElsewhere />
        <div class="actions">
          <button type="button" class="quiet" data-testid="stolen-cancel" onClick={onClose}>
            Back to devices
          </button>
        </div>
      </section>
    );
  }
  return (
    <section class="stack" aria-label="New keys" data-testid="stolen-flow" data-step={step}>
      <ol class="progress-steps no-print">
        {STEPS.map(([id, name]) => (
          <li key={id} aria-current={id === step ? 'step' : undefined}>
            {name}
          </li>
        ))}
      </ol>
      {step !== 'done' && (
        <p class="muted no-print" data-testid="nothing-changed">
          {removed || ended.length > 0
            ? 'Logins were ended. Keys, passphrase and kit have not changed yet: that happens with the last step.'
            : 'Nothing has changed yet: that happens with the last step. You can stop at any time before.'}
        </p>
      )}
      {step === 'which' && (
        <Which
          devices={devices}
          chosen={chosen}
          onChosen={setChosen}
          onNext={() => setStep('seen')}
          onCancel={onClose}
        />
      )}
      {step === 'seen' && (
        <Seen
          gone={gone}
          ended={[...(removed ? [removed.device] : []), ...ended]}
          since={since}
          onSince={setSince}
          onEnded={(devices) => setEnded([...ended, ...devices])}
          onNext={() => setStep('passphrase')}
          onBack={removed ? undefined : () => setStep('which')}
          onCancel={onClose}
        />
      )}
      {step === 'passphrase' && (
        <Passphrase
          handle={handle}
          busy={preparing.busy}
          error={preparing.error}
          stage={stage}
          onPassphrase={prepare}
          onBack={() => setStep('seen')}
        />
      )}
      {step === 'kit' && preparing.conflict && (
        <KitConflict
          conflict={preparing.conflict}
          onAgain={() => {
            preparing.discard();
            setStep('passphrase');
          }}
        />
      )}
      {step === 'kit' && !preparing.conflict && preparing.kit && (
        <>
          <StepTitle>Your new kit</StepTitle>
          <p class="no-print">
            It takes the place of the old one with the last button. If the connection breaks, press that button again:
            this kit stays valid.
          </p>
          <KitSteps
            handle={handle}
            fingerprint={vault.fingerprint}
            accountSecret={preparing.kit.accountSecret}
            recoveryCode={preparing.kit.recoveryCode}
            action="Change all keys now"
            busy={preparing.busy}
            error={preparing.error}
            onConfirmed={store}
          />
          <div class="actions no-print">
            <button type="button" class="quiet" data-testid="stolen-cancel" disabled={preparing.busy} onClick={onClose}>
              Stop, and keep the old keys and kit
            </button>
          </div>
        </>
      )}
      {step === 'done' && (
        <StolenDone
          session={session}
          gone={gone}
          ending={ending}
          trustees={preparing.kit?.ended ?? []}
          onClose={onClose}
        />
      )}
    </section>
  );
}

interface WhichProps {
  devices: ListedDevice[];
  chosen: string[];
  onChosen: (chosen: string[]) => void;
  onNext: () => void;
  onCancel: () => void;
}

function Which({ devices, chosen, onChosen, onNext, onCancel }: WhichProps) {
  const next = (event: Event): void => {
    event.preventDefault();
    onNext();
  };
  return (
    <form class="card stack" onSubmit={next}>
      <StepTitle>What is gone?</StepTitle>
      {devices.length === 0 ? (
        <p>
          No other device is on your list. You can make new keys all the same, if somebody may know your passphrase,
          your account secret or your kit.
        </p>
      ) : (
        <fieldset class="choices">
          <legend>Tick the devices that are lost, stolen, or were in somebody else's hands.</legend>
          {devices.map((device) => (
            <label key={device.device} class="choice">
              <input
                type="checkbox"
                data-testid="gone-device"
                data-device={device.device}
                checked={chosen.includes(device.device)}
                onChange={(event) =>
                  onChosen(
                    event.currentTarget.checked
                      ? [...chosen, device.device]
                      : chosen.filter((other) => other !== device.device),
                  )
                }
              />
              <span>
                <strong>{deviceName(device)}</strong>
                <span class="muted">
                  First login {showDay(device.addedAt)}, last used {showMoment(device.lastUsedAt)}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {devices.length > 0 && (
        <p class="muted">None of them? Leave all unticked if only your passphrase or your kit may be known.</p>
      )}
      <div class="actions">
        <button type="submit" class="primary" data-testid="stolen-next">
          Continue
        </button>
        <button type="button" class="quiet" data-testid="stolen-cancel" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface SeenProps {
  gone: ListedDevice[];
  ended: string[];
  /** A day, or none. */
  since: string;
  onSince: (since: string) => void;
  onEnded: (devices: string[]) => void;
  onNext: () => void;
  onBack: (() => void) | undefined;
  onCancel: () => void;
}

function Seen({ gone, ended, since, onSince, onEnded, onNext, onBack, onCancel }: SeenProps) {
  const shared = useLoad(authorsSharing, []);
  const { busy, error, run } = useAction();
  const open = gone.filter(({ device }) => !ended.includes(device));
  const endNow = (): void => {
    run(async () => {
      for (const { device } of open) await del(`/devices/${device}`);
      onEnded(open.map(({ device }) => device));
    });
  };
  return (
    <div class="card stack">
      <StepTitle>What somebody else may know</StepTitle>
      {gone.length > 0 && (
        <ul class="prose" data-testid="gone-list">
          {gone.map((device) => (
            <li key={device.device}>
              <strong>{deviceName(device)}</strong>: last used {showMoment(device.lastUsedAt)}
              {ended.includes(device.device) ? '. Its login has ended.' : '. Still logged in, if it is unlocked.'}
            </li>
          ))}
        </ul>
      )}
      {open.length > 0 && (
        <div class="actions">
          <button type="button" data-testid="end-logins" disabled={busy} onClick={endNow}>
            {open.length === 1 ? 'End its login right now' : 'End their logins right now'}
          </button>
          <span class="muted">Else it ends with the last step.</span>
        </div>
      )}
      <FormError text={error} />
      <div class="pair">
        <div class="stack tight">
          <h3>If the page was locked or the device off</h3>
          <p>
            It holds drafts that are sealed, and your account secret. The secret opens nothing without your passphrase.
            Unless somebody knows or guesses that, no note was readable.
          </p>
        </div>
        <div class="stack tight">
          <h3>If the page was unlocked</h3>
          <p>
            Until it locked, somebody could open everything that you can: your clients' names, every note in both
            drawers, and what colleagues shared with you. New keys cannot make unread what was read.
          </p>
        </div>
      </div>
      {gone.length === 0 && (
        <p>
          If somebody has your passphrase and account secret, or your whole kit, they could open all of it, from
          anywhere. Logins of devices you do not know are on the list of devices and under{' '}
          <a href={link('account', 'activity')}>Activity</a>.
        </p>
      )}
      {shared.value && shared.value.notes > 0 && (
        <p data-testid="shared-with-me">
          Among it {shared.value.notes === 1 ? 'is 1 progress note' : `are ${shared.value.notes} progress notes`} of{' '}
          <strong>{shared.value.handles.join(', ')}</strong>. They should hear of it from you.
        </p>
      )}
      <p>
        Write down when the device was last in your hands, and whether it was unlocked. Your professional body or data
        protection office tells you whether clients have to be told.
      </p>
      <h3>What new keys change</h3>
      <p>
        Whatever you write from now on is sealed with keys that nobody else has. The old account secret, the old kit and
        the old passphrase open the account no more, and every other device is logged out.
      </p>
      <p>
        What you wrote before stays as it is, and stays readable to you. The server hands it to nobody else; but whoever
        has copied old keys and old notes already keeps both.
      </p>
      <div class="since">
        <TextField
          label="Somebody else may have had my keys since (optional)"
          testId="stolen-since"
          type="date"
          max={today()}
          value={since}
          autocomplete="off"
          hint="Your colleagues' pages then refuse whatever the old keys signed on that day or later, whoever did it. Your own notes open as before; what you shared since that day you share once more."
          onValue={onSince}
        />
      </div>
      <div class="actions">
        <button type="button" class="primary" data-testid="stolen-next" disabled={since > today()} onClick={onNext}>
          Continue to new keys
        </button>
        {onBack && (
          <button type="button" class="quiet" onClick={onBack}>
            Back
          </button>
        )}
        <button type="button" class="quiet" data-testid="stolen-cancel" onClick={onCancel}>
          {ended.length > 0 ? 'No new keys needed' : 'Cancel'}
        </button>
      </div>
      {ended.length > 0 && (
        <p class="muted">
          No new keys are needed only if the device never left your hands: say, an old one that you wiped yourself.
        </p>
      )}
    </div>
  );
}

interface PassphraseProps {
  handle: string;
  busy: boolean;
  error: string;
  stage: StageName | undefined;
  onPassphrase: (passphrase: string) => Promise<void>;
  onBack: () => void;
}

function Passphrase({ handle, busy, error, stage, onPassphrase, onBack }: PassphraseProps) {
  const passphrase = useNewPassphrase();
  const taking = useAction();
  const next = (event: Event): void => {
    event.preventDefault();
    taking.run(async () => onPassphrase(await passphrase.take()));
  };
  return (
    <form class="card stack" onSubmit={next}>
      <StepTitle>Choose a passphrase</StepTitle>
      <p>
        <strong>Choose another one</strong> if anybody may have seen you type the old one, if it was stored on the
        device, or if you use it elsewhere. Only if none of this can be, type the old one again.
      </p>
      <NewPassphrase label="New passphrase" account={handle} onValue={passphrase.onValue} />
      <Stage stage={stage} />
      <FormError text={taking.error || error} reserved />
      <div class="actions">
        <button type="submit" class="primary" data-testid="stolen-prepare" disabled={busy || taking.busy}>
          {busy || taking.busy ? 'Making new keys…' : 'Make the new kit'}
        </button>
        <button type="button" class="quiet" disabled={busy || taking.busy} onClick={onBack}>
          Back
        </button>
      </div>
    </form>
  );
}
