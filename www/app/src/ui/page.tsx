import type { ComponentChildren } from 'preact';

interface PageProps {
  view: string;
  busy?: boolean;
  width?: 'narrow' | 'text' | 'full';
  children: ComponentChildren;
}

export const Page = ({ view, busy = false, width = 'text', children }: PageProps) => (
  <main id="main" tabIndex={-1} class={`page ${width}`} data-view={view} aria-busy={busy}>
    {children}
  </main>
);
