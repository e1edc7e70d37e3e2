import { useMemo, useState } from 'preact/hooks';
import { type Audit, type AuditRow, type Filter, KINDS, MARKS, NO_FILTER } from '../audit.ts';
import { knownClients } from '../clients.ts';
import { kindOfRecord } from '../findings.ts';
import { localDate, showDate } from '../model.ts';
import type { Session } from '../state.ts';
import { type Option, SelectField, TextField } from './fields.tsx';

interface FiltersProps {
  session: Session;
  audit: Audit;
  filter: Filter;
  onChange: (filter: Filter) => void;
}

const byLabel = ([, one]: Option, [, other]: Option): number => one.localeCompare(other);

export function AuditFilters({ session, audit, filter, onChange }: FiltersProps) {
  const set = (part: Partial<Filter>): void => onChange({ ...filter, ...part });
  const people = [...audit.people].map(([id, { handle }]): Option => [id, handle]).sort(byLabel);
  const clients = useMemo(() => {
    const names = knownClients(session.vault);
    const own = new Set(audit.rows.flatMap(({ kind, client }) => (client && kind !== 'opened-shared' ? client : [])));
    return [...own].map((id): Option => [id, names.get(id) ?? `Client ${id.slice(0, 6)}…`]).sort(byLabel);
  }, [audit]);
  const records = useMemo(() => recordsOf(audit.rows, filter), [audit, filter.client, filter.record]);
  // On a phone they would push the list off the screen.
  const [isOpen] = useState(() => matchMedia('(min-width: 48rem)').matches);
  const isFiltered = Object.values(filter).some((value) => value !== '');
  return (
    <details class="audit-filter-box no-print" open={isOpen}>
      <summary data-testid="audit-filters">Filters{isFiltered && <span class="muted"> · in use</span>}</summary>
      <form class="audit-filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Person"
          testId="audit-person"
          every="Everybody"
          options={people}
          value={filter.person}
          onValue={(person) => set({ person })}
        />
        <Choice
          label="Client"
          testId="audit-client"
          every="All clients"
          options={clients}
          value={filter.client}
          onValue={(client) => set({ client, record: '' })}
        />
        <Choice
          label="Record"
          testId="audit-record"
          every={records.length === 0 ? 'Choose a client first' : 'All records'}
          options={records}
          value={filter.record}
          disabled={records.length === 0}
          onValue={(record) => set({ record })}
        />
        <Choice
          label="Kind"
          testId="audit-kind"
          every="Everything"
          options={Object.entries(KINDS).map(([id, { label }]): Option => [id, label])}
          value={filter.kind}
          onValue={(kind) => set({ kind })}
        />
        <TextField
          label="From"
          testId="audit-from"
          type="date"
          value={filter.from}
          autocomplete="off"
          onValue={(from) => set({ from })}
        />
        <TextField
          label="To"
          testId="audit-to"
          type="date"
          value={filter.to}
          autocomplete="off"
          onValue={(to) => set({ to })}
        />
        <Choice
          label="Stands out"
          testId="audit-mark"
          every="All, marked or not"
          options={[
            ['any', 'Anything that stands out'],
            ...Object.entries(MARKS).map(([id, { word }]): Option => [id, word]),
          ]}
          value={filter.mark}
          onValue={(mark) => set({ mark })}
        />
        <div class="audit-clear">
          <button
            type="button"
            class="quiet"
            data-testid="audit-clear"
            disabled={!isFiltered}
            onClick={() => onChange(NO_FILTER)}
          >
            Clear filters
          </button>
        </div>
      </form>
    </details>
  );
}

/** Of the client that was chosen: a list of all would be too long to choose from. A session's two notes have one id. */
function recordsOf(rows: AuditRow[], { client, record: chosen }: Filter): Option[] {
  const first = new Map<string, AuditRow>();
  for (const row of rows) {
    if (row.record && (row.record === chosen || (client && row.client === client))) first.set(row.record, row);
  }
  return [...first].map(([id, { at, drawer = 'chart', client, kind }]): Option => {
    const what =
      id === client || kind === 'opened-shared' ? kindOfRecord({ drawer, record: id, client }) : 'Notes of a session';
    return [id, `${what}, since ${showDate(localDate(at))}`];
  });
}

interface ChoiceProps {
  label: string;
  testId: string;
  /** What it says where nothing is chosen. */
  every: string;
  options: Option[];
  value: string;
  disabled?: boolean;
  onValue: (value: string) => void;
}

function Choice({ every, options, ...field }: ChoiceProps) {
  const { value } = field;
  // What was asked for in the address may not be in the ledger; it is a filter all the same.
  const isKnown = value === '' || options.some(([option]) => option === value);
  const unknown: Option[] = isKnown ? [] : [[value, `${value.slice(0, 8)}…`]];
  return <SelectField {...field} options={[['', every], ...unknown, ...options]} />;
}
