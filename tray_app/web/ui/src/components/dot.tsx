import type { ComponentChildren } from 'preact';

export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'off' | 'plain';

/** State as colour and shape: filled, ring with a dot, triangle, cross, empty ring. Words stand beside it. */
export function Dot({ tone, label }: { tone: Tone; label?: string }) {
  return (
    <svg
      class={`dot ${tone}`}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    >
      {SHAPES[tone]}
    </svg>
  );
}

const SHAPES = {
  ok: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  busy: (
    <>
      <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5" />
      <circle cx="6" cy="6" r="2" fill="currentColor" />
    </>
  ),
  warn: <path d="M6 1.2L11.3 10.8H.7z" fill="currentColor" />,
  bad: <path d="M2 2l8 8M10 2l-8 8" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />,
  off: <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5" />,
  plain: <circle cx="6" cy="6" r="2.5" fill="currentColor" />,
} satisfies Record<Tone, unknown>;

/** A word in a soft frame: `new`, `429`, `cached`. */
export function Badge({ tone = 'plain', title, children }: { tone?: Tone; title?: string; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}
