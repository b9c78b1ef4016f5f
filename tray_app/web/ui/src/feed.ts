// The one live connection. It comes back by itself; after a gap everybody fetches anew (`epoch`).
import { useEffect } from 'preact/hooks';
import { appState, epoch, link } from './store';
import type { AppState, RequestsEvent } from './types';

const SHORTEST_WAIT = 500; // ms
const LONGEST_WAIT = 10_000;

interface Topics {
  requests: RequestsEvent;
  settings: { changed: string[] };
}

const listeners: { [Name in keyof Topics]: Set<(event: Topics[Name]) => void> } = {
  requests: new Set(),
  settings: new Set(),
};

let wait = SHORTEST_WAIT;
let waiting: ReturnType<typeof setTimeout> | undefined;
let resting = false; // hidden, and so without a connection: others need theirs more
let missed = false; // what happened meanwhile is fetched once the feed is back

export function startFeed(): void {
  connect();
  addEventListener('online', retryNow);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    if (resting) wakeUp();
    retryNow();
  });
}

function connect(): void {
  waiting = undefined;
  const source = new EventSource('/api/feed');
  source.addEventListener('state', (event: MessageEvent<string>) => {
    appState.set(JSON.parse(event.data) as AppState);
    if (link.get() === 'live' && !missed) return;
    wait = SHORTEST_WAIT;
    missed = false;
    link.set('live');
    epoch.update((count) => count + 1);
  });
  // A browser has six connections for all its tabs together: beyond a few, the hidden ones give theirs back.
  source.addEventListener('crowded', () => {
    if (!document.hidden) return;
    source.close();
    resting = true;
  });
  for (const name of ['requests', 'settings'] as const) {
    source.addEventListener(name, (event: MessageEvent<string>) => tell(name, JSON.parse(event.data)));
  }
  source.onerror = () => {
    source.close();
    link.set('reconnecting');
    waiting = setTimeout(connect, wait);
    wait = Math.min(LONGEST_WAIT, wait * 2);
  };
}

function tell<Name extends keyof Topics>(name: Name, event: Topics[Name]): void {
  for (const listener of [...listeners[name]]) listener(event);
}

function wakeUp(): void {
  resting = false;
  missed = true;
  connect();
}

function retryNow(): void {
  if (waiting === undefined) return;
  clearTimeout(waiting);
  wait = SHORTEST_WAIT;
  connect();
}

/** Hear one kind of event while the component is shown. `heard` may change between draws. */
export function useFeed<Name extends keyof Topics>(name: Name, heard: (event: Topics[Name]) => void): void {
  useEffect(() => {
    listeners[name].add(heard);
    return () => void listeners[name].delete(heard);
  });
}
