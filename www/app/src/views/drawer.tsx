import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { NoteEditor } from '../editor.ts';
import { useLoad, useSubscription } from '../hooks.ts';
import { FIELDS, type Field } from '../model.ts';
import { hiddenReaders, isActive, listReaders, type ReaderRow } from '../sharing.ts';
import type { Session } from '../state.ts';
import { FormError } from '../ui/fields.tsx';
import { ChartIcon, EyeIcon, PeopleIcon, PrivateIcon, ServerIcon } from '../ui/icons.tsx';
import { ConflictBox } from './conflict.tsx';
import { HistoryDialog } from './history.tsx';
import { Readers } from './readers.tsx';
import { ServerSeesDialog } from './server-sees.tsx';
import { ShareDialog } from './share.tsx';

interface DrawerProps {
  session: Session;
  editor: NoteEditor;
}

export function PrivateDrawer({ session, editor }: DrawerProps) {
  return (
    <DrawerFrame
      editor={editor}
      session={session}
      title="Psychotherapy note"
      drawerName="Private drawer"
      icon={<PrivateIcon />}
      readable="only you"
      belongs="Your own reflections. Diagnosis, plan, medication, tests and session times belong in the chart."
    />
  );
}

const names = (readers: ReaderRow[]): string =>
  readers.length === 0 ? 'only you' : `you and ${readers.map((reader) => reader.handle).join(', ')}`;

export function ChartDrawer({ session, editor }: DrawerProps) {
  useSubscription(editor.subscribe);
  const [sharing, setSharing] = useState(false);
  const { head } = editor;
  const readers = useLoad(async () => {
    if (!head) return { rows: [], hidden: [] };
    await session.ledger.ready;
    const rows = await listReaders(session.vault, head.record, head.bytes);
    return { rows, hidden: await hiddenReaders(session.vault, head.record, rows) };
  }, [session.vault, head]);
  const { rows, hidden } = readers.value ?? { rows: [], hidden: [] };
  return (
    <DrawerFrame
      editor={editor}
      session={session}
      title="Progress note"
      drawerName="Chart"
      icon={<ChartIcon />}
      readable={head && !readers.value ? 'you and the people you named' : names(rows.filter(isActive))}
      belongs="Facts for the record. A saved version goes to the readers named here; drafts stay yours alone."
      action={
        <button
          type="button"
          data-testid="share"
          disabled={!head}
          title={head ? undefined : 'Save the note first'}
          onClick={() => setSharing(true)}
        >
          <PeopleIcon /> Share…
        </button>
      }
    >
      <FormError text={readers.error} />
      <Readers session={session} editor={editor} rows={rows} hidden={hidden} onChange={readers.reload} />
      {sharing && head && (
        <ShareDialog
          session={session}
          editor={editor}
          head={head}
          readers={rows}
          onShared={readers.reload}
          onClose={() => setSharing(false)}
        />
      )}
    </DrawerFrame>
  );
}

interface FrameProps extends DrawerProps {
  title: string;
  drawerName: string;
  icon: ComponentChildren;
  readable: string;
  belongs: string;
  action?: ComponentChildren;
  children?: ComponentChildren;
}

function DrawerFrame({ editor, session, title, drawerName, icon, readable, belongs, action, children }: FrameProps) {
  useSubscription(editor.subscribe);
  const [open, setOpen] = useState<'server' | 'history'>();
  const id = useId();
  const { name } = editor.drawer;
  const onKey = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 's') {
      event.preventDefault();
      editor.save();
    }
  };
  const close = (): void => setOpen(undefined);
  return (
    <section class={`drawer ${name}`} aria-labelledby={id} data-testid={`drawer-${name}`} onKeyDown={onKey}>
      <header class="drawer-head">
        <p class="drawer-name">
          {icon} {drawerName}
        </p>
        <h2 id={id}>{title}</h2>
        <p class="readable" data-testid="readable-by">
          <EyeIcon /> <span>Readable by: {readable}</span>
        </p>
        <p class="hint">{belongs}</p>
      </header>
      <ConflictBox editor={editor} />
      <div class="drawer-fields">
        {FIELDS[name].map((field) => (
          <NoteField key={field.id} field={field} editor={editor} />
        ))}
      </div>
      <DrawerBar editor={editor} />
      <div class="drawer-tools">
        {action}
        <button
          type="button"
          class="quiet"
          data-testid="history"
          disabled={!editor.head}
          onClick={() => setOpen('history')}
        >
          Versions
        </button>
        <button type="button" class="quiet" data-testid="server-sees" onClick={() => setOpen('server')}>
          <ServerIcon /> What the server sees
        </button>
      </div>
      {children}
      {open === 'history' && <HistoryDialog editor={editor} onClose={close} />}
      {open === 'server' && <ServerSeesDialog session={session} editor={editor} onClose={close} />}
    </section>
  );
}

function NoteField({ field, editor }: { field: Field; editor: NoteEditor }) {
  const id = useId();
  return (
    <div class="note-field">
      <label for={id}>{field.label}</label>
      <textarea
        id={id}
        data-testid={`field-${field.id}`}
        autocomplete="off"
        spellcheck={false} // browsers can be set to send what is typed to a spell checker elsewhere
        placeholder={field.hint}
        value={editor.content.fields[field.id] ?? ''}
        onInput={(event) => editor.type(field.id, event.currentTarget.value)}
      />
    </div>
  );
}

function DrawerBar({ editor }: { editor: NoteEditor }) {
  const { head, hasDraft, pending } = editor;
  const version = head ? `Version ${head.version}${hasDraft || pending ? ' + draft' : ''}` : 'Not saved yet';
  return (
    <div class="drawer-bar">
      <div class="bar-state">
        <p class="version" data-testid="version">
          {version}
        </p>
        <p class="status" role="status" data-testid="status" data-pending={pending || editor.saving}>
          {editor.status}
        </p>
        <p class="form-error" role="alert" data-testid={editor.error ? 'save-error' : undefined}>
          {editor.error}
        </p>
      </div>
      <div class="bar-actions">
        {editor.discarded ? (
          <button type="button" class="quiet" data-testid="undo-discard" onClick={() => editor.undo()}>
            Undo
          </button>
        ) : (
          <button
            type="button"
            class="quiet"
            data-testid="discard-draft"
            disabled={!hasDraft && !pending}
            onClick={() => editor.discard()}
          >
            Discard draft
          </button>
        )}
        <button
          type="button"
          class="primary"
          data-testid="save"
          disabled={editor.saving || editor.conflict !== undefined}
          onClick={editor.save}
        >
          Save
        </button>
      </div>
    </div>
  );
}
