import { useState } from 'preact/hooks';
import { fetchVersion, listVersions } from '../drawers.ts';
import type { NoteEditor } from '../editor.ts';
import { useLoad } from '../hooks.ts';
import { showMoment } from '../model.ts';
import { Dialog } from '../ui/dialog.tsx';
import { FormError, Loading } from '../ui/fields.tsx';
import { NoteText } from '../ui/note-text.tsx';

export function HistoryDialog({ editor, onClose }: { editor: NoteEditor; onClose: () => void }) {
  const { drawer, ids } = editor;
  const versions = useLoad(() => listVersions(drawer, ids.record), [drawer, ids.record]);
  const [chosen, setChosen] = useState<number>();
  return (
    <Dialog title="Versions" testId="history-dialog" onClose={onClose}>
      <p>
        Every save is kept as it was. A version can be read here; to bring its text back, copy it into the note and
        save.
      </p>
      <FormError text={versions.error} />
      <ul class="list">
        {versions.value?.toReversed().map(({ version, storedAt }) => (
          <li key={version}>
            <button
              type="button"
              class="row"
              data-testid="history-item"
              aria-expanded={chosen === version}
              onClick={() => setChosen(chosen === version ? undefined : version)}
            >
              <span>Version {version}</span>
              <span class="muted">stored {showMoment(new Date(storedAt))}</span>
            </button>
            {chosen === version && <Version editor={editor} version={version} />}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Version({ editor, version }: { editor: NoteEditor; version: number }) {
  const { drawer, ids } = editor;
  const opened = useLoad(() => fetchVersion(drawer, ids.record, version), [drawer, ids.record, version]);
  if (opened.value) return <NoteText drawer={drawer.name} content={opened.value.content} testId="history-text" />;
  return opened.error ? <FormError text={opened.error} /> : <Loading />;
}
