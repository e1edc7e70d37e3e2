import { SealedNotesError } from 'sealed-notes';
import { ApiError } from './api.ts';

/** What to tell the user. The messages of both error classes hold their cure; anything else is ours to fix. */
export function explain(error: unknown): string {
  if (error instanceof SealedNotesError || error instanceof ApiError) return error.message;
  return 'Something unexpected went wrong. Reload the page; your drafts are kept.';
}

export const hasCode = (error: unknown, code: string): boolean =>
  (error instanceof SealedNotesError || error instanceof ApiError) && error.code === code;
