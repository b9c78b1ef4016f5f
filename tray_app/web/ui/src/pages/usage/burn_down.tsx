import { useState } from 'preact/hooks';
import { Chart, type Series } from '../../components/chart';
import { Tabs } from '../../components/tabs';
import { moment, short } from '../../format';
import type { Forecast, QuotaPoint, UsageAnswer, UsageHistory } from '../../history';
import { useTexts } from '../../texts';
import { usageText } from '../usage.texts';
import { once, pointsOf, shownSku } from './skus';

const DAY = 86_400;

/** How each quota went down, against spending it evenly, and where today's pace leads. */
export function BurnDown({ usage, history }: { usage: UsageAnswer; history: UsageHistory }) {
  const t = useTexts(usageText);
  const limited = Object.keys(once(usage.quotas)).filter((sku) => usage.quotas[sku]?.unlimited === false);
  const isSame = (one: string | undefined, other: string) => one !== undefined && shownSku(one, usage) === shownSku(other, usage);
  const [chosen, choose] = useState('');
  const leading = limited.find((one) => isSame(history.forecast?.sku, one));
  const sku = limited.includes(chosen) ? chosen : (leading ?? limited[0] ?? '');
  const points = period(pointsOf(sku, history.quotas, usage.quotas[sku]?.entitlement ?? null));
  if (limited.length === 0) return null;
  return (
    <section class="card">
      <h2>{t.burnDown}</h2>
      <Tabs
        name={t.burnDown}
        tabs={limited.map((id) => ({ id, title: t.sku(shownSku(id, usage)) }))}
        selected={sku}
        onSelect={choose}
      >
        {points.length < 2 ? (
          <p class="help">{t.noHistory}</p>
        ) : (
          <Lines title={t.burnDown} points={points} forecast={isSame(history.forecast?.sku, sku) ? history.forecast : null} />
        )}
      </Tabs>
    </section>
  );
}

function Lines({ title, points, forecast }: { title: string; points: QuotaPoint[]; forecast: Forecast | null }) {
  const t = useTexts(usageText);
  const names = { left: t.isLeft, even: t.evenPace, ahead: t.projection };
  const { at, series } = lines(points, forecast, names);
  return (
    <Chart
      title={title}
      kind="lines"
      height={220}
      at={at}
      series={series}
      step={DAY}
      format={(value) => short(value)}
      formatAt={moment}
    />
  );
}

/** The readings since the last reset: where the amount left rises again, a new period has begun. */
export function period(points: QuotaPoint[]): QuotaPoint[] {
  const known = points.filter((point) => point.remaining !== null);
  let begins = 0;
  known.forEach((point, at) => {
    const before = known[at - 1];
    const rose = before !== undefined && (point.remaining ?? 0) > (before.remaining ?? 0);
    if (rose && before.reset_at !== point.reset_at) begins = at;
  });
  return known.slice(begins);
}

function lines(
  points: QuotaPoint[],
  forecast: Forecast | null,
  names: { left: string; even: string; ahead: string },
): { at: number[]; series: Series[] } {
  const seconds = (text: string) => new Date(text).getTime() / 1000;
  const last = points.at(-1);
  const reset = last?.reset_at ? seconds(last.reset_at) : null;
  const at = points.map((point) => seconds(point.at));
  const now = at.at(-1) ?? 0;
  const ahead = reset && reset > now ? daysBetween(now, reset) : [];
  const all = [...at, ...ahead];
  const left = [...points.map((point) => point.remaining), ...ahead.map(() => null)];
  const series: Series[] = [{ label: names.left, values: left }];
  if (reset && last?.entitlement) {
    const begin = reset - 30 * DAY;
    const even = all.map((time) => Math.max(0, ((reset - time) / (reset - begin)) * (last.entitlement ?? 0)));
    series.push({ label: names.even, values: even });
  }
  if (forecast?.per_day && ahead.length > 0) {
    const per = forecast.per_day / DAY;
    const projected = all.map((time) => (time < now ? null : Math.max(0, (last?.remaining ?? 0) - per * (time - now))));
    series.push({ label: names.ahead, values: projected });
  }
  return { at: all, series };
}

/** One moment a day after `from`, and the last one. */
function daysBetween(from: number, to: number): number[] {
  const found: number[] = [];
  for (let time = from + DAY; time < to; time += DAY) found.push(time);
  return [...found, to];
}
