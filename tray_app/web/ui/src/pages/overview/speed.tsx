import { Chart } from '../../components/chart';
import { clockShort, day, duration } from '../../format';
import type { FullStats } from '../../history';
import { useTexts } from '../../texts';
import { overviewText } from '../overview.texts';
import type { Span } from './trend';

/** How long people waited: the middle and the slow end. Hours without answers are gaps. */
export function Speed({ stats, span }: { stats: FullStats; span: Span }) {
  const t = useTexts(overviewText);
  const pick = (of: 'ttfb_ms' | 'latency_ms', which: 'p50' | 'p95') => stats.buckets.map((bucket) => bucket[of][which]);
  const isKnown = stats.ttfb_ms.p50 !== null || stats.latency_ms.p50 !== null;
  if (!isKnown) return null;
  return (
    <section class="card" aria-labelledby="speed">
      <h2 id="speed">{t.speed}</h2>
      <p class="help">{t.speedHelp}</p>
      <Chart
        title={t.speed}
        kind="lines"
        height={150}
        step={stats.bucket_seconds}
        at={stats.buckets.map((bucket) => Date.parse(bucket.start) / 1000)}
        series={[
          { label: t.firstHalf, values: pick('ttfb_ms', 'p50') },
          { label: t.firstMost, values: pick('ttfb_ms', 'p95') },
          { label: t.wholeHalf, values: pick('latency_ms', 'p50') },
        ]}
        format={duration}
        formatAxis={duration}
        formatAt={(at) => (span === 'day' ? clockShort(at) : day(at))}
      />
    </section>
  );
}
