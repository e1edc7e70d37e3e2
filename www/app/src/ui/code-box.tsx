import type { ComponentChildren } from 'preact';

interface CodeBoxProps {
  label: string;
  testId: string;
  class?: string;
  children: ComponentChildren;
}

export const CodeBox = ({ label, testId, class: name = 'code', children }: CodeBoxProps) => (
  // What scrolls must be reachable with the keyboard
  <section class={name} tabIndex={0} aria-label={label}>
    <pre data-testid={testId}>{children}</pre>
  </section>
);
