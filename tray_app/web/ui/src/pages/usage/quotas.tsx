import { type Column, Table } from '../../components/table';
import { Bar } from '../../components/tile';
import { day, exact, percent, short } from '../../format';
import type { Forecast, QuotaSnapshot, UsageAnswer, UsageHistory } from '../../history';
import { useTexts } from '../../texts';
import { usageText } from '../usage.texts';
import { once, shownSku } from './skus';

interface Named extends QuotaSnapshot {
  sku: string;
  /** What it is called here. */
  title: string;
}

/** One gauge per quota that has a limit; those without are named in a line. */
export function Gauges({ usage, forecast }: { usage: UsageAnswer; forecast: Forecast | null }) {
  const t = useTexts(usageText);
  const all = named(usage, t.sku);
  const limited = all.filter((quota) => !quota.unlimited);
  const free = all.filter((quota) => quota.unlimited);
  return (
    <section aria-label={t.quotas}>
      <div class="tiles">
        {limited.map((quota) => (
          <Gauge key={quota.sku} quota={quota} forecast={forecast && shownSku(forecast.sku, usage) === shownSku(quota.sku, usage) ? forecast : null} />
        ))}
      </div>
      {free.length > 0 && (
        <p class="muted without-limit">
          {t.noLimit}: {free.map((quota) => quota.title).join(', ')}
        </p>
      )}
    </section>
  );
}

function Gauge({ quota, forecast }: { quota: Named; forecast: Forecast | null }) {
  const t = useTexts(usageText);
  const left = quota.percent_remaining;
  return (
    <section class="tile">
      <h2>{quota.title}</h2>
      <p class="figure">
        <span class="number">{left === null ? t.notKnown : percent(clamped(left))}</span>
        {left !== null && <span class="unit"> {t.left('').trim()}</span>}
      </p>
      <Bar percent={left} label={left === null ? t.notKnown : t.left(percent(clamped(left)))} isLeft />
      <p class="muted" title={`${exact(quota.remaining, 2)} / ${exact(quota.entitlement, 2)}`}>
        {quota.remaining !== null && t.of(short(Math.max(0, quota.remaining)), short(quota.entitlement))}
      </p>
      {!!quota.overage_count && <p class="muted">{t.over(exact(quota.overage_count, 2))}</p>}
      {forecast && <Outlook forecast={forecast} />}
    </section>
  );
}

function Outlook({ forecast }: { forecast: Forecast }) {
  const t = useTexts(usageText);
  if (forecast.lasts_until && !forecast.past_reset) return <p>{t.lasts(day(new Date(forecast.lasts_until)))}</p>;
  return forecast.past_reset ? <p class="muted">{t.lastsPast}</p> : null;
}

const clamped = (value: number) => Math.min(100, Math.max(0, value));

const named = (usage: UsageAnswer, title: (sku: string) => string): Named[] =>
  Object.entries(once(usage.quotas)).map(([sku, quota]) => ({ sku, title: title(shownSku(sku, usage)), ...quota }));

/** Limits over hours and days that answers mention in passing. */
export function RateLimits({ history }: { history: UsageHistory }) {
  const t = useTexts(usageText);
  const newest = Object.entries(history.rate_limits).flatMap(([name, points]) => {
    const last = points.at(-1);
    return last ? [{ name, ...last }] : [];
  });
  if (newest.length === 0) return null;
  return (
    <section class="card">
      <h2>{t.rates}</h2>
      <p class="help">{t.ratesHelp}</p>
      {newest.map((limit) => (
        <div key={limit.name} class="rate">
          <span>{t.sku(limit.name)}</span>
          <Bar percent={limit.percent_remaining} label={t.left(percent(limit.percent_remaining))} isLeft />
          <span class="number">{t.left(percent(limit.percent_remaining))}</span>
        </div>
      ))}
    </section>
  );
}

/** The same as a table, exact. */
export function AllFigures({ usage }: { usage: UsageAnswer }) {
  const t = useTexts(usageText);
  const amount = (quota: Named, value: number | null) => (quota.unlimited ? t.noLimit : exact(value, 2));
  const used = (quota: Named) =>
    quota.unlimited || quota.entitlement === null || quota.remaining === null ? null : quota.entitlement - quota.remaining;
  const columns: Column<Named>[] = [
    { key: 'sku', title: t.columns.quota, head: true, cell: (row) => <span title={row.sku}>{row.title}</span> },
    { key: 'entitlement', title: t.columns.entitlement, end: true, cell: (row) => amount(row, row.entitlement) },
    { key: 'used', title: t.columns.used, end: true, cell: (row) => exact(used(row), 2) },
    { key: 'left', title: t.columns.left, end: true, cell: (row) => amount(row, row.remaining) },
    { key: 'share', title: '%', end: true, cell: (row) => (row.unlimited ? '' : percent(row.percent_remaining, 1)) },
    { key: 'over', title: t.columns.over, end: true, cell: (row) => exact(row.overage_count, 2) },
  ];
  return (
    <section class="card">
      <h2>{t.table}</h2>
      <Table caption={t.table} columns={columns} rows={named(usage, t.sku)} rowKey={(row) => row.sku} />
    </section>
  );
}
