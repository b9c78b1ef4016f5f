import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../api';
import { copyAndTell } from '../components/copy';
import { PageTitle } from '../components/loaded';
import type { Bodies, HistoryRow } from '../history';
import { useKeys } from '../keys';
import { navigate, useQuery } from '../router';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { attempt } from '../toasts';
import { asCurl } from './requests/copy_as';
import { Detail } from './requests/detail';
import { asked, fits, fromQuery } from './requests/filter';
import { FilterBar } from './requests/filter_bar';
import { List } from './requests/list';
import { useRows } from './requests/rows';
import { Splitter } from './requests/splitter';
import { requestsText } from './requests.texts';

/** Every request: a live list that can be filtered, and one of them in full beside it. */
export default function Requests({ rest: opened }: PageProps) {
  const frame = useTexts(frameText);
  const [query, change] = useQuery();
  const [live, setLive] = useState(true);
  const [atTop, setAtTop] = useState(true);
  const filter = fromQuery(query);
  const path = `/api/requests?${asked(filter, query.has('all')).toString()}`;
  const all = useRows(path, live && atTop);
  const rows = { ...all, running: all.running.filter((row) => fits(row, filter)) };
  const [selected, select] = useState(opened);
  useEffect(() => select((now) => opened || now), [opened]);
  const open = (id: string) => navigate(address(id));
  const everything = [...rows.running, ...rows.rows];
  const field = useRef<HTMLInputElement>(null);
  const at = useRef(selected); // the newest choice: keys come faster than a draw
  at.current = selected;
  useListKeys({
    rows: everything,
    selected: () => at.current,
    opened,
    select: (id) => {
      at.current = id;
      if (opened) open(id);
      else select(id);
    },
    open,
    filter: () => field.current?.focus(),
    failures: () => change({ status: query.get('status') === 'error' ? null : 'error' }),
    live: () => setLive((now) => !now),
  });
  return (
    <div class={opened ? 'requests open' : 'requests'}>
      <PageTitle title={frame.pages.requests} />
      <FilterBar field={field} live={live} setLive={setLive} hidden={rows.hidden} path={path} />
      <div class="requests-panes">
        <List rows={rows} selected={selected} select={select} open={open} onScrolled={setAtTop} atTop={atTop} />
        {opened && <Splitter />}
        {opened && <Detail key={opened} id={opened} close={() => navigate(address(''))} />}
      </div>
    </div>
  );
}

const address = (id: string) => `/requests${id ? `/${encodeURIComponent(id)}` : ''}${location.search}`;

interface ListKeys {
  rows: HistoryRow[];
  selected: () => string;
  opened: string;
  select: (id: string) => void;
  open: (id: string) => void;
  filter: () => void;
  failures: () => void;
  live: () => void;
}

function useListKeys({ rows, selected, opened, select, open, filter, failures, live }: ListKeys): void {
  const t = useTexts(requestsText);
  const step = (by: number) => {
    const at = rows.findIndex((row) => row.id === selected());
    const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next) select(next.id);
  };
  useKeys([
    { keys: 'j', label: t.next, run: () => step(1) },
    { keys: 'k', label: t.previous, run: () => step(-1) },
    { keys: 'ArrowDown', label: t.next, run: () => step(1) },
    { keys: 'ArrowUp', label: t.previous, run: () => step(-1) },
    { keys: 'Enter', label: t.open, run: () => void (selected() && open(selected())) },
    { keys: 'Escape', label: t.close, run: () => opened && navigate(address('')) },
    { keys: '/', label: t.focusFilter, run: filter },
    { keys: 'f', label: t.onlyFailures, run: failures },
    { keys: 'p', label: t.pause, run: live },
    { keys: 'c', label: t.copyCurl, run: () => void copyCurl(rows.find((row) => row.id === selected())) },
  ]);
}

async function copyCurl(row: HistoryRow | undefined): Promise<void> {
  if (!row) return;
  await attempt(async () => {
    const bodies = row.captured ? await get<Bodies>(`/api/requests/${encodeURIComponent(row.id)}/bodies`) : null;
    await copyAndTell(asCurl(row, bodies?.request ?? null, appState.get().url));
  });
}
