import { SealedNotesError } from './error.js';

// The glue turns a wrong argument into an empty one: a number passed as text would be sealed as "".

/** @internal */
export function asText(value: string, name: string): string {
  if (typeof value !== 'string') throw new SealedNotesError('invalid_input', `${name} must be a string.`);
  return value;
}

/** @internal */
export function asBytes(value: Uint8Array): Uint8Array {
  // By its tag, too, and not by instanceof alone: test runners and frames have a Uint8Array of their own.
  if (!(value instanceof Uint8Array) && Object.prototype.toString.call(value) !== '[object Uint8Array]') {
    throw new SealedNotesError('invalid_input', 'Sealed bytes must be a Uint8Array, as they were returned when sealing. From a fetch: new Uint8Array(await response.arrayBuffer()).');
  }
  return value;
}

/** @internal */
export function asVersion(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new SealedNotesError('invalid_input', 'baseVersion must be a whole number, 0 when no version was saved yet.');
  return value;
}

/** @internal Glue would cut off a fraction, and take what is missing for 0. */
export function asCount(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new SealedNotesError('invalid_input', `${name} must be a whole number.`);
  return value;
}

/** @internal A misspelt choice is none. */
export function asOneOf<T extends string>(value: T, choices: readonly T[], name: string): T {
  if (!choices.includes(value)) throw new SealedNotesError('invalid_input', `${name} must be one of ${choices.join(', ')}.`);
  return value;
}

/** @internal */
export function seconds(date: Date | undefined): number | undefined {
  return date && Math.floor(date.getTime() / 1000);
}
