// The look follows the settings; "system" is left to the style sheet. The server writes it into the page, so nothing
// flashes when it opens.
import { Cell } from './cell';
import { appState } from './store';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Counts changes of the look: canvases read their colours again. */
export const lookChanges = new Cell(0);

export function followTheme(): void {
  const follow = () => {
    const { theme } = appState.get();
    if (document.documentElement.dataset['theme'] === theme) return;
    document.documentElement.dataset['theme'] = theme;
    lookChanges.update((count) => count + 1);
  };
  follow();
  appState.subscribe(follow);
  dark.addEventListener('change', () => lookChanges.update((count) => count + 1));
}

/** The value of a CSS variable now, for canvases. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
