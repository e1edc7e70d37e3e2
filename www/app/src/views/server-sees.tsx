import { useMemo } from 'preact/hooks';
import { inspect } from 'sealed-notes';
import { fromBase64, get, hasStatus } from '../api.ts';
import type { NoteEditor } from '../editor.ts';
import { useLoad } from '../hooks.ts';
import { explainColumn } from '../metadata.ts';
import { type Content, FIELDS, showMoment } from '../model.ts';
import type { Session } from '../state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormError, Loading } from '../ui/fields.tsx';
import { HexDump } from '../ui/hexdump.tsx';
import { NoteText } from '../ui/note-text.tsx';

type Value = string | number | boolean | null | { bytes: string };

interface StoredRow {
  table: string;
  columns: Record<string, Value>;
}

interface ServerSeesProps {
  session: Session;
  editor: NoteEditor;
  onClose: () => void;
}

const isBytes = (value: Value): value is { bytes: string } => typeof value === 'object' && value !== null;

export function ServerSeesDialog({ editor, onClose }: ServerSeesProps) {
  const { drawer, ids, head } = editor;
  const stored = useLoad(
    () =>
      get<{ rows: StoredRow[] }>(`${drawer.path}/${ids.record}/stored`).catch((error) => {
        if (hasStatus(error, 404)) return { rows: [] };
        throw error;
      }),
    [drawer, ids.record],
  );
  const seen = useLoad(async () => (head ? inspect(head.bytes) : undefined), [head]);
  const rows = stored.value?.rows ?? [];
  const { content } = head ?? editor;

  return (
    <Dialog title="What the server sees" testId="server-sees-dialog" wide onClose={onClose}>
      <div class="compare">
        <section class={`card drawer-card ${drawer.name}`} data-testid="what-you-see">
          <h3>What you see</h3>
          <NoteText drawer={drawer.name} content={content} testId="your-text" />
        </section>
        <section class="stack" aria-busy={stored.loading}>
          <h3>What is stored</h3>
          <FormError text={stored.error} />
          {stored.loading && <Loading />}
          {stored.value && rows.length === 0 && <p>Nothing of this note is stored yet.</p>}
          {rows.length > 0 && <SearchResult rows={rows} content={content} />}
          <div class="stack" data-testid="stored-rows">
            {rows.map((row, at) => (
              <StoredTable key={at} row={row} number={at + 1} />
            ))}
          </div>
          {seen.value && (
            <section class="stack" data-testid="inspect">
              <h4>What can be read in the sealed bytes without a key</h4>
              <p class="muted">
                {seen.value.type}, {seen.value.size.toLocaleString()} bytes
              </p>
              <table class="meta">
                <thead>
                  <tr>
                    <th scope="col">Field</th>
                    <th scope="col">Value</th>
                  </tr>
                </thead>
                <tbody>
                  {seen.value.fields.map((field, at) => (
                    <tr key={at}>
                      <th scope="row">
                        <code>{field.name}</code>
                        <span class="muted">{explainColumn(field.name)}</span>
                      </th>
                      <td>
                        <Plain name={field.name} value={field.value} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
          <FormError text={seen.error} />
        </section>
      </div>
    </Dialog>
  );
}

const WORD = /[\p{L}\p{N}]{5,}/gu;
// Labels and section names stand in the rows in the clear, whatever the note says.
const FORMAT = new Set(
  ['application', 'sealed', 'notes', 'version', 'grant', ...FIELDS.chart.map((field) => field.id), 'session']
    .join(' ')
    .match(WORD),
);

const contains = (bytes: Uint8Array, word: Uint8Array): boolean => {
  for (
    let at = bytes.indexOf(word[0] ?? 0);
    at >= 0 && at + word.length <= bytes.length;
    at = bytes.indexOf(word[0] ?? 0, at + 1)
  ) {
    if (word.every((byte, offset) => bytes[at + offset] === byte)) return true;
  }
  return false;
};

/** Looks for the note's own words in the stored bytes, here in the browser: nothing has to be taken on trust. */
function SearchResult({ rows, content }: { rows: StoredRow[]; content: Content }) {
  const { words, found } = useMemo(() => {
    const encoder = new TextEncoder();
    const blobs = rows.flatMap((row) =>
      Object.values(row.columns).map((value) =>
        isBytes(value) ? fromBase64(value.bytes) : encoder.encode(String(value)),
      ),
    );
    const all = [...new Set(Object.values(content.fields).join(' ').match(WORD))].filter((word) => !FORMAT.has(word));
    return {
      words: all.length,
      found: all.filter((word) => blobs.some((blob) => contains(blob, encoder.encode(word)))).length,
    };
  }, [rows, content]);
  if (words === 0) return null;
  return (
    <p class={found === 0 ? 'verified' : 'warn'} data-testid="word-search">
      Your words found in these rows: <strong>{found}</strong> of {words} (searched just now, in this browser; the
      format's own words are not counted).
    </p>
  );
}

function StoredTable({ row, number }: { row: StoredRow; number: number }) {
  return (
    <section class="stored">
      <h4>
        Table <code>{row.table}</code>
      </h4>
      <dl class="columns">
        {Object.entries(row.columns).map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
              <span class="muted">{explainColumn(name, row.table)}</span>
            </dt>
            <dd>
              {isBytes(value) ? (
                <Bytes bytes={fromBase64(value.bytes)} name={`${row.table}.${name}, row ${number}`} />
              ) : (
                <Plain name={name} value={value} />
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Plain({ name, value }: { name: string; value: string | number | boolean | null }) {
  const time = name.endsWith('_at') && value !== null ? new Date(Number(value) * 1000) : undefined;
  return (
    <>
      <code>{value === null ? 'null' : String(value)}</code>
      {time && <span class="muted"> {showMoment(time)}</span>}
    </>
  );
}

// Ids and hashes are short; whatever is longer is shown as a dump.
const SHORT = 32;

function Bytes({ bytes, name }: { bytes: Uint8Array; name: string }) {
  if (bytes.length <= SHORT)
    return <code>{Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}</code>;
  return (
    <>
      <p class="muted">{bytes.length.toLocaleString()} bytes</p>
      <HexDump bytes={bytes} label={`Bytes of ${name}`} />
    </>
  );
}
