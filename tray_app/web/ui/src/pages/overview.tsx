import { useEffect, useRef } from 'preact/hooks';
import { type Loaded, useLoad } from '../api';
import { useCell } from '../cell';
import { Chart } from '../components/chart';
import { Empty, PageTitle, Show } from '../components/loaded';
import { type Column, Table } from '../components/table';
import { useFeed } from '../feed';
import { clockShort, exact, percent, short, units } from '../format';
import { useNow } from '../now';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { useTexts } from '../texts';
import type { Stats, Totals } from '../types';
import { BilledTile, LeftTile, WorkingTile } from './overview/tiles';
import { overviewText } from './overview.texts';

const HOUR = 3_600_000;
const RELOAD_AFTER_MS = 3000;

export default function Overview(_: PageProps) {
  const t = useTexts(overviewText);
  const hour = Math.floor(useNow(60_000).getTime() / HOUR) * HOUR;
  const midnight = new Date(hour).setHours(0, 0, 0, 0);
  const today = useLoad<Stats>(stats(midnight, midnight + 24 * HOUR));
  const yesterday = useLoad<Stats>(stats(midnight - 24 * HOUR, midnight));
  const hours = useLoad<Stats>(stats(hour - 23 * HOUR, hour + HOUR));
  useReloadAfterRequests([today, hours]);
  return (
    <div class="overview">
      <PageTitle title={t.title} />
      <Show from={today}>
        {(data) => (
          <>
            <div class="tiles">
              <BilledTile today={data} yesterday={yesterday.data} />
              <LeftTile />
              <WorkingTile today={data} />
            </div>
            <Show from={hours}>{(day) => <Day day={day} today={data} />}</Show>
          </>
        )}
      </Show>
    </div>
  );
}

const stats = (from: number, to: number) =>
  `/api/stats?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&bucket=3600`;

/** Figures follow what happens, gathered: at most one question every few seconds. */
function useReloadAfterRequests(loads: Loaded<Stats>[]): void {
  const waiting = useRef<ReturnType<typeof setTimeout>>();
  useFeed('requests', (batch) => {
    if (batch.finished.length === 0 || waiting.current !== undefined) return;
    waiting.current = setTimeout(() => {
      waiting.current = undefined;
      for (const load of loads) load.reload();
    }, RELOAD_AFTER_MS);
  });
  useEffect(() => () => clearTimeout(waiting.current), []);
}

function Day({ day, today }: { day: Stats; today: Stats }) {
  const t = useTexts(overviewText);
  const signedIn = useCell(appState, (state) => state.signed_in);
  if (day.requests === 0) {
    return (
      <Empty title={signedIn ? t.nothing : t.signInFirst}>
        <p>{signedIn ? t.nothingHelp : t.signInHelp}</p>
        <a class="button primary" href={signedIn ? '/tools' : '/welcome'}>
          {signedIn ? t.connect : t.signIn}
        </a>
      </Empty>
    );
  }
  return (
    <>
      <section class="card" aria-labelledby="per-hour">
        <h2 id="per-hour">{t.perHour}</h2>
        <Chart
          title={t.perHour}
          kind="bars"
          step={3600}
          at={day.buckets.map((bucket) => Date.parse(bucket.start) / 1000)}
          series={[
            { label: t.answered, values: day.buckets.map((bucket) => bucket.requests - bucket.failed_requests) },
            { label: t.failed, values: day.buckets.map((bucket) => bucket.failed_requests) },
          ]}
          format={exact}
          formatAt={clockShort}
        />
      </section>
      <div class="overview-tables">
        <Groups title={t.byModel} head={t.model} groups={today.by_model} />
        <Groups title={t.byClient} head={t.client} groups={today.by_client} />
      </div>
    </>
  );
}

type Group = Totals & { name: string };

function Groups({ title, head, groups }: { title: string; head: string; groups: Record<string, Totals> }) {
  const t = useTexts(overviewText);
  const rows: Group[] = Object.entries(groups).map(([name, totals]) => ({ name, ...totals }));
  if (rows.length === 0) return null;
  const figure = (key: keyof Totals, label: string): Column<Group> => ({
    key,
    title: label,
    end: true,
    sort: (row) => row[key],
    cell: (row) => <span title={exact(row[key])}>{short(row[key])}</span>,
  });
  const columns: Column<Group>[] = [
    { key: 'name', title: head, head: true, sort: (row) => row.name, cell: (row) => row.name },
    figure('requests', t.requests),
    figure('input_tokens', t.input),
    { key: 'cached', title: t.cached, end: true, sort: cachedShare, cell: (row) => percent(cachedShare(row)) },
    figure('output_tokens', t.output),
    { key: 'nano_aiu', title: t.billedColumn, end: true, sort: (row) => row.nano_aiu, cell: (row) => units(row.nano_aiu) },
  ];
  return (
    <section class="card">
      <h2>{title}</h2>
      <Table caption={title} columns={columns} rows={rows} rowKey={(row) => row.name} sorted="-requests" />
    </section>
  );
}

const cachedShare = ({ cached_tokens, input_tokens }: Totals): number | null =>
  cached_tokens === null || !input_tokens ? null : (100 * cached_tokens) / input_tokens;
