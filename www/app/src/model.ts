/** What goes inside the sealed bytes. Everything that says something about a client is here and nowhere else. */
import type { DrawerName } from './device.ts';

/** One note as it is written: the session's date and the text of each field. */
export interface Content {
  date: string;
  /** The client's name as it was when the chart record was saved: a reader has no other way to know it. */
  about?: string | undefined;
  fields: Record<string, string>;
}

export interface Field {
  id: string;
  label: string;
  hint: string;
}

export const FIELDS: Record<DrawerName, readonly Field[]> = {
  private: [
    {
      id: 'text',
      label: 'Psychotherapy note text',
      hint: 'Your own reflections, hypotheses, countertransference. Nothing is required.',
    },
  ],
  chart: [
    { id: 'presenting-problem', label: 'Presenting problem', hint: 'What brought the client today' },
    { id: 'goals', label: 'Goals', hint: 'Goals of the treatment plan that were worked on' },
    { id: 'interventions', label: 'Interventions', hint: 'What you did' },
    { id: 'response', label: 'Response', hint: 'How the client responded' },
    { id: 'plan', label: 'Plan', hint: 'Next steps, changes of the plan' },
  ],
};

export const blank = (drawer: DrawerName, date: string): Content => ({
  date,
  fields: Object.fromEntries(FIELDS[drawer].map((field) => [field.id, ''])),
});

export const isBlank = (content: Content): boolean => Object.values(content.fields).every((text) => text === '');

export const sameContent = (one: Content, other: Content): boolean =>
  one.date === other.date &&
  Object.keys({ ...one.fields, ...other.fields }).every((id) => (one.fields[id] ?? '') === (other.fields[id] ?? ''));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** The private drawer's text is JSON `{date, text}`. Text written by another program is shown as it is. */
export const toPrivateText = ({ date, fields }: Content): string => JSON.stringify({ date, text: fields.text ?? '' });
export const fromPrivateText = (sealed: string, date: string): Content => {
  const value = parse(sealed);
  return typeof value?.text === 'string'
    ? { date: typeof value.date === 'string' ? value.date : date, fields: { text: value.text } }
    : { date, fields: { text: sealed } };
};

/**
 * A progress note is one section per field, and `session` with JSON `{date, client}`. Every section is always there, empty or
 * not: the server sees the sections' names and must not learn which of them were filled in.
 */
export const toSections = ({ date, fields }: Content, client: string): Record<string, string> => ({
  ...fields,
  session: JSON.stringify({ date, client }),
});
export const fromSections = ({ session, ...fields }: Record<string, string>, date: string): Content => {
  const value = parse(session ?? '');
  return {
    date: typeof value?.date === 'string' ? value.date : date,
    about: typeof value?.client === 'string' ? value.client : undefined,
    fields: { ...blank('chart', date).fields, ...fields },
  };
};

/** A client is a chart record of its own whose record id is the client's id; its section `client` is JSON `{name}`. */
export const CLIENT_SECTION = 'client';
export const toClientSection = (name: string): Record<string, string> => ({
  [CLIENT_SECTION]: JSON.stringify({ name }),
});
export const fromClientSection = (sections: Record<string, string>): string => {
  const name = parse(sections[CLIENT_SECTION] ?? '')?.name;
  return typeof name === 'string' ? name : 'Unnamed client';
};

const two = (value: number): string => String(value).padStart(2, '0');
export const localDate = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
export const today = (): string => localDate(new Date());

const longDate = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  year: 'numeric',
  month: 'long',
  day: 'numeric',
});
export const showDate = (date: string): string => {
  const at = new Date(`${date}T12:00:00`);
  return Number.isNaN(at.valueOf()) ? 'No date' : longDate.format(at);
};

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
export const showDay = (at: Date): string => (Number.isNaN(at.valueOf()) ? 'unknown' : day.format(at));

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
export const showMoment = (at: Date): string => (Number.isNaN(at.valueOf()) ? 'unknown' : moment.format(at));

export const PURPOSES = [
  ['treatment', 'Treatment'],
  ['supervision', 'Supervision'],
  ['payment', 'Payment'],
  ['operations', 'Operations'],
  ['client-access', 'Client access'],
] as const;
export const showPurpose = (purpose: string): string => PURPOSES.find(([id]) => id === purpose)?.[1] ?? purpose;
