/** Whether an account would survive a bad day: which ways there are to unlock it, and when its kit was last tried. */
import type { UnlockSlot, Vault } from 'sealed-notes';

const TRY_EVERY_DAYS = 365;
const DAY_MS = 86_400_000;

/** `no-kit`: a lost passphrase is the end. `untried`: nobody has looked for a year. `kit-alone`: one sheet of paper is all. */
export type Concern = 'no-kit' | 'untried' | 'kit-alone';

export const kitOf = (vault: Vault): UnlockSlot | undefined =>
  vault.unlockSlots().find((slot) => slot.kind === 'recovery-code');

export const nextTry = (checked: Date): Date => new Date(checked.valueOf() + TRY_EVERY_DAYS * DAY_MS);

export const isKitOverdue = (vault: Vault, now = new Date()): boolean => {
  const checked = kitOf(vault)?.checkedAt;
  return checked !== undefined && nextTry(checked) < now;
};

export function concerns(vault: Vault, now = new Date()): Concern[] {
  if (!vault.hasConfirmedRecovery) return ['no-kit'];
  const others = vault.unlockSlots().some(({ kind }) => kind === 'passkey' || kind === 'trustees');
  return [...(isKitOverdue(vault, now) ? (['untried'] as const) : []), ...(others ? [] : (['kit-alone'] as const))];
}
