import type { DrawerName } from '../device.ts';
import { type Content, FIELDS, showDate } from '../model.ts';

interface NoteTextProps {
  drawer: DrawerName;
  content: Content;
  testId: string;
}

/** A note to read, not to change. */
export function NoteText({ drawer, content, testId }: NoteTextProps) {
  const known = FIELDS[drawer].map(({ id, label }) => ({ id, label }));
  const more = Object.keys(content.fields)
    .filter((id) => !known.some((field) => field.id === id))
    .map((id) => ({ id, label: id }));
  return (
    <div class="note-text" data-testid={testId}>
      <p class="muted" data-testid={`${testId}-about`}>
        {content.about && <strong>{content.about} · </strong>}
        {showDate(content.date)}
      </p>
      {[...known, ...more].map(({ id, label }) => {
        const text = content.fields[id];
        return text === undefined ? null : (
          <section key={id} class="note-part">
            <h3>{label}</h3>
            <p class="text" data-testid={`shared-section-${id}`}>
              {text === '' ? <span class="muted">Left empty</span> : text}
            </p>
          </section>
        );
      })}
    </div>
  );
}
