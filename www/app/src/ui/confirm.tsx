import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from '../hooks.ts';
import { Dialog } from './dialog.tsx';
import { FormError } from './fields.tsx';

interface ConfirmProps {
  label: string;
  testId: string;
  class?: string;
  title: string;
  /** What the button says that does it. */
  action: string;
  danger?: boolean;
  onConfirm: () => Promise<void>;
  /** What happens then. */
  children: ComponentChildren;
}

/** A button that says first what it will do. */
export function ConfirmButton({ label, testId, title, action, danger, onConfirm, children, ...button }: ConfirmProps) {
  const [asking, setAsking] = useState(false);
  const { busy, error, run } = useAction();
  const confirm = (): void => {
    run(async () => {
      await onConfirm();
      setAsking(false);
    });
  };
  return (
    <>
      <button type="button" class={button.class} data-testid={testId} onClick={() => setAsking(true)}>
        {label}
      </button>
      {asking && (
        <Dialog title={title} testId={`${testId}-dialog`} onClose={() => setAsking(false)}>
          {children}
          <FormError text={error} />
          <div class="actions">
            <button
              type="button"
              class={danger ? 'danger' : 'primary'}
              data-testid={`confirm-${testId}`}
              disabled={busy}
              onClick={confirm}
            >
              {action}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
