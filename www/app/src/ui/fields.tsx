import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface TextFieldProps {
  type?: 'text' | 'password' | 'search' | 'date';
  name?: string;
  autocomplete?: 'off' | 'username' | 'current-password' | 'new-password';
  autocapitalize?: 'none' | 'characters';
  inputMode?: 'numeric';
  spellcheck?: boolean;
  required?: boolean;
  maxLength?: number;
  min?: string;
  max?: string;
  class?: string;
  onBlur?: () => void;
  label: string;
  testId: string;
  value: string;
  hint?: ComponentChildren;
  onValue: (value: string) => void;
}

export function TextField({ label, testId, hint, value, onValue, type, ...input }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        type={type as 'text'}
        id={id}
        value={value}
        data-testid={testId}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface PassphraseProps {
  label: string;
  testId: string;
  value: string;
  shown: boolean;
  autocomplete: 'current-password' | 'new-password';
  hint?: ComponentChildren;
  onValue: (value: string) => void;
}

export const PassphraseField = ({ shown, ...field }: PassphraseProps) => (
  <TextField
    {...field}
    type={shown ? 'text' : 'password'}
    name={field.testId}
    required
    spellcheck={false}
    autocapitalize="none"
  />
);

export const ShowPassphrase = ({ shown, onToggle }: { shown: boolean; onToggle: () => void }) => (
  <button type="button" class="link" data-testid="show-passphrase" onClick={onToggle}>
    {shown ? 'Hide passphrase' : 'Show passphrase'}
  </button>
);

export type Option<T extends string = string> = readonly [value: T, label: string];

interface SelectProps<T extends string> {
  label: string;
  testId: string;
  options: readonly Option<T>[];
  value: T;
  disabled?: boolean;
  onValue: (value: T) => void;
}

export function SelectField<T extends string>({ label, testId, options, value, disabled, onValue }: SelectProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        data-testid={testId}
        value={value}
        disabled={disabled}
        onChange={(event) => onValue(event.currentTarget.value as T)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** With `reserved` its place is there before the message is, so that nothing moves when it comes. */
export const FormError = ({ text, reserved = false }: { text: string; reserved?: boolean }) => (
  <p class={reserved ? 'form-error reserved' : 'form-error'} role="alert" data-testid={text ? 'form-error' : undefined}>
    {text}
  </p>
);

export const Notice = ({ kind = 'info', children }: { kind?: 'info' | 'warning'; children: ComponentChildren }) => (
  <div class={`notice ${kind}`}>{children}</div>
);

export const Problems = ({ problems }: { problems: string[] }) =>
  problems.length === 0 ? null : (
    <Notice kind="warning">
      <p>
        <strong>{problems.length === 1 ? 'One item was refused' : `${problems.length} items were refused`}</strong>{' '}
        because they are not what you sealed. Everything else is shown.
      </p>
      <ul>
        {[...new Set(problems)].map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </Notice>
  );

/**
 * A view's heading takes the focus when the view opens, so that a screen reader and the Tab key start there. With the view, not
 * after it: a view may give the focus on to a field.
 */
export function PageTitle({ children, testId }: { children: ComponentChildren; testId?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={heading} tabIndex={-1} data-testid={testId}>
      {children}
    </h1>
  );
}

export function CopyButton({ text, testId, label }: { text: () => string; testId: string; label: string }) {
  const [copied, setCopied] = useState('');
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text()).then(
      () => setCopied('Copied'),
      () => setCopied('The browser does not allow copying; select the text instead'),
    );
    setTimeout(() => setCopied(''), 4_000);
  };
  return (
    <span class="copy">
      <button type="button" data-testid={testId} onClick={copy}>
        {label}
      </button>
      <span role="status" class="copied">
        {copied}
      </span>
    </span>
  );
}

export const Loading = () => (
  <p class="loading" role="status">
    Opening…
  </p>
);
