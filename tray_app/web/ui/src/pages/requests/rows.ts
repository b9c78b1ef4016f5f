// The rows of the list: a first page, older ones as they are scrolled to, and live ones on top.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, get } from '../../api';
import { useCell } from '../../cell';
import { useFeed } from '../../feed';
import type { HistoryRow, RequestsPage } from '../../history';
import { epoch } from '../../store';

const PAGE = 100;
const GATHER_MS = 800;

export interface Rows {
  rows: HistoryRow[];
  running: HistoryRow[];
  hidden: number;
  loading: boolean;
  error: ApiError | undefined;
  hasOlder: boolean;
  loadOlder: () => void;
  /** Finished since the list stopped following; `follow()` shows them. */
  waiting: number;
  follow: () => void;
}

interface State {
  path: string;
  rows: HistoryRow[];
  running: HistoryRow[];
  cursor: string | null;
  hidden: number;
  loading: boolean;
  error?: ApiError | undefined;
}

/** `path` without limit and cursor; `follows` false leaves what is shown in its place. */
export function useRows(path: string, follows: boolean): Rows {
  const lives = useCell(epoch);
  const [state, setState] = useState<State>({ path, rows: [], running: [], cursor: null, hidden: 0, loading: true });
  const [waiting, setWaiting] = useState(0);
  const older = useRef(false);
  const wanted = useRef(path);
  wanted.current = path;
  const first = useCallback(async () => {
    try {
      const page = await get<RequestsPage>(`${path}&limit=${PAGE}`);
      if (wanted.current !== path) return; // the filter has changed meanwhile
      setWaiting(0);
      setState((last) => merged(last, path, page));
    } catch (error) {
      if (wanted.current !== path) return;
      setState((last) => ({ ...last, path, loading: false, error: error as ApiError }));
    }
  }, [path]);
  useEffect(() => {
    setState((last) => (last.path === path ? last : { ...last, loading: true })); // the rows are still the old filter's
    void first();
  }, [path, lives]);
  const loadOlder = useCallback(() => {
    if (older.current || !state.cursor) return;
    older.current = true;
    get<RequestsPage>(`${path}&limit=${PAGE}&cursor=${encodeURIComponent(state.cursor)}`)
      .then(
        (page) => setState((last) => (last.path === path ? appended(last, page) : last)),
        (error: ApiError) => setState((last) => ({ ...last, error })),
      )
      .finally(() => (older.current = false));
  }, [path, state.cursor]);
  useLive(follows, first, setState, setWaiting);
  return {
    rows: state.rows,
    running: state.running,
    hidden: state.hidden,
    loading: state.loading,
    error: state.error,
    hasOlder: state.cursor !== null,
    loadOlder,
    waiting,
    follow: () => void first(),
  };
}

/** What finishes is fetched, gathered, so that the server decides what fits the filter. */
function useLive(
  follows: boolean,
  first: () => Promise<void>,
  setState: (change: (last: State) => State) => void,
  setWaiting: (change: (count: number) => number) => void,
): void {
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  useFeed('requests', (batch) => {
    const over = new Set(batch.finished.map((row) => row.id));
    setState((last) => ({
      ...last,
      running: [...(batch.begun as HistoryRow[]), ...last.running].filter(
        (row, at, all) => !over.has(row.id) && all.findIndex((one) => one.id === row.id) === at,
      ),
    }));
    if (batch.finished.length === 0) return;
    if (!follows) return setWaiting((count) => count + batch.finished.length);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void first();
    }, GATHER_MS);
  });
}

/** The newest page on top of the older ones that were loaded already. */
function merged(last: State, path: string, page: RequestsPage): State {
  const base = { path, running: page.running, loading: false, error: undefined };
  const fresh = { ...base, rows: page.requests, cursor: page.next_cursor, hidden: page.hidden ?? 0 };
  if (last.path !== path || last.rows.length === 0) return fresh;
  const ids = new Set(page.requests.map((row) => row.id));
  const meets = last.rows.findIndex((row) => ids.has(row.id));
  if (meets < 0) return fresh; // too much has happened meanwhile: there would be a hole between
  const behind = last.rows.slice(meets).filter((row) => !ids.has(row.id));
  return behind.length
    ? { ...base, rows: [...page.requests, ...behind], cursor: last.cursor, hidden: last.hidden }
    : fresh;
}

function appended(last: State, page: RequestsPage): State {
  const known = new Set(last.rows.map((row) => row.id));
  return {
    ...last,
    rows: [...last.rows, ...page.requests.filter((row) => !known.has(row.id))],
    cursor: page.next_cursor,
    hidden: last.hidden + (page.hidden ?? 0),
  };
}
