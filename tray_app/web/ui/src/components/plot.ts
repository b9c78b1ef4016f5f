// uPlot, set up our way: axis from zero, faint grid, stacked bars or lines. Fetched when the first chart is shown.
import uPlot from 'uplot';
import { clockShort, dayShort, short } from '../format';
import { colour } from '../theme';
import type { ChartProps } from './chart';

const DAY = 86_400;
const DAYS = [1, 2, 4, 7, 14, 28].map((days) => days * DAY); // no two ticks on one day

export function draw(
  box: HTMLElement,
  chart: ChartProps,
  onPoint: (tip: { index: number; left: number } | null) => void,
): uPlot {
  const columns = chart.kind === 'bars' ? stacked(chart) : chart.series.map((one) => one.values);
  const data = [chart.at, ...columns] as uPlot.AlignedData;
  return new uPlot(options(box, chart, onPoint), data, box);
}

/** Sums from below; drawn from the top series down, so that each covers what lies under it. */
function stacked({ at, series }: ChartProps): (number | null)[][] {
  const sums = at.map(() => 0);
  const columns = series.map((one) =>
    one.values.map((value, index) => {
      if (value === null) return null;
      sums[index] = (sums[index] ?? 0) + value;
      return sums[index] ?? null;
    }),
  );
  return columns.reverse();
}

function options(
  box: HTMLElement,
  chart: ChartProps,
  onPoint: (tip: { index: number; left: number } | null) => void,
): uPlot.Options {
  const line = { stroke: colour('--line'), width: 1 };
  const axis = { stroke: colour('--muted'), font: `12px ${colour('--font')}`, ticks: { show: false } };
  return {
    width: box.clientWidth,
    height: chart.height ?? 180,
    legend: { show: false },
    padding: [8, 24, 0, 0], // room for half of the last label
    scales: { x: { time: true, range: (_plot, low, high) => ends(chart, low, high) }, y: { range: (_plot, _low, high) => [0, (high || 1) * 1.08] } },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 70, ...((chart.step ?? 0) >= DAY ? { incrs: DAYS } : {}), values: (_plot, splits) => splits.map((at) => tick(chart, at)) },
      { ...axis, grid: line, size: 48, space: 36, values: (_plot, splits) => splits.map(chart.formatAxis ?? short) },
    ],
    series: [{}, ...seriesOf(chart)],
    cursor: { y: false, points: { show: chart.kind === 'lines' }, drag: { x: false, y: false } },
    hooks: {
      draw: [(plot) => chart.isOpen && veil(plot, chart)],
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor;
          onPoint(idx == null || left == null || left < 0 ? null : { index: idx, left: left + plot.bbox.left / devicePixelRatio });
        },
      ],
    },
  };
}

function seriesOf({ kind, series }: ChartProps): uPlot.Series[] {
  const colours = series.map((_one, at) => colour(`--series-${at + 1}`));
  if (kind === 'lines') return colours.map((stroke) => ({ stroke, width: 2, spanGaps: false, points: { size: 4 } }));
  const paths = uPlot.paths.bars?.({ size: [0.72, 48], align: 1 });
  return colours.reverse().map((fill) => ({ fill, stroke: fill, width: 0, points: { show: false }, ...(paths ? { paths } : {}) }));
}

/** The last step is not over: what it has so far is drawn paler. */
function veil(plot: uPlot, { at }: ChartProps): void {
  const left = plot.valToPos(at.at(-1) ?? 0, 'x', true);
  const { top, width, height } = plot.bbox;
  plot.ctx.save();
  plot.ctx.globalAlpha = 0.45;
  plot.ctx.fillStyle = colour('--surface');
  plot.ctx.fillRect(left, top, plot.bbox.left + width - left, height);
  plot.ctx.restore();
}

/** Bars stand on the right of their time: the axis ends a step after the last. */
function ends({ step, kind }: ChartProps, low: number, high: number): [number, number] {
  return kind === 'bars' && step ? [low, high + step] : [low, Math.max(high, low + 1)];
}

function tick({ step = 3600 }: ChartProps, at: number): string {
  const time = new Date(at * 1000);
  if (step >= 86_400 || (time.getHours() === 0 && time.getMinutes() === 0)) {
    return dayShort(time);
  }
  return clockShort(time);
}
