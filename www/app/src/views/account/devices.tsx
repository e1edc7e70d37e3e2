import { useState } from 'preact/hooks';
import {
  changedElsewhere,
  deviceName,
  type ListedDevice,
  listDevices,
  listRequests,
  nameDevice,
  type OpenRequest,
  refuseRequest,
  removeDevice,
} from '../../devices.ts';
import { useAction, useLoad } from '../../hooks.ts';
import { showDay, showMoment } from '../../model.ts';
import { link } from '../../router.ts';
import type { Session } from '../../state.ts';
import { AnswerRequest } from '../../ui/answer-request.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { FormError, Loading, TextField } from '../../ui/fields.tsx';
import { Stolen } from './stolen.tsx';

interface Overview {
  devices: ListedDevice[];
  /** Requests in her own name. */
  requests: OpenRequest[];
  isOld: boolean;
}

async function load({ vault }: Session): Promise<Overview> {
  const isOld = await changedElsewhere();
  const [devices, requests] = await Promise.all([listDevices(vault), listRequests()]);
  return { devices, requests: requests.filter(({ account }) => account === vault.account), isOld };
}

export function DevicesSection({ session }: { session: Session }) {
  const overview = useLoad(() => load(session), [session.vault]);
  const [lost, setLost] = useState(false);
  const [removed, setRemoved] = useState<ListedDevice>();
  const { devices = [], requests = [], isOld = false } = overview.value ?? {};

  if (lost) {
    return (
      <Stolen
        session={session}
        devices={devices.filter(({ device, current }) => !current && device !== removed?.device)}
        removed={removed}
        isOld={isOld}
        onClose={() => {
          setLost(false);
          setRemoved(undefined);
          overview.reload();
        }}
      />
    );
  }
  return (
    <>
      <p class="aside">
        Every device that logged in. The names are yours and sealed: the server sees how many there are, not what.
      </p>
      <FormError text={overview.error} />
      <Requests requests={requests} onChanged={overview.reload} />
      <section class="stack" aria-labelledby="devices-heading">
        <h2 id="devices-heading">Your devices</h2>
        {!overview.value && overview.loading && <Loading />}
        {devices.length > 0 && (
          <ul class="list" data-testid="device-list">
            {devices.map((device) => (
              <DeviceRow
                key={device.device}
                device={device}
                isOld={isOld}
                onChanged={overview.reload}
                onRemoved={() => {
                  setRemoved(device);
                  setLost(true);
                }}
              />
            ))}
          </ul>
        )}
      </section>
      <section class="card stack stolen-entry" aria-labelledby="stolen-heading">
        <h2 id="stolen-heading">Lost, stolen, or in the wrong hands?</h2>
        <p>
          Also if somebody saw your passphrase or your kit. You make new keys in about five minutes; old notes stay
          readable, for you.
        </p>
        <div class="actions">
          <button
            type="button"
            class="danger"
            data-testid="stolen"
            disabled={!overview.value}
            onClick={() => setLost(true)}
          >
            My device was stolen
          </button>
        </div>
      </section>
      <section class="card stack" aria-labelledby="add-heading">
        <h2 id="add-heading">Let a new device in</h2>
        <ol class="steps">
          <li>
            On the new device, open <span class="mono">{location.origin}</span>, choose “Log in”, and enter your handle{' '}
            <strong>{session.handle}</strong>.
          </li>
          <li>Choose “Ask another of my devices instead”. It shows a QR code and a short code.</li>
          <li>Scan the QR code with this device, or type the short code here.</li>
          <li>Type your passphrase on the new device.</li>
        </ol>
        <AnswerRequest session={session} onChanged={overview.reload} />
      </section>
    </>
  );
}

function Requests({ requests, onChanged }: { requests: OpenRequest[]; onChanged: () => void }) {
  const { busy, error, run } = useAction();
  const open = requests.filter(({ kind, answered }) => kind === 'trustees' || (kind === 'device' && !answered));
  if (open.length === 0 && !error) return null;
  const stop = (request: string): void => {
    run(async () => {
      await refuseRequest(request);
      onChanged();
    });
  };
  return (
    <section class="notice warning" aria-labelledby="requests-heading" data-testid="pending-requests">
      <h2 id="requests-heading">Somebody asks to be let in</h2>
      <ul class="requests">
        {open.map(({ request, kind, code, createdAt }) => (
          <li key={request} data-testid="pending-request">
            <p>
              {kind === 'device'
                ? 'A device asks for the account secret'
                : 'A request to your trustees to open this account'}
              , since {showMoment(createdAt)}. Its code: <span class="mono">{code}</span>
            </p>
            <p class="muted">
              {kind === 'device'
                ? 'If it is you, type the code under “Let a new device in”.'
                : 'If it is you and you are in again, it is not needed any more.'}
            </p>
            <button type="button" data-testid="not-me" disabled={busy} onClick={() => stop(request)}>
              {kind === 'device' ? 'This is not me' : 'Stop this request'}
            </button>
          </li>
        ))}
      </ul>
      <FormError text={error} />
    </section>
  );
}

