import { useState } from 'preact/hooks';
import { local } from '../local.ts';
import { ThemeIcon } from './icons.tsx';

const KEY = 'sealed-notes.theme';
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const NAMES: Record<Theme, string> = { system: 'as the device', light: 'light', dark: 'dark' };

const stored = (): Theme => THEMES.find((theme) => theme === local.get(KEY)) ?? 'system';

export function applyTheme(theme: Theme = stored()): void {
  document.documentElement.dataset.theme = theme;
  local.set(KEY, theme);
}

export function ThemeToggle() {
  const [theme, setTheme] = useState(stored);
  const next = (): void => {
    const to = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    applyTheme(to);
    setTheme(to);
  };
  return (
    <button
      type="button"
      class="quiet icon-only"
      data-testid="theme"
      aria-label={`Colours: ${NAMES[theme]}`}
      title={`Colours: ${NAMES[theme]}`}
      onClick={next}
    >
      <ThemeIcon />
    </button>
  );
}
