import type { ComponentChildren } from 'preact';
import type { Loaded } from '../api';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';

/** What a page shows of something it fetches: a quiet wait, a sentence with "Try again", or the thing itself. */
export function Show<T>({ from, children }: { from: Loaded<T>; children: (data: T) => ComponentChildren }) {
  const t = useTexts(frameText);
  if (from.data !== undefined) return <>{children(from.data)}</>;
  if (from.error) return <Failure message={from.error.message} again={from.reload} />;
  return (
    <p class="waiting" aria-busy="true">
      {t.loading}
    </p>
  );
}

export function Failure({ message, again }: { message: string; again?: () => void }) {
  const t = useTexts(frameText);
  return (
    <div class="failure" role="alert">
      <p>{message}</p>
      {again && (
        <button type="button" onClick={again}>
          {t.tryAgain}
        </button>
      )}
    </div>
  );
}

/** Nothing here: why, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** The one h1 of a page, with what belongs beside it. */
export function PageTitle({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="page-title">
      <h1 tabIndex={-1}>{title}</h1>
      {children && <div class="page-actions">{children}</div>}
    </div>
  );
}
