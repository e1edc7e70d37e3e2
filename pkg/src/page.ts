import { type ErrorCode, SealedNotesError } from './error.js';
import type { ChartRecord, PrivateNote } from './types.js';

/** @internal As src/wasm/page.rs lays it out. */
export type Page = [text: string, lengths: Uint32Array, numbers: Float64Array];

/** @internal What was opened, in order, or why it was not; `elsewhere` is what workers opened of it. */
export function readPage(page: unknown, elsewhere: (ChartRecord | undefined)[] = []): (ChartRecord | SealedNotesError)[] {
  const [text, lengths, numbers] = page as Page;
  let at = 0;
  let piece = 0;
  const next = (): string => {
    const end = at + (lengths[piece++] as number);
    const taken = text.slice(at, end);
    at = end;
    return taken;
  };
  const records: (ChartRecord | SealedNotesError)[] = [];
  for (let index = 0; index < numbers.length; index += 4) {
    const [count, version, writtenAt, final] = numbers.subarray(index, index + 4) as unknown as [number, number, number, number];
    if (count === -2) {
      records.push(elsewhere[index / 4] as ChartRecord);
      continue;
    }
    if (count < 0) {
      const code = next() as ErrorCode;
      records.push(new SealedNotesError(code, next()));
      continue;
    }
    const [record, client, session, author] = [next(), next(), next(), next()];
    const sections: Record<string, string> = {};
    for (let section = 0; section < count; section++) {
      const name = next();
      sections[name] = next();
    }
    records.push({ record, version, client, ...(session && { session }), author, writtenAt: new Date(writtenAt * 1000), final: final === 1, sections });
  }
  return records;
}

/** @internal A private note has one section, without a name. */
export function readNotes(page: unknown): (PrivateNote | SealedNotesError)[] {
  return readPage(page).map((opened) => {
    if (opened instanceof SealedNotesError) return opened;
    const { sections, ...note } = opened;
    return { ...note, text: sections[''] as string };
  });
}
