// Asking the server. Every failure is an ApiError whose message is a sentence for people.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useCell } from './cell';
import { epoch } from './store';
import { frameText } from './texts/frame';
import { textsNow } from './texts';

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number, // 0: no answer at all
    readonly param: string | null = null,
    readonly code: string | null = null,
  ) {
    super(message);
  }
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>('POST', path, body);
export const put = <T>(path: string, body: unknown): Promise<T> => ask<T>('PUT', path, body);

async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const request: RequestInit = { method, headers: { accept: 'application/json' }, cache: 'no-store' };
  if (signal) request.signal = signal;
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { ...request.headers, 'content-type': 'application/json' };
  }
  let answer: Response;
  try {
    answer = await fetch(path, request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(textsNow(frameText).noAnswer, 0);
  }
  if (!answer.ok) throw await refused(answer);
  return (await answer.json()) as T;
}

async function refused(answer: Response): Promise<ApiError> {
  const words = textsNow(frameText);
  try {
    const { error } = (await answer.json()) as { error: { message: string; param?: string; code?: string } };
    return new ApiError(error.message, answer.status, error.param ?? null, error.code ?? null);
  } catch {
    const known = answer.status === 401 || answer.status === 403 ? words.needsSession : words.failed(answer.status);
    return new ApiError(known, answer.status);
  }
}

export interface Loaded<T> {
  data: T | undefined; // the last good answer stays while a newer one is on its way
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
  put: (data: T) => void; // when an action answered with the new value
}

/** GET `path` now, when it changes, after a reconnection of the feed and on `reload`. null: not yet. */
export function useLoad<T>(path: string | null): Loaded<T> {
  const lives = useCell(epoch);
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<{ path: string | null; data?: T; error?: ApiError; loading: boolean }>({
    path,
    loading: true,
  });
  useEffect(() => {
    if (path === null) return;
    const leaving = new AbortController();
    setAnswer((last) => (last.path === path ? { ...last, loading: true } : { path, loading: true }));
    get<T>(path, leaving.signal).then(
      (data) => setAnswer({ path, data, loading: false }),
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        setAnswer((last) => ({ ...last, path, error: error as ApiError, loading: false }));
      },
    );
    return () => leaving.abort();
  }, [path, lives, turn]);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  const keep = useCallback((data: T) => setAnswer((last) => ({ path: last.path, data, loading: false })), []);
  const mine = answer.path === path ? answer : { loading: true, data: undefined, error: undefined };
  return { data: mine.data, error: mine.error, loading: mine.loading, reload, put: keep };
}

/** For a button: `run(work)` while `busy`; a failure is kept as a sentence in `error`. */
export function useAction(): { run: (work: () => Promise<unknown>) => Promise<boolean>; busy: boolean; error: string } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const alive = useRef(true);
  useEffect(() => () => void (alive.current = false), []);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError('');
    try {
      await work();
      return true;
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      if (alive.current) setError(failure.message);
      return false;
    } finally {
      if (alive.current) setBusy(false);
    }
  }, []);
  return { run, busy, error };
}
