import type { ComponentChildren } from 'preact';

interface TileProps {
  title: string;
  /** The number people look for, already short. */
  value?: ComponentChildren;
  unit?: string;
  /** The exact value, as a tip. */
  tip?: string;
  /** Where the rows behind the number are. */
  href?: string;
  children?: ComponentChildren;
}

export function Tile({ title, value, unit, tip, href, children }: TileProps) {
  return (
    <section class="tile">
      <h2>{href ? <a href={href}>{title}</a> : title}</h2>
      {value !== undefined && (
        <p class="figure" title={tip}>
          <span class="number">{value}</span>
          {unit && <span class="unit"> {unit}</span>}
        </p>
      )}
      {children}
    </section>
  );
}

interface BarProps {
  /** 0 to 100; anything beyond is drawn as the end. null: not known, an empty bar. */
  percent: number | null;
  /** What it says in words, with "left" or "used" in it. */
  label: string;
  /** Low is bad for what is left; without it the colour stays. */
  isLeft?: boolean;
}

export function Bar({ percent, label, isLeft = false }: BarProps) {
  const clamped = Math.min(100, Math.max(0, percent ?? 0));
  const tone = !isLeft || percent === null ? '' : clamped <= 5 ? 'bad' : clamped <= 20 ? 'warn' : '';
  return (
    <div
      class={`bar ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(clamped)}
      aria-valuetext={label}
    >
      <span style={{ width: `${clamped}%` }} />
    </div>
  );
}
