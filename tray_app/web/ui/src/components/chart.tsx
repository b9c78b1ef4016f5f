import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { useCell } from '../cell';
import { lookChanges } from '../theme';
import { frameText } from '../texts/frame';
import { language, useTexts } from '../texts';
import { Table } from './table';

export interface Series {
  label: string;
  /** One per point of `at`; null is a gap: not known. Zero is zero. */
  values: (number | null)[];
}

export interface ChartProps {
  /** Names it for screen readers and heads its table. */
  title: string;
  /** Seconds since 1970, rising. */
  at: number[];
  /** At most six; colours go by place. */
  series: Series[];
  /** `bars` are stacked. */
  kind: 'bars' | 'lines';
  height?: number;
  format: (value: number | null) => string;
  /** Along the axis; `short` otherwise. */
  formatAxis?: (value: number) => string;
  formatAt: (at: Date) => string;
  /** Seconds that a bar stands for: its width, and the end of the axis. */
  step?: number;
  /** The last point is not over yet: it is drawn paler. */
  isOpen?: boolean;
}

/** A chart with exact values under the pointer, and the same numbers as a table. */
export function Chart(props: ChartProps) {
  const t = useTexts(frameText);
  const [asTable, setAsTable] = useState(false);
  return (
    <figure class="chart">
      <div class="chart-head">
        <Legend series={props.series} />
        <button type="button" class="link" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? t.showAsChart : t.showAsTable}
        </button>
      </div>
      {asTable ? <ChartTable {...props} /> : <Canvas {...props} />}
    </figure>
  );
}

function Legend({ series }: { series: Series[] }) {
  return (
    <ul class="legend">
      {series.map((one, at) => (
        <li key={one.label}>
          <span class={`swatch series-${at + 1}`} />
          {one.label}
        </li>
      ))}
    </ul>
  );
}

function ChartTable({ title, at, series, format, formatAt }: ChartProps) {
  const rows = at.map((seconds, index) => ({ seconds, index })).reverse();
  return (
    <div class="chart-table">
      <Table
        caption={title}
        rows={rows}
        rowKey={(row) => String(row.seconds)}
        columns={[
          { key: 'at', title: '', head: true, cell: (row) => formatAt(new Date(row.seconds * 1000)) },
          ...series.map((one) => ({
            key: one.label,
            title: one.label,
            end: true,
            cell: (row: { index: number }) => format(one.values[row.index] ?? null),
          })),
        ]}
      />
    </div>
  );
}

function Canvas(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const look = useCell(lookChanges);
  const spoken = useCell(language);
  const [tip, setTip] = useState<{ index: number; left: number } | null>(null);
  useEffect(() => {
    let drawn: uPlot | undefined;
    let gone = false;
    const watch = new ResizeObserver(([entry]) => {
      if (entry && drawn) drawn.setSize({ width: entry.contentRect.width, height: props.height ?? 180 });
    });
    void import('./plot').then(({ draw }) => {
      if (gone || !box.current) return;
      drawn = draw(box.current, props, setTip);
      watch.observe(box.current);
    });
    return () => {
      gone = true;
      watch.disconnect();
      drawn?.destroy();
    };
  }, [look, spoken, JSON.stringify([props.at, props.series, props.kind, props.height])]);
  return (
    <div class="plot" role="img" aria-label={`${props.title}. ${summary(props)}`} style={{ minHeight: `${props.height ?? 180}px` }}>
      <div ref={box} />
      {tip && <Tip {...props} tip={tip} />}
    </div>
  );
}

function Tip({ at, series, format, formatAt, tip }: ChartProps & { tip: { index: number; left: number } }) {
  const seconds = at[tip.index];
  if (seconds === undefined) return null;
  return (
    <div class="plot-tip" style={{ left: `${tip.left}px` }}>
      <p>{formatAt(new Date(seconds * 1000))}</p>
      {series.map((one, index) => (
        <p key={one.label}>
          <span class={`swatch series-${index + 1}`} />
          <span>{one.label}</span>
          <b>{format(one.values[tip.index] ?? null)}</b>
        </p>
      ))}
    </div>
  );
}

/** The totals in words, for whoever cannot see it. */
function summary({ series, kind, format }: ChartProps): string {
  return series
    .map((one) => {
      const known = one.values.filter((value) => value !== null);
      const figure = kind === 'bars' ? known.reduce((sum, value) => sum + value, 0) : Math.max(...known);
      return `${one.label} ${known.length ? format(figure) : format(null)}`;
    })
    .join(', ');
}
