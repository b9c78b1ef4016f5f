// What every page knows: the state of the program, whether this window may change things, and the link to the feed.
import { Cell } from './cell';
import type { AppState } from './types';

const boot = readBoot();

export const appState = new Cell<AppState>(boot?.state ?? unknownState());
/** False: opened without `jumpseat open`; the pages can be read, not used. */
export const session = new Cell<boolean>(boot?.session ?? false);
export const link = new Cell<'live' | 'reconnecting'>('live');
/** Counts reconnections: whoever shows fetched data fetches it again when this changes. */
export const epoch = new Cell(0);

/** A program that was started anew knows no old session: after each reconnection it is asked. */
export function followSession(ask: () => Promise<{ session: boolean }>): void {
  epoch.subscribe(() => void ask().then((answer) => session.set(answer.session), () => undefined));
}

function readBoot(): { state: AppState; session: boolean } | null {
  try {
    return JSON.parse(document.getElementById('boot')?.textContent ?? '') as { state: AppState; session: boolean };
  } catch {
    return null; // the feed brings the state in a moment
  }
}

function unknownState(): AppState {
  return {
    version: '',
    proxy: 'starting',
    url: '',
    trouble: null,
    signed_in: true,
    login: null,
    accounts: [],
    sign_in: null,
    quota: null,
    requests_running: 0,
    approvals: [],
    recording_until: null,
    history_enabled: true,
    cap_reached: false,
    cap_lifted_until: null,
    clients: [],
    autostart: null,
    tray: 'headless',
    tray_hint: '',
    theme: 'system',
    language: 'system',
    terms_seen: true,
    is_demo: false,
    update: null,
  };
}
