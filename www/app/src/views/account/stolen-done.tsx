import type { Deal } from 'sealed-notes';
import { deviceName, type ListedDevice } from '../../devices.ts';
import { showDay } from '../../model.ts';
import { link } from '../../router.ts';
import type { Session } from '../../state.ts';
import { CheckIcon } from '../../ui/icons.tsx';
import { StepTitle } from '../../ui/step-title.tsx';

/** What ends with the new keys, noted before they come into effect. */
export interface Ending {
  passkeys: string[];
  will: Deal | undefined;
}

interface DoneProps {
  session: Session;
  gone: ListedDevice[];
  ending: Ending;
  trustees: Deal[];
  onClose: () => void;
}

/** After the last step: what was done, and what is to do. */
export function StolenDone({ session, gone, ending, trustees, onClose }: DoneProps) {
  const groups = session.vault.groups.list();
  return (
    <div class="card stack" data-testid="rotation-done">
      <StepTitle>All keys are new</StepTitle>
      <ul class="done-list">
        <Check>
          Everything you write from now on is sealed with new keys: generation{' '}
          <span data-testid="key-epoch">{session.vault.epoch}</span> of this account. Your fingerprint is the same.
        </Check>
        <Check>
          {gone.length > 0
            ? `Removed: ${gone.map(deviceName).join(', ')}. All other devices were logged out too.`
            : 'Every other device was logged out.'}
        </Check>
        <Check>
          The old kit and the old account secret open nothing any more. The passphrase you just chose is the only one.
        </Check>
      </ul>
      <h3>What to do now</h3>
      <ol class="steps" data-testid="what-now">
        <li>Destroy the old kit. Put the new one where it was.</li>
        <li>
          On your other devices, log in with the passphrase you just chose; let them in from here under{' '}
          <strong>Devices</strong>, or type the account secret from the new kit.
        </li>
        {ending.passkeys.length > 0 && (
          <li data-testid="ended-passkeys">
            Your {ending.passkeys.length === 1 ? 'passkey' : 'passkeys'} ({ending.passkeys.join(', ')}){' '}
            {ending.passkeys.length === 1 ? 'was' : 'were'} removed.{' '}
            <a href={link('account', 'ways')}>Add {ending.passkeys.length === 1 ? 'it' : 'them'} again</a>, except any
            that was stolen.
          </li>
        )}
        {trustees.map((deal) => (
          <li key={deal.deal} data-testid="ended-trustees">
            The shares of your trustees ({deal.shares.map(({ name }) => name).join(', ')}) have become worthless.{' '}
            <a href={link('account', 'trustees')}>Choose trustees again</a>.
          </li>
        ))}
        {ending.will && (
          <li data-testid="old-will">
            Your professional will of {showDay(ending.will.dealtAt)} covers only what you wrote until today.{' '}
            <a href={link('account', 'will')}>Issue it anew</a>.
          </li>
        )}
        {groups.length > 0 && (
          <li data-testid="groups-to-renew">
            The keys of {groups.map(({ name }) => name).join(', ')} were in your vault.{' '}
            <a href={link('account', 'groups')}>Make new ones there too</a>.
          </li>
        )}
        <li>If the device was unlocked: note what happened today, and tell whom you have to tell.</li>
      </ol>
      <div class="actions">
        <button type="button" class="primary" data-testid="stolen-close" onClick={onClose}>
          Back to devices
        </button>
      </div>
    </div>
  );
}

const Check = ({ children }: { children: preact.ComponentChildren }) => (
  <li class="verified">
    <CheckIcon /> <span>{children}</span>
  </li>
);
