import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  testId: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** The browser's own modal dialog: it traps focus, closes on Escape and gives the focus back. */
export function Dialog({ title, testId, wide, onClose, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const gone = useRef(false);
  const heading = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    dialog?.showModal();
    return () => {
      gone.current = true;
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  // Escape is taken before the browser closes: its close event comes late, and would close a dialog that was opened
  // again in the meantime. Browsers that do not ask first are heard afterwards.
  const cancel = (event: Event): void => {
    event.preventDefault();
    onClose();
  };
  const closed = (): void => {
    if (!gone.current) onClose();
  };
  return (
    <dialog
      ref={box}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={heading}
      data-testid={testId}
      onCancel={cancel}
      onClose={closed}
    >
      <header class="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" class="quiet" data-testid="close-dialog" onClick={onClose}>
          Close
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