interface RowProps {
  device: ListedDevice;
  isOld: boolean;
  onChanged: () => void;
  onRemoved: () => void;
}

function DeviceRow({ device, isOld, onChanged, onRemoved }: RowProps) {
  const [doing, setDoing] = useState<'rename' | 'remove'>();
  const unknown = device.name === undefined;
  const name = unknown && isOld ? `New device of ${showDay(device.addedAt)}` : deviceName(device);
  return (
    <li class={unknown && !isOld ? 'device unknown' : 'device'} data-testid="device-item" data-device={device.device}>
      <div class="device-head">
        <h3 data-testid="device-name">{name}</h3>
        {device.current && (
          <span class="tag" data-testid="this-device">
            This device
          </span>
        )}
        {unknown && !isOld && (
          <span class="tag danger-tag" data-testid="unknown-device">
            Unknown device
          </span>
        )}
      </div>
      <p class="muted">
        First login {showDay(device.addedAt)} · last used {showMoment(device.lastUsedAt)}
      </p>
      {unknown && (
        <p class={isOld ? 'muted' : 'warn'}>
          {isOld
            ? 'It joined after this device was unlocked. Lock and unlock to see its name.'
            : 'It logged in with your keys, but never told the account its name. If you do not know it, remove it.'}
        </p>
      )}
      {doing === 'rename' ? (
        <Rename
          device={device}
          onDone={() => {
            setDoing(undefined);
            onChanged();
          }}
          onCancel={() => setDoing(undefined)}
        />
      ) : (
        <div class="actions">
          {!isOld && (
            <button
              type="button"
              class="quiet"
              data-testid="rename-device"
              aria-label={`${unknown ? 'Name' : 'Rename'} ${name}`}
              onClick={() => setDoing('rename')}
            >
              {unknown ? 'Name' : 'Rename'}
            </button>
          )}
          {device.current ? (
            <a class="button quiet" href={link('account')}>
              Forget this device…
            </a>
          ) : (
            <button
              type="button"
              class="quiet"
              data-testid="remove-device"
              aria-label={`Remove ${name}`}
              onClick={() => setDoing('remove')}
            >
              Remove…
            </button>
          )}
        </div>
      )}
      {doing === 'remove' && <RemoveDevice device={device} onRemoved={onRemoved} onClose={() => setDoing(undefined)} />}
    </li>
  );
}

interface RenameProps {
  device: ListedDevice;
  onDone: () => void;
  onCancel: () => void;
}

function Rename({ device, onDone, onCancel }: RenameProps) {
  const [name, setName] = useState(device.name ?? '');
  const { busy, error, run } = useAction();
  const rename = (event: Event): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    run(async () => {
      await nameDevice(device.device, name.trim());
      onDone();
    });
  };
  return (
    <form class="stack" onSubmit={rename}>
      <TextField
        label="Name of the device"
        testId="device-name-input"
        value={name}
        autocomplete="off"
        spellcheck={false}
        required
        maxLength={60}
        onValue={setName}
      />
      <FormError text={error} reserved />
      <div class="actions">
        <button type="submit" data-testid="submit-device-name" disabled={busy}>
          {busy ? 'Storing…' : 'Store name'}
        </button>
        <button type="button" class="quiet" disabled={busy} onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface RemoveProps {
  device: ListedDevice;
  onRemoved: () => void;
  onClose: () => void;
}

function RemoveDevice({ device, onRemoved, onClose }: RemoveProps) {
  const { busy, error, run } = useAction();
  const remove = (): void => {
    run(async () => {
      await removeDevice(device.device);
      onRemoved();
    });
  };
  return (
    <Dialog title={`Remove ${deviceName(device)}?`} testId="remove-device-dialog" onClose={onClose}>
      <p>
        <strong>Its login ends at once.</strong> What is unlocked there now can load nothing more, and it is not let in
        again as this device.
      </p>
      <p>
        <strong>It keeps what it has learned.</strong> It knows the account secret, and may still show what was on its
        screen. That becomes worthless for what you write from now on only with new keys, so the next step makes them.
      </p>
      <FormError text={error} reserved />
      <div class="actions">
        <button type="button" class="danger" data-testid="confirm-remove-device" disabled={busy} onClick={remove}>
          {busy ? 'Removing…' : 'Remove, and go on to new keys'}
        </button>
      </div>
    </Dialog>
  );
}
