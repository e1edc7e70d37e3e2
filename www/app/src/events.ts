/** What happened to the account, in words. */
import { get } from './api.ts';

export interface AccountEvent {
  at: string;
  kind: string;
  actor: string | null;
  actorHandle: string | null;
  subject: string | null;
}

export const listEvents = async (): Promise<AccountEvent[]> =>
  (await get<{ events: AccountEvent[] }>('/events')).events;

export interface Told {
  text: string;
  /** Something that she should have done herself, or know of. */
  alarming: boolean;
  /** The section of the account where it can be looked at. */
  section?: 'ways' | 'devices' | 'trustees' | 'will';
}

interface Names {
  account: string;
  /** Of devices, by id. */
  devices: ReadonlyMap<string, string>;
}

export function tell({ kind, actor, actorHandle, subject }: AccountEvent, { account, devices }: Names): Told {
  const own = actor === account;
  const who = actorHandle ?? 'Somebody';
  const device = (subject !== null && devices.get(subject)) || 'a device that is no longer on your list';
  const calm = (text: string, section?: Told['section']): Told => ({
    text,
    alarming: false,
    ...(section ? { section } : {}),
  });
  const alarming = (text: string, section: NonNullable<Told['section']>): Told => ({ text, alarming: true, section });
  switch (kind) {
    case 'signed_up':
      return calm('The account was created.');
    case 'device_added':
      return calm(`First login from ${device}.`, 'devices');
    case 'device_revoked':
      return calm(
        subject !== null && devices.has(subject)
          ? `${device} was removed; its login ended.`
          : 'A device was removed; its login ended.',
        'devices',
      );
    case 'rotated':
      return calm('New keys, account secret and recovery kit took the place of the old ones.', 'ways');
    case 'slots_changed':
      return calm('A way to unlock was added, replaced or removed.', 'ways');
    case 'trustees_dealt':
      return calm('Trustees were chosen.', 'trustees');
    case 'share_given':
      return own
        ? calm('One of your devices let a new device in.', 'devices')
        : alarming(`${who} handed on a share towards opening this account or its professional will.`, 'trustees');
    case 'recovery_requested':
      return alarming('Somebody asked your trustees to open this account.', 'devices');
    case 'will_issued':
      return calm('The professional will was issued.', 'will');
    case 'will_revoked':
      return calm('The professional will was withdrawn.', 'will');
    case 'will_claimed':
      return alarming(`${who} claimed your professional will. The waiting period runs.`, 'will');
    case 'will_cancelled':
      return calm('The claim on your professional will was cancelled.', 'will');
    case 'will_opened':
      return alarming(`${who} opened your professional will.`, 'will');
    default:
      return calm(`Something this page has no words for: ${kind}.`);
  }
}
