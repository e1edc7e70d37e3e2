/** How hard a passphrase is to guess. A chunk of its own: the dictionaries are bigger than the rest of the page. */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english, translations } from '@zxcvbn-ts/language-en';

/** What whoever guesses at this account tries first. */
const OF_THIS_TRADE = [
  ...['sealed', 'notes', 'therapy', 'therapist', 'psychotherapy', 'psychotherapist', 'psychology', 'psychologist'],
  ...['counseling', 'counselor', 'clinic', 'clinician', 'practice', 'private', 'session', 'patient', 'client'],
];

const checker = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  translations,
  maxLength: 128,
});

export interface Strength {
  /** 0 to 4. */
  score: number;
  /** What is wrong with it and what would help, in a sentence or two; empty if nothing is. */
  advice: string;
}

export function strengthOf(passphrase: string, handle: string): Strength {
  const known = [...OF_THIS_TRADE, ...handle.split(/[^a-z0-9]+/i), handle];
  const whole = checker.check(passphrase, known);
  // What everybody can see of an account makes nothing harder to guess, however often it is repeated.
  const rest = handle.length < 3 ? passphrase : passphrase.replace(new RegExp(escape(handle), 'gi'), '');
  const { score } = rest === passphrase ? whole : checker.check(rest, known);
  if (score < whole.score) return { score, advice: 'Your handle in it does not count: everybody can see that.' };
  const { warning, suggestions } = whole.feedback;
  return { score: whole.score, advice: [warning, suggestions[0]].filter(Boolean).join(' ') };
}

const escape = (text: string): string => text.replace(/[^a-z0-9]/gi, '\\$&');
