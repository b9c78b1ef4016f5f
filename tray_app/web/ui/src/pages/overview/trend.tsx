import { Chart, type Series } from '../../components/chart';
import { clockShort, day, exact, short, units } from '../../format';
import type { Bucket, FullStats, SmallTotals } from '../../history';
import { useQuery } from '../../router';
import { useTexts } from '../../texts';
import { overviewText } from '../overview.texts';

const HOUR = 3600;
const MOST_SERIES = 6;
export const SPANS = { day: { hours: 24, bucket: HOUR }, week: { hours: 168, bucket: 6 * HOUR }, month: { hours: 720, bucket: 24 * HOUR } };
export type Span = keyof typeof SPANS;
type Measure = keyof SmallTotals;
type Group = 'model' | 'client';

/** Whole buckets up to the one that is running; `hour` since 1970, so that it changes once an hour. */
export function question(span: Span, hour: number, east: number): string {
  const { hours, bucket } = SPANS[span] ?? SPANS.day;
  const offset = east * 60;
  const end = (Math.floor((hour * HOUR + offset) / bucket) + 1) * bucket - offset;
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  return `/api/stats?from=${time(end - hours * HOUR)}&to=${time(end)}&bucket=${bucket}&tz_offset_minutes=${east}`;
}

/** Bars over time, by model or client, of whatever is of interest. The choice is in the address. */
export function Trend({ stats, span }: { stats: FullStats; span: Span }) {
  const t = useTexts(overviewText);
  const [query] = useQuery();
  const measure = oneOf<Measure>(query.get('measure'), t.measures, 'requests');
  const group = oneOf<Group>(query.get('by'), t.groups, 'model');
  const series = split(stats.buckets, group, measure, t.other);
  const isUnits = measure === 'nano_aiu';
  const format = (value: number | null) => (isUnits ? units(value === null ? null : value * 1e9) : exact(value));
  return (
    <section class="card" aria-labelledby="trend">
      <div class="card-head">
        <h2 id="trend">{t.trend}</h2>
        <Choice name="measure" label={t.measure} value={measure} texts={t.measures} />
        <Choice name="by" label={t.group} value={group} texts={t.groups} />
        <Choice name="span" label={t.span} value={span} texts={t.spans} />
      </div>
      {series.length === 0 ? (
        <p class="help">{t.noneInPeriod}</p>
      ) : (
        <Chart
          title={t.measures[measure]}
          kind="bars"
          step={stats.bucket_seconds}
          at={stats.buckets.map((bucket) => Date.parse(bucket.start) / 1000)}
          series={series}
          format={format}
          formatAt={(at) => (span === 'month' ? day(at) : span === 'week' ? `${day(at)}, ${clockShort(at)}` : clockShort(at))}
          isOpen
        />
      )}
    </section>
  );
}

function oneOf<Name extends string>(value: string | null, known: Record<Name, string>, otherwise: Name): Name {
  return value !== null && Object.hasOwn(known, value) ? (value as Name) : otherwise;
}

function Choice({ name, label, value, texts }: { name: string; label: string; value: string; texts: Record<string, string> }) {
  const [, change] = useQuery();
  return (
    <select aria-label={label} value={value} onChange={(event) => change({ [name]: event.currentTarget.value })}>
      {Object.entries(texts).map(([id, text]) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** The largest first; what is beyond the sixth is added up. Empty hours are zero. */
function split(buckets: Bucket[], group: Group, measure: Measure, other: string): Series[] {
  const field = group === 'model' ? 'by_model' : 'by_client';
  const scale = measure === 'nano_aiu' ? 1e-9 : 1;
  const value = (bucket: Bucket, name: string) => (bucket[field][name]?.[measure] ?? 0) * scale;
  const sums = new Map<string, number>();
  for (const bucket of buckets) {
    for (const name of Object.keys(bucket[field])) sums.set(name, (sums.get(name) ?? 0) + value(bucket, name));
  }
  const ranked = [...sums.entries()].filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const own = ranked.length > MOST_SERIES ? ranked.slice(0, MOST_SERIES - 1) : ranked;
  const rest = ranked.slice(own.length);
  const series = own.map((label) => ({ label, values: buckets.map((bucket) => value(bucket, label)) }));
  if (rest.length === 0) return series;
  const sum = (bucket: Bucket) => rest.reduce((total, name) => total + value(bucket, name), 0);
  return [...series, { label: `${other} (${short(rest.length)})`, values: buckets.map(sum) }];
}
