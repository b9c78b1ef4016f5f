import { useEffect, useRef, useState } from 'preact/hooks';
import { useCell } from '../../cell';
import { Empty, Failure } from '../../components/loaded';
import { useQuery } from '../../router';
import { appState } from '../../store';
import { useTexts } from '../../texts';
import { requestsText } from '../requests.texts';
import { fromQuery, NAMES, write } from './filter';
import { Row, RunningRow } from './row';
import type { Rows } from './rows';

const ROW = 34; // px, as in the style sheet
const SPARE = 12; // rows drawn beyond what is seen

interface Props {
  rows: Rows;
  selected: string;
  select: (id: string) => void;
  open: (id: string) => void;
  atTop: boolean;
  onScrolled: (atTop: boolean) => void;
}

/** Only what is seen is drawn; the rest is height. Older rows come as they are scrolled to. */
export function List({ rows, selected, select, open, atTop, onScrolled }: Props) {
  const t = useTexts(requestsText);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const look = () => {
    if (!box.current) return;
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    setView({ top: scrollTop, height: clientHeight });
    onScrolled(scrollTop < ROW);
    if (scrollTop + clientHeight > scrollHeight - 20 * ROW) rows.loadOlder();
  };
  useEffect(look, [rows.rows.length, rows.hasOlder]);
  useEffect(() => {
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => keepInView(box.current, selected, rows), [selected]);
  if (rows.error && rows.rows.length === 0) return <Failure message={rows.error.message} again={rows.follow} />;
  if (rows.rows.length === 0 && rows.running.length === 0) return rows.loading ? <div class="requests-list" /> : <Nothing />;
  const first = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const shown = rows.rows.slice(first, first + Math.ceil(view.height / ROW) + 2 * SPARE);
  const below = rows.rows.length - first - shown.length;
  return (
    <div class="requests-list" ref={box} onScroll={look} tabIndex={0} role="region" aria-label={t.list}>
      <p class="off-screen" aria-live="polite">
        {rows.waiting > 0 ? t.fresh(rows.waiting) : ''}
      </p>
      {rows.waiting > 0 && !atTop && (
        <button
          type="button"
          class="fresh"
          onClick={() => {
            rows.follow();
            box.current?.scrollTo({ top: 0 });
          }}
        >
          {t.fresh(rows.waiting)}
        </button>
      )}
      <table aria-rowcount={rows.hasOlder ? -1 : rows.rows.length}>
        <caption class="off-screen">{t.list}</caption>
        <Head />
        <tbody>
          {rows.running.map((row) => (
            <RunningRow key={row.id} row={row} isSelected={row.id === selected} select={select} open={open} />
          ))}
          {first > 0 && <Space rows={first} />}
          {shown.map((row) => (
            <Row key={row.id} row={row} isSelected={row.id === selected} select={select} open={open} />
          ))}
          {below > 0 && <Space rows={below} />}
        </tbody>
      </table>
    </div>
  );
}

function Head() {
  const { columns } = useTexts(requestsText);
  return (
    <thead>
      <tr>
        <th scope="col" class="c-time">{columns.time}</th>
        <th scope="col" class="c-client">{columns.client}</th>
        <th scope="col" class="c-model">{columns.model}</th>
        <th scope="col" class="c-status">{columns.status}</th>
        <th scope="col" class="c-duration">{columns.duration}</th>
        <th scope="col" class="c-tokens end">{columns.tokens}</th>
        <th scope="col" class="c-units end">{columns.units}</th>
        <th scope="col" class="c-notes">{columns.notes}</th>
      </tr>
    </thead>
  );
}

const Space = ({ rows }: { rows: number }) => (
  <tr aria-hidden="true" class="space" style={{ height: `${rows * ROW}px` }}>
    <td />
  </tr>
);

function keepInView(box: HTMLElement | null, selected: string, rows: Rows): void {
  const at = rows.rows.findIndex((row) => row.id === selected);
  if (!box || at < 0) return;
  const top = (at + rows.running.length) * ROW;
  const room = box.clientHeight - 2 * ROW; // the head stays on top
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top > box.scrollTop + room - ROW) box.scrollTop = top - room + ROW;
}

function Nothing() {
  const t = useTexts(requestsText);
  const [query, change] = useQuery();
  const kept = useCell(appState, (state) => state.history_enabled);
  const filter = write(fromQuery(query));
  if (filter) {
    return (
      <Empty title={t.noMatch(filter)}>
        <button type="button" onClick={() => change(Object.fromEntries([...NAMES, 'q'].map((name) => [name, null])))}>
          {t.clearFilter}
        </button>
      </Empty>
    );
  }
  return (
    <Empty title={t.none}>
      <p>{kept ? t.noneHelp : t.keptOff}</p>
      <a class="button" href={kept ? '/tools' : '/settings?q=history'}>
        {t.connect}
      </a>
    </Empty>
  );
}
