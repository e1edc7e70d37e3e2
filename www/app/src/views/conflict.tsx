import { useState } from 'preact/hooks';
import type { NoteEditor } from '../editor.ts';
import { NoteText } from '../ui/note-text.tsx';

/** Two texts for one note: hers stays in the fields, the other one is here, and only she decides. */
export function ConflictBox({ editor }: { editor: NoteEditor }) {
  const [shown, setShown] = useState(false);
  const { conflict, drawer } = editor;
  if (!conflict) return null;
  const saved = conflict.kind === 'version';
  return (
    <div class="conflict" role="alert" data-testid="conflict">
      <p>
        <strong>
          {saved
            ? `Version ${conflict.theirs.version} was saved elsewhere in the meantime.`
            : 'Another draft of this note was kept on another device.'}
        </strong>{' '}
        Your text below is untouched.
      </p>
      <div class="actions">
        <button type="button" data-testid="view-theirs" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide the other text' : 'View the other text'}
        </button>
        <button type="button" data-testid="save-mine" disabled={editor.saving} onClick={() => editor.saveMine()}>
          {saved ? 'Save mine as next version' : 'Save mine'}
        </button>
        <button type="button" data-testid="use-theirs" disabled={editor.saving} onClick={() => editor.useTheirs()}>
          Use the other
        </button>
      </div>
      {shown && <NoteText drawer={drawer.name} content={conflict.theirs.content} testId="theirs" />}
    </div>
  );
}
