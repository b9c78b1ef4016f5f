import { useEffect, useState } from 'preact/hooks';
import { get, useAction, useLoad } from '../../api';
import { useCell } from '../../cell';
import { Badge } from '../../components/dot';
import { Empty, Failure, PageTitle, Show } from '../../components/loaded';
import { type Column, Table } from '../../components/table';
import { Time } from '../../components/time';
import { exact, percent, short, units } from '../../format';
import type { SessionRow } from '../../history';
import { useQuery } from '../../router';
import { appState } from '../../store';
import { frameText } from '../../texts/frame';
import { useTexts } from '../../texts';
import { sessionsText } from '../sessions.texts';
import { folder } from './folder';

interface Page {
  sessions: SessionRow[];
  next_cursor: string | null;
}

const HOURS = { day: 24, week: 7 * 24, month: 30 * 24, all: 0 } as const;
type Period = keyof typeof HOURS;

export function SessionList() {
  const t = useTexts(sessionsText);
  const frame = useTexts(frameText);
  const [query] = useQuery();
  const period = (query.get('period') ?? 'week') as Period;
  const [path, setPath] = useState<string | null>(null);
  useEffect(() => setPath(question(period, query.get('client'))), [period, query]);
  const page = useLoad<Page>(path);
  return (
    <>
      <PageTitle title={frame.pages.sessions}>
        <Filters period={period} />
      </PageTitle>
      <p class="muted intro">{t.intro}</p>
      <Show from={page}>
        {(first) => (first.sessions.length === 0 ? <None /> : <Rows key={path} first={first} path={path ?? ''} />)}
      </Show>
    </>
  );
}

function question(period: Period, client: string | null): string {
  const asked = new URLSearchParams({ limit: '50' });
  const hours = HOURS[period] ?? HOURS.week;
  if (hours) asked.set('from', new Date(Date.now() - hours * 3_600_000).toISOString());
  if (client) asked.set('client', client);
  return `/api/sessions?${asked.toString()}`;
}

function Filters({ period }: { period: Period }) {
  const t = useTexts(sessionsText);
  const [query, change] = useQuery();
  const known = useCell(appState, (state) => state.clients);
  const client = query.get('client') ?? '';
  const names = [...new Set([...known.map((tool) => tool.title), ...(client ? [client] : [])])].sort();
  return (
    <>
      <select aria-label={t.client} value={client} onChange={(event) => change({ client: event.currentTarget.value })}>
        <option value="">{t.anyClient}</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select aria-label={t.period} value={period} onChange={(event) => change({ period: event.currentTarget.value })}>
        {(Object.keys(HOURS) as Period[]).map((one) => (
          <option key={one} value={one}>
            {t.periods[one]}
          </option>
        ))}
      </select>
    </>
  );
}

function None() {
  const t = useTexts(sessionsText);
  const [, change] = useQuery();
  const any = useLoad<Page>('/api/sessions?limit=1');
  if (any.data === undefined) return null;
  if (any.data.sessions.length > 0) {
    return (
      <Empty title={t.noneMatch}>
        <button type="button" onClick={() => change({ period: 'all', client: null })}>
          {t.periods.all}
        </button>
      </Empty>
    );
  }
  return (
    <Empty title={t.none}>
      <p>{t.noneHelp}</p>
      <a class="button" href="/tools">
        {t.connect}
      </a>
    </Empty>
  );
}

function Rows({ first, path }: { first: Page; path: string }) {
  const t = useTexts(sessionsText);
  const frame = useTexts(frameText);
  const [more, setMore] = useState<Page[]>([]);
  const older = useAction();
  const pages = [first, ...more];
  const next = pages.at(-1)?.next_cursor;
  const load = async () => {
    const page = await get<Page>(`${path}&cursor=${encodeURIComponent(next ?? '')}`);
    setMore((known) => [...known, page]);
  };
  const columns: Column<SessionRow>[] = [
    { key: 'session', title: t.columns.session, head: true, cell: (row) => <Title session={row} /> },
    { key: 'when', title: t.columns.when, sort: (row) => row.last_at, cell: (row) => <Time at={row.last_at} /> },
    { key: 'prompts', title: t.columns.prompts, end: true, sort: (row) => row.prompts, cell: (row) => exact(row.prompts) },
    { key: 'requests', title: t.columns.requests, end: true, sort: (row) => row.requests, cell: (row) => exact(row.requests) },
    { key: 'input', title: t.columns.input, end: true, sort: (row) => row.input_tokens, cell: (row) => <Count of={row.input_tokens} /> },
    { key: 'cached', title: t.columns.cached, end: true, sort: (row) => row.cache_hit_rate, cell: (row) => hitRate(row.cache_hit_rate) },
    { key: 'output', title: t.columns.output, end: true, sort: (row) => row.output_tokens, cell: (row) => <Count of={row.output_tokens} /> },
    { key: 'units', title: t.columns.units, end: true, sort: (row) => row.nano_aiu, cell: (row) => <b>{units(row.nano_aiu)}</b> },
  ];
  return (
    <section class="card sessions">
      <Table
        caption={frame.pages.sessions}
        columns={columns}
        rows={pages.flatMap((page) => page.sessions)}
        rowKey={(row) => row.id}
        sorted="-when"
      />
      {next && (
        <button type="button" class="link more" disabled={older.busy} onClick={() => void older.run(load)}>
          {t.more}
        </button>
      )}
      {older.error && <Failure message={older.error} />}
    </section>
  );
}

const hitRate = (rate: number | null) => percent(rate === null ? null : rate * 100);
const Count = ({ of }: { of: number | null }) => <span title={exact(of)}>{short(of)}</span>;

function Title({ session }: { session: SessionRow }) {
  const t = useTexts(sessionsText);
  return (
    <div class="session-title">
      <a href={`/sessions/${encodeURIComponent(session.id)}`}>{session.title ?? t.unnamed(session.client)}</a>
      {session.failed_requests > 0 && <Badge tone="bad">{t.failed(session.failed_requests)}</Badge>}
      <span class="muted">
        {[session.client, folder(session.project), session.branches > 1 && t.branches(session.branches), session.models.join(', ')]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </div>
  );
}
