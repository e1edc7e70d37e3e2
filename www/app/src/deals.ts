/** Shares: dealt to others, and held for others. */
import { type Dealt, type DealKind, type Id, type Share, type ShareFor, type Vault } from 'sealed-notes';
import { ApiError, del, fromBase64, get, hasStatus, post, toBase64 } from './api.ts';
import { forgetUnprinted, rememberUnprinted } from './device.ts';
import type { OpenRequest } from './devices.ts';
import { personByAccount } from './people.ts';
import { changeVault } from './vault-changes.ts';

/** Somebody who is to hold a share; without an account, on paper. */
export interface Chosen {
  name: string;
  account?: Id;
}

/** One printed share. It is in memory until it was printed, and nowhere else. */
export interface Sheet {
  name: string;
  number: number;
  text: string;
}

export interface Dealing {
  kind: DealKind;
  deal: Id;
  threshold: number;
  names: string[];
  sheets: Sheet[];
}

/** Keys are asked for again at the last moment, so that nothing is sealed to ones that were replaced while a form was open. */
const withKeys = (vault: Vault, people: Chosen[]): Promise<ShareFor[]> =>
  Promise.all(
    people.map(async ({ name, account }) => {
      if (account === undefined) return { name };
      const { verified } = await personByAccount(vault, account);
      if (verified) return { name, to: verified };
      throw new ApiError(
        409,
        'keys_changed',
        `The server hands out other keys for ${name} than those you compared. Call ${name}, and do not go on until you know why.`,
      );
    }),
  );

/** Deals shares and stores them, and then the vault that knows of them. Resolves with what has to be printed. */
export async function deal<T extends Dealt>(
  kind: DealKind,
  people: Chosen[],
  threshold: number,
  make: (vault: Vault, people: ShareFor[]) => Promise<T>,
  more: (made: T) => Record<string, unknown> = () => ({}),
): Promise<Dealing> {
  const { deal, shares } = await changeVault(async (vault) => {
    const made = await make(vault, await withKeys(vault, people));
    if (people.some(({ account }) => account === undefined)) rememberUnprinted(made.deal);
    const sealed = made.shares.flatMap((share) =>
      'recipient' in share ? [{ recipient: share.recipient, sealed: toBase64(share.bytes) }] : [],
    );
    return { ...made, first: { path: `/deals/${made.deal}`, body: { kind, shares: sealed, ...more(made) } } };
  });
  return {
    kind,
    deal,
    threshold,
    names: people.map(({ name }) => name),
    sheets: shares.flatMap((share, at) =>
      'text' in share ? [{ name: share.name, number: at + 1, text: share.text }] : [],
    ),
  };
}

export const printed = ({ deal }: Dealing): void => forgetUnprinted(deal);

export const dealTrustees = (people: Chosen[], threshold: number): Promise<Dealing> =>
  deal('trustees', people, threshold, (vault, holders) => vault.dealTrustees({ threshold, people: holders }));

/** On the server. Repeating is harmless. */
export async function dropDeal(id: Id): Promise<void> {
  await del(`/deals/${id}`).catch((error: unknown) => {
    if (!hasStatus(error, 404)) throw error;
  });
  forgetUnprinted(id);
}

export async function removeTrustees(id: Id): Promise<void> {
  await dropDeal(id);
  await changeVault((vault) => vault.removeSlot(id));
}

/** A share that somebody else dealt to this account. */
export interface HeldShare {
  deal: Id;
  kind: DealKind;
  account: Id;
  handle: string;
  sealed: string;
  storedAt: string;
}

export const listShares = async (): Promise<HeldShare[]> => (await get<{ shares: HeldShare[] }>('/shares')).shares;

export async function openHeld(vault: Vault, held: HeldShare): Promise<Share> {
  const { identity: owner } = await personByAccount(vault, held.account);
  return vault.openShare({ owner, kind: held.kind, deal: held.deal, sealed: fromBase64(held.sealed) });
}

/** Hands a share on to whoever made the request, if its code is the one that she read aloud. */
export async function handOn(vault: Vault, asked: OpenRequest, held: HeldShare, code: string): Promise<void> {
  const share = await openHeld(vault, held);
  const answer = await vault.answerWithShare({ share, request: asked.sealed, code });
  await post(`/requests/${asked.request}/answers`, { sealed: toBase64(answer) });
}

/** What a threshold means, in words. `can` is what enough people can do together. */
export function meaning(threshold: number, count: number, can: string): string {
  if (count === 2) return `Both together can ${can}; if one cannot be reached, the other cannot.`;
  const fewer = threshold === 2 ? 'one alone cannot' : `${threshold - 1} together cannot`;
  return threshold === count
    ? `All ${count} together can ${can}; if one cannot be reached, the others cannot.`
    : `Any ${threshold} of these ${count} together can ${can}; ${fewer}.`;
}
