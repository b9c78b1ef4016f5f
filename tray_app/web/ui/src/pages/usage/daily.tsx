import { useMemo } from 'preact/hooks';
import { useLoad } from '../../api';
import { Chart, type Series } from '../../components/chart';
import { Show } from '../../components/loaded';
import { day, units } from '../../format';
import type { Bucket, FullStats } from '../../history';
import { useTexts } from '../../texts';
import { usageText } from '../usage.texts';

const DAYS = 30;
const MOST_SERIES = 6;

/** AI units per day, stacked by model. */
export function Daily({ resets }: { resets: string | null }) {
  const t = useTexts(usageText);
  const path = useMemo(question, [resets]);
  const stats = useLoad<FullStats>(path);
  return (
    <section class="card">
      <h2>{t.daily}</h2>
      <Show from={stats}>
        {(data) =>
          data.nano_aiu ? (
            <Chart
              title={t.daily}
              kind="bars"
              at={data.buckets.map((bucket) => new Date(bucket.start).getTime() / 1000)}
              series={byModel(data.buckets, t.other)}
              step={86_400}
              isOpen
              format={(value) => units(value === null ? null : value * 1e9)}
              formatAt={day}
            />
          ) : (
            <p class="help">{t.noDaily}</p>
          )
        }
      </Show>
    </section>
  );
}

function question(): string {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const from = new Date(midnight);
  from.setDate(from.getDate() - DAYS + 1);
  const to = new Date(midnight);
  to.setDate(to.getDate() + 1);
  const east = -midnight.getTimezoneOffset();
  return `/api/stats?from=${from.toISOString()}&to=${to.toISOString()}&bucket=day&tz_offset_minutes=${east}`;
}

/** The dearest models first; what is beyond the sixth is added up. */
function byModel(buckets: Bucket[], other: string): Series[] {
  const sums = new Map<string, number>();
  for (const bucket of buckets) {
    for (const [model, totals] of Object.entries(bucket.by_model)) {
      sums.set(model, (sums.get(model) ?? 0) + (totals.nano_aiu ?? 0));
    }
  }
  const ranked = [...sums.entries()].filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1]);
  const own = ranked.slice(0, ranked.length > MOST_SERIES ? MOST_SERIES - 1 : MOST_SERIES).map(([model]) => model);
  const units = (bucket: Bucket, model: string) => (bucket.by_model[model]?.nano_aiu ?? 0) / 1e9;
  const series = own.map((label) => ({ label, values: buckets.map((bucket) => units(bucket, label)) }));
  if (ranked.length <= own.length) return series;
  const rest = buckets.map((bucket) =>
    Object.keys(bucket.by_model).reduce((sum, model) => sum + (own.includes(model) ? 0 : units(bucket, model)), 0),
  );
  return [...series, { label: other, values: rest }];
}
