/** Asking others for a way in: another device of one's own, or one's trustees. */
import type { UnlockRequest } from 'sealed-notes';
import { del, fromBase64, get, post, toBase64 } from './api.ts';

export interface SentRequest {
  hash: string;
  expiresAt: Date;
}

/** Sending it again does no harm. */
export async function sendRequest(request: UnlockRequest): Promise<SentRequest> {
  const sent = await post<{ request: string; expiresAt: string }>('/requests', { request: toBase64(request.bytes) });
  return { hash: sent.request, expiresAt: new Date(sent.expiresAt) };
}

export interface Answers {
  answers: Uint8Array[];
  /** Whether it can still be answered. */
  open: boolean;
}

export async function fetchAnswers(hash: string): Promise<Answers> {
  const found = await get<{ answers: string[]; expiresAt: string | null }>(`/requests/${hash}`);
  return {
    answers: found.answers.map(fromBase64),
    open: found.expiresAt !== null && Date.parse(found.expiresAt) > Date.now(),
  };
}

/** What an account no longer needs once its owner is back in. What fails here ends by itself some days later. */
export async function endRequestsToTrustees(account: string): Promise<void> {
  const { requests } = await get<{ requests: { request: string; kind: string; account: string }[] }>('/requests');
  for (const { request, kind, account: of } of requests) {
    if (kind === 'trustees' && of === account) await del(`/requests/${request}`);
  }
}
