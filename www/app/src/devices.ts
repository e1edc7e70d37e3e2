/** Devices of the account, and requests of new ones. */
import { inspectRequest, type Vault } from 'sealed-notes';
import { del, fromBase64, get, getAll, post, toBase64 } from './api.ts';
import { hasCode } from './errors.ts';
import { plainCode } from './kit.ts';
import { showDay } from './model.ts';
import { changeVault, refreshVault } from './vault-changes.ts';

export interface ListedDevice {
  device: string;
  /** As its owner named it; undefined for a device that the server lists and the vault does not know. */
  name: string | undefined;
  addedAt: Date;
  lastUsedAt: Date;
  current: boolean;
}

interface DeviceRow {
  device: string;
  addedAt: string;
  lastUsedAt: string;
  current: boolean;
}

export async function listDevices(vault: Vault): Promise<ListedDevice[]> {
  const { devices } = await get<{ devices: DeviceRow[] }>('/devices');
  const names = new Map(vault.devices().map(({ device, name }) => [device, name]));
  return devices
    .map((row) => ({
      device: row.device,
      name: names.get(row.device),
      addedAt: new Date(row.addedAt),
      lastUsedAt: new Date(row.lastUsedAt),
      current: row.current,
    }))
    .sort(
      (one, other) =>
        Number(other.current) - Number(one.current) || other.lastUsedAt.valueOf() - one.lastUsedAt.valueOf(),
    );
}

export const deviceName = ({ name, addedAt }: Pick<ListedDevice, 'name' | 'addedAt'>): string =>
  name ?? `Unknown device of ${showDay(addedAt)}`;

/** Takes over what other devices changed; whether one of them made new keys, which only unlocking gets to. */
export const changedElsewhere = (): Promise<boolean> =>
  refreshVault().then(
    () => false,
    (error) => {
      if (hasCode(error, 'rotated')) return true;
      throw error;
    },
  );

export const nameDevice = (device: string, name: string): Promise<unknown> =>
  changeVault((vault) => vault.addDevice({ device, name }));

/** Ends a device's logins at once. That the vault forgets its name can wait: rotation does it as well. */
export async function removeDevice(device: string): Promise<void> {
  await del(`/devices/${device}`);
  await changeVault((vault) => vault.forgetDevice(device)).catch(() => undefined);
}

export interface OpenRequest {
  request: string;
  sealed: Uint8Array;
  kind: 'device' | 'trustees' | 'will';
  account: string;
  handle: string;
  createdAt: Date;
  answered: boolean;
  code: string;
}

interface RequestRow {
  request: string;
  sealed: string;
  handle: string;
  createdAt: string;
  answered: boolean;
}

/** Open requests that concern oneself. Kind, account and code are read from what was asked, not taken from the server. */
export async function listRequests(): Promise<OpenRequest[]> {
  const { requests } = await get<{ requests: RequestRow[] }>('/requests');
  const open = await Promise.all(
    requests.map(async ({ request, sealed, handle, createdAt, answered }) => {
      const bytes = fromBase64(sealed);
      const inside = await inspectRequest(bytes).catch(() => undefined);
      return inside && { request, sealed: bytes, handle, createdAt: new Date(createdAt), answered, ...inside };
    }),
  );
  return open.filter((request) => request !== undefined);
}

export const isWholeCode = (text: string): boolean => plainCode(text).length === 16;

export const findRequest = async (code: string): Promise<OpenRequest | undefined> =>
  (await listRequests()).find((request) => plainCode(request.code) === plainCode(code));

/** Hands the account secret to the device that made the request. */
export async function letDeviceIn(vault: Vault, { request, sealed }: OpenRequest, code: string): Promise<void> {
  const answer = await vault.answerDevice({ request: sealed, code });
  await post(`/requests/${request}/answers`, { sealed: toBase64(answer) });
}

export const refuseRequest = (request: string): Promise<void> => del(`/requests/${request}`);

/** Whose progress notes a device of this account could read as well. */
export async function authorsSharing(): Promise<{ handles: string[]; notes: number }> {
  const rows = await getAll<{ handle: string }>('/chart/shared', 'records');
  return { handles: [...new Set(rows.map(({ handle }) => handle))].sort(), notes: rows.length };
}
