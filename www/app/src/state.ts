/** Who is here: nobody, or one clinician with an unlocked vault. */
import type { SlotKind, Vault } from 'sealed-notes';
import { del, onLoggedOut, onRefused } from './api.ts';
import { forgetDeviceId, forgetSecret, rememberHandle } from './device.ts';
import { Drafts } from './drafts.ts';
import { Findings } from './findings.ts';
import { LedgerKeeper } from './ledger.ts';
import { onOtherTabs, type Outdated, outdatedBy, refusal, tellTabs } from './outdated.ts';
import { forgetUnstored } from './vault-changes.ts';

/** The unlock slot that was used. Whoever came by code or trustees has lost the rest: a new kit is made before all else. */
export type CameBy = SlotKind;

export interface Session {
  readonly handle: string;
  readonly vault: Vault;
  readonly drafts: Drafts;
  readonly ledger: LedgerKeeper;
  readonly findings: Findings;
  /** This device, as the account knows it. */
  readonly device: string;
  readonly by: CameBy;
  /** Chosen while waiting for trustees: in effect with the new kit. */
  readonly nextPassphrase?: string;
}

let session: Session | undefined;
let outdated: Outdated | undefined;
let closing: Promise<void> = Promise.resolve();
const listeners = new Set<() => void>();

/** Things that must seal what they hold before the keys go. They are told whether the login is still there. */
export const beforeLock = new Set<(isLoggedIn: boolean) => Promise<unknown>>();

export const currentSession = (): Session | undefined => session;
export const onSessionChange = (tell: () => void): (() => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

/** Also called when the vault itself changed, such as by a new kit. */
export const tellSessionChange = (): void => {
  for (const tell of listeners) tell();
};

/** Why nothing of this session can be stored any more. What is typed is still sealed, and kept on this device. */
export const whyOutdated = (): Outdated | undefined => outdated;
export function markOutdated(why: Outdated): void {
  if (!session || outdated) return;
  outdated = why;
  tellSessionChange();
}
onRefused((reason) => {
  const why = outdatedBy(reason);
  if (why) markOutdated(why);
  return why && refusal(why);
});
onOtherTabs(() => session?.vault, markOutdated);

/** Resolves when the last session has been put away. */
export const closed = (): Promise<void> => closing;

export function enter(arrived: Omit<Session, 'drafts' | 'ledger' | 'findings'>, logIn: () => Promise<void>): void {
  rememberHandle(arrived.handle);
  onLoggedOut(logIn);
  const ledger = new LedgerKeeper(arrived.vault, arrived.device);
  beforeLock.add(ledger.beforeLock);
  session = { ...arrived, drafts: new Drafts(arrived.vault.account), ledger, findings: new Findings(ledger) };
  outdated = undefined;
  tellTabs(arrived.vault);
  tellSessionChange();
}

/** Whether a new kit has to be made before anything else. */
export const needsKit = ({ vault, by }: Session): boolean =>
  by === 'recovery-code' || by === 'trustees' || !vault.hasConfirmedRecovery;

/** A new kit is in effect: whichever way she came in, she can come by passphrase again. */
export function kitIsRenewed(): void {
  if (session) {
    const { nextPassphrase, ...rest } = session;
    session = { ...rest, by: 'passphrase' };
  }
  tellSessionChange();
}

/** Seals and keeps whatever was typed, and sends what waits. */
export const putAllAway = async (): Promise<void> => {
  await Promise.allSettled([...beforeLock].map((seal) => seal(true)));
};

const SEALING_TAKES_AT_MOST_MS = 3_000;

/** Takes every text off the screen, seals what was typed, wipes the keys, ends the login. In that order. */
export function lock({ endLogin = true } = {}): Promise<void> {
  const { vault, drafts, ledger } = session ?? {};
  if (!vault || !drafts || !ledger) return closing;
  const isOwnLogin = outdated !== 'switched';
  const sealing = [...beforeLock].map((seal) => seal(endLogin && isOwnLogin));
  forgetUnstored();
  session = undefined;
  outdated = undefined;
  tellSessionChange();
  closing = (async () => {
    await Promise.race([
      Promise.allSettled(sealing),
      new Promise((resolve) => setTimeout(resolve, SEALING_TAKES_AT_MOST_MS)),
    ]);
    vault.lock();
    beforeLock.delete(ledger.beforeLock);
    ledger.close();
    onLoggedOut(undefined);
    await drafts.idle();
    drafts.close();
    if (endLogin && isOwnLogin) await del('/login').catch(() => undefined);
  })();
  return closing;
}

export async function forgetThisDevice(): Promise<void> {
  if (session) {
    await forgetSecret(session.handle);
    await forgetDeviceId(session.handle);
  }
  await lock();
}
