import { useState } from 'preact/hooks';
import type { NoteEditor } from '../editor.ts';
import { showMoment, showPurpose } from '../model.ts';
import { isActive, type ReaderRow } from '../sharing.ts';
import type { Session } from '../state.ts';
import { RevokeDialog } from './revoke.tsx';

interface ReadersProps {
  session: Session;
  editor: NoteEditor;
  rows: ReaderRow[];
  onChange: () => void;
}

export const showVersions = (versions: number[]): string =>
  versions.length === 1 ? `version ${versions[0]}` : `versions ${versions.join(', ')}`;

export function Readers({ session, editor, rows, onChange }: ReadersProps) {
  const [leaving, setLeaving] = useState<ReaderRow>();
  return (
    <section class="readers" aria-label="Readers of this progress note">
      <h3>Readers</h3>
      {rows.length === 0 && <p class="muted">Nobody but you. Share the saved version with a person you name.</p>}
      <ul data-testid="readers">
        {rows.map((row) => (
          <li key={row.account} data-testid="reader">
            <div>
              <p>
                <strong>{row.handle}</strong> <span class="tag">{showPurpose(row.purpose)}</span>
              </p>
              <p class="muted">
                Can read {showVersions(row.versions)} · since {showMoment(row.since)}
                {row.expires && ` · ${isActive(row) ? 'until' : 'expired'} ${showMoment(row.expires)}`}
              </p>
              {!row.verified && <p class="warn">Their present keys are not the ones you compared.</p>}
            </div>
            <button type="button" data-testid="revoke" onClick={() => setLeaving(row)}>
              Revoke…
            </button>
          </li>
        ))}
      </ul>
      {leaving && (
        <RevokeDialog
          session={session}
          editor={editor}
          reader={leaving}
          rows={rows}
          onRevoked={onChange}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </section>
  );
}
