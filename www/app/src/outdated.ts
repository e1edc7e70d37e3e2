/** What ends this login while the vault is open, and only unlocking again helps: found out by refusals, or told by other tabs. */
import { ApiError } from './api.ts';

/** `new-keys`: of the account. `revoked`: this device. `switched`: the browser, which holds one login, has another account's. */
export type Outdated = 'new-keys' | 'revoked' | 'switched';

const REFUSED: Record<Outdated, string> = {
  'new-keys':
    'Not stored: this account was given new keys since you unlocked it here. Lock, and unlock with the new passphrase.',
  revoked: 'Not stored: this device was removed from the account. Lock, and unlock again.',
  switched: 'Not stored: another account was opened in this browser. Lock, and unlock again.',
};

export const refusal = (why: Outdated): ApiError => new ApiError(401, why, REFUSED[why]);

/** What it says about this login that the server refused something sealed. */
export const outdatedBy = (reason: string): Outdated | undefined =>
  reason === 'wrong_epoch' ? 'new-keys' : reason === 'wrong_author' ? 'switched' : undefined;

interface Arrival {
  account: string;
  epoch: number;
}

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('sealed-notes');

/** Tells the other tabs whose login the browser now holds, and under which keys. */
export const tellTabs = ({ account, epoch }: Arrival): void => channel?.postMessage({ account, epoch });

export function onOtherTabs(here: () => Arrival | undefined, tell: (why: Outdated) => void): void {
  if (!channel) return;
  channel.onmessage = ({ data }: MessageEvent<Arrival>) => {
    const mine = here();
    if (!mine) return;
    if (data.account !== mine.account) tell('switched');
    else if (data.epoch > mine.epoch) tell('new-keys');
  };
}
