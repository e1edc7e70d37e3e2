/** The recovery kit as text: what is printed, copied, put into its QR code, and read back from whatever was pasted. */
import { checkAccountSecret, checkRecoveryCode, init } from 'sealed-notes';

export interface Kit {
  handle: string;
  fingerprint: string;
  accountSecret: string;
  recoveryCode: string;
}

export const kitText = ({ handle, fingerprint, accountSecret, recoveryCode }: Kit): string =>
  [
    'Sealed Notes recovery kit',
    `Address: ${location.origin}`,
    `Handle: ${handle}`,
    `Account secret: ${accountSecret}`,
    `Recovery code: ${recoveryCode}`,
    `Fingerprint: ${fingerprint}`,
    '',
  ].join('\n');

/** As readers of these codes take it: no case, no dashes, O is 0, I and L are 1. */
export const plainCode = (typed: string): string =>
  typed
    .replace(/[^0-9a-z]/gi, '')
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');

export const groupsOf = (code: string): string[] => code.split(/[^0-9A-Za-z]+/).filter(Boolean);

export const SECRET_LENGTH = 32;
export const CODE_LENGTH = 40;

const pick = (text: string, label: string, groups: number): string | undefined =>
  new RegExp(`${label}:?\\s*((?:[0-9A-Za-z]{4}[\\s\\-–—]*){${groups}})`, 'i').exec(text)?.[1]?.trim();

export interface FoundInKit {
  handle?: string | undefined;
  accountSecret?: string | undefined;
  recoveryCode?: string | undefined;
}

/** What of a kit is in a text: the text of a whole one, or a code alone. */
export function readKit(text: string): FoundInKit {
  const whole = /recovery kit/i.test(text) || /account secret|recovery code/i.test(text);
  if (whole) {
    return {
      handle: /handle:\s*([a-z0-9][a-z0-9.-]*?)(?=\s|Account secret|$)/i.exec(text)?.[1],
      accountSecret: pick(text, 'account secret', 8),
      recoveryCode: pick(text, 'recovery code', 10),
    };
  }
  const { length } = plainCode(text);
  if (length === SECRET_LENGTH) return { accountSecret: text.trim() };
  if (length === CODE_LENGTH) return { recoveryCode: text.trim() };
  return {};
}

/** What can be said about a code while it is being typed: empty, or whether its checksum fits. */
export async function checkTyped(kind: 'account secret' | 'recovery code', typed: string): Promise<string> {
  const { length } = plainCode(typed);
  if (length < (kind === 'account secret' ? SECRET_LENGTH : CODE_LENGTH)) return '';
  await init();
  const fits = kind === 'account secret' ? checkAccountSecret(typed.trim()) : checkRecoveryCode(typed.trim());
  if (fits) return 'No typing error found';
  if (kind === 'account secret' && length === CODE_LENGTH)
    return 'This looks like the recovery code: ten groups instead of eight';
  if (kind === 'recovery code' && length > CODE_LENGTH)
    return 'These are too many characters: the code has ten groups of four';
  return 'There is a typing error in it: its checksum does not match';
}
