// Where we are, in the address bar. Links are ordinary `<a href="/requests">`; one listener takes them.
import { Cell, useCell } from './cell';

export interface Place {
  path: string;
  query: URLSearchParams;
}

export const place = new Cell<Place>(here());

export function startRouter(): void {
  addEventListener('popstate', () => place.set(here()));
  document.addEventListener('click', follow);
}

/** Go to a local address, as `/requests?q=opus`. */
export function navigate(address: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  const moved = here().path !== place.get().path;
  place.set(here());
  if (moved) scrollTo(0, 0);
}

/** The query of this page and a function that changes some of it; null or '' takes a name out. */
export function useQuery(): [URLSearchParams, (changes: Record<string, string | null>, push?: boolean) => void] {
  const query = useCell(place, (now) => now.query);
  const change = (changes: Record<string, string | null>, push = false) => {
    const next = new URLSearchParams(place.get().query);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    const text = next.toString();
    navigate(place.get().path + (text ? `?${text}` : ''), { replace: !push });
  };
  return [query, change];
}

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const anchor = (event.target as Element).closest('a');
  if (!anchor || anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin) return;
  if (anchor.getAttribute('href')?.startsWith('#')) return;
  event.preventDefault();
  navigate(anchor.pathname + anchor.search);
}
