import { useEffect, useRef } from 'preact/hooks';
import { type Loaded, useLoad } from '../api';
import { useCell } from '../cell';
import { Icon } from '../components/icon';
import { Empty, PageTitle, Show } from '../components/loaded';
import { useFeed } from '../feed';
import type { FullStats, Overview as Figures } from '../history';
import { useNow } from '../now';
import { useQuery } from '../router';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { useTexts } from '../texts';
import { Cache, Dearest } from './overview/cards';
import { Groups } from './overview/groups';
import { Speed } from './overview/speed';
import { BilledTile, LeftTile, WorkingTile } from './overview/tiles';
import { question, type Span, Trend } from './overview/trend';
import { overviewText } from './overview.texts';

const RELOAD_AFTER_MS = 3000;

/** What did it cost, what is left, is it working? Below, how it went over time. */
export default function Overview(_: PageProps) {
  const t = useTexts(overviewText);
  const east = -new Date().getTimezoneOffset();
  const figures = useLoad<Figures>(`/api/overview?tz_offset_minutes=${east}`);
  const [query] = useQuery();
  const span = (query.get('span') ?? 'day') as Span;
  const hour = Math.floor(useNow(60_000).getTime() / 3_600_000);
  const stats = useLoad<FullStats>(question(span, hour, east));
  useReloadAfterRequests([figures, stats]);
  return (
    <div class="overview">
      <PageTitle title={t.title} />
      <Show from={figures}>
        {(data) => (
          <>
            <Notices figures={data} />
            <div class="tiles">
              <BilledTile figures={data} />
              <LeftTile forecast={data.forecast} />
              <WorkingTile figures={data} />
            </div>
            <Show from={stats}>{(past) => <Past figures={data} stats={past} span={span} />}</Show>
          </>
        )}
      </Show>
    </div>
  );
}

/** Figures follow what happens, gathered: at most one question every few seconds. */
function useReloadAfterRequests(loads: Pick<Loaded<unknown>, 'reload'>[]): void {
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

/** What began to look odd, and what is wrong with the history. Usually nothing. */
function Notices({ figures }: { figures: Figures }) {
  const t = useTexts(overviewText);
  const { history_problem: problem, dropped_records: dropped } = figures.health;
  const said = [
    ...figures.anomalies.map((one) => ({ text: one.message, session: one.session_id })),
    ...(problem ? [{ text: problem, session: null }] : []),
    ...(dropped > 0 ? [{ text: t.dropped(dropped), session: null }] : []),
  ];
  if (said.length === 0) return null;
  return (
    <ul class="notices">
      {said.map(({ text, session }) => (
        <li key={text}>
          <Icon name="warn" />
          {session ? <a href={`/sessions/${encodeURIComponent(session)}`}>{text}</a> : text}
        </li>
      ))}
    </ul>
  );
}

function Past({ figures, stats, span }: { figures: Figures; stats: FullStats; span: Span }) {
  const t = useTexts(overviewText);
  const signedIn = useCell(appState, (state) => state.signed_in);
  if (stats.requests === 0 && figures.week.requests === 0) {
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
      <Trend stats={stats} span={span} />
      <div class="overview-pair">
        <Dearest sessions={figures.dearest_sessions} />
        <Cache cache={figures.cache} />
      </div>
      <Speed stats={stats} span={span} />
      <div class="overview-groups">
        <Groups title={t.byModel} head={t.model} groups={stats.by_model} filter="model" />
        <Groups title={t.byClient} head={t.client} groups={stats.by_client} filter="client" />
      </div>
    </>
  );
}
