/**
 * Puts the focus back into the page when what had it is gone: a form that was closed, a step that followed another one. Without
 * it, a screen reader and the Tab key would start again at the top. Where a view moves the focus itself, this does nothing.
 */

/** A view that moves the focus does so by then. */
const VIEWS_TURN_MS = 60;

const TITLE = '.step-title';
const FIELD = 'input:not([type="hidden"], [hidden]), textarea, select';
const HEADING = 'h1, h2, h3';

const isSeen = (element: HTMLElement): boolean => element.getClientRects().length > 0;
const find = (place: HTMLElement, css: string): HTMLElement | undefined =>
  [...place.querySelectorAll<HTMLElement>(css)].find(isSeen);

/** The title of the step that is there now, else the field of the form that opened, else the heading of what closed. */
function target(place: HTMLElement): HTMLElement | undefined {
  if (place.localName === 'main') return find(place, TITLE) ?? find(place, HEADING);
  return find(place, TITLE) ?? find(place, FIELD) ?? find(place, HEADING);
}

function settle(place: HTMLElement): void {
  let at: HTMLElement | null = place;
  let found = target(place);
  while (!found && at && at.localName !== 'main') {
    at = at.parentElement;
    found = at ? target(at) : undefined;
  }
  if (found?.matches(HEADING)) found.tabIndex = -1;
  found?.focus();
}

export function keepFocus(): () => void {
  /** What had the focus last, and what it is in, from the inside out. */
  let last: HTMLElement | undefined;
  let around: HTMLElement[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const onFocus = ({ target }: FocusEvent): void => {
    if (!(target instanceof HTMLElement)) return;
    last = target;
    around = [];
    for (let at = target.parentElement; at && at !== document.body; at = at.parentElement) around.push(at);
  };
  const look = (): void => {
    if (document.activeElement !== document.body || !last || last.isConnected) return;
    const place = around.find((element) => element.isConnected && element.closest('main'));
    last = undefined;
    if (place) settle(place);
  };
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    clearTimeout(timer);
    timer = setTimeout(look, VIEWS_TURN_MS);
  });
  addEventListener('focusin', onFocus);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => {
    removeEventListener('focusin', onFocus);
    observer.disconnect();
    clearTimeout(timer);
  };
}
