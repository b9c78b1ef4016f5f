import { useId } from 'preact/hooks';
import { Badge, Dot } from '../../components/dot';
import { Icon } from '../../components/icon';
import { Time } from '../../components/time';
import { clock, duration, exact, percent, short, units } from '../../format';
import type { Branch, CacheLost, FullTotals, HistoryRow, Turn } from '../../history';
import { useTexts } from '../../texts';
import { sessionsText } from '../sessions.texts';

interface Props {
  turn: Turn;
  /** The units of the dearest turn: its bar is full. */
  dearest: number;
  isOpen: boolean;
  toggle: () => void;
}

/** A prompt with its price; opened, its branches with every request. */
export function TurnRow({ turn, dearest, isOpen, toggle }: Props) {
  const t = useTexts(sessionsText);
  const id = useId();
  const lost = turn.branches.flatMap((branch) => branch.requests_list).filter((row) => row.cache_lost).length;
  return (
    <li class="turn">
      <button type="button" class="turn-head" aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
        <Icon name={isOpen ? 'down' : 'right'} />
        <span class="turn-title">
          {turn.title ?? t.turn(exact(turn.turn))}
          {turn.failed_requests > 0 && <Badge tone="bad">{t.failed(turn.failed_requests)}</Badge>}
          {lost > 0 && <Dot tone="warn" label={t.lost('')} />}
        </span>
        <span class="muted">
          <Time at={turn.started_at} />
        </span>
        <span class="muted">{t.requests(turn.requests)}</span>
        <Price totals={turn} dearest={dearest} />
      </button>
      <div id={id} hidden={!isOpen}>
        {isOpen && turn.branches.map((branch) => <BranchRows key={branch.branch} branch={branch} alone={turn.branches.length === 1} />)}
      </div>
    </li>
  );
}

function Price({ totals, dearest }: { totals: FullTotals; dearest: number }) {
  const share = dearest > 0 ? ((totals.nano_aiu ?? 0) / dearest) * 100 : 0;
  return (
    <span class="turn-price">
      <span class="share" aria-hidden="true">
        <span style={{ width: `${share}%` }} />
      </span>
      <b class="number">{units(totals.nano_aiu)}</b>
    </span>
  );
}

function BranchRows({ branch, alone }: { branch: Branch; alone: boolean }) {
  const t = useTexts(sessionsText);
  return (
    <section class={`branch ${branch.kind}`}>
      {!(alone && branch.kind === 'main') && (
        <h3>
          {t.kinds[branch.kind]}
          <span class="muted"> {t.requests(branch.requests)}</span>
          <b class="number">{units(branch.nano_aiu)}</b>
        </h3>
      )}
      <ul>
        {branch.requests_list.map((row) => (
          <RequestLine key={row.id} row={row} lost={row.cache_lost} />
        ))}
      </ul>
    </section>
  );
}

function RequestLine({ row, lost }: { row: HistoryRow; lost: CacheLost | null }) {
  const t = useTexts(sessionsText);
  const tone = row.cancelled ? 'off' : row.error ? 'bad' : 'ok';
  const started = new Date(row.started_at);
  return (
    <li>
      {lost && <Lost lost={lost} />}
      <a class="request-line" href={`/requests/${encodeURIComponent(row.id)}`}>
        <Dot tone={tone} label={row.error ?? String(row.status ?? '')} />
        <time dateTime={row.started_at}>{clock(started)}</time>
        <span class="request-model">{row.model_served ?? row.model_requested}</span>
        <span class="muted">{row.error_message ?? row.error ?? duration(row.duration_ms)}</span>
        <span class="muted number" title={`${exact(row.input_tokens)} / ${exact(row.output_tokens)}`}>
          {row.input_tokens !== null && t.inOut(short(row.input_tokens), short(row.output_tokens))}
          {!!row.cached_tokens && !!row.input_tokens && `, ${t.cachedPart(percent((row.cached_tokens / row.input_tokens) * 100))}`}
        </span>
        <span class="number end">{row.nano_aiu === null ? '' : units(row.nano_aiu)}</span>
      </a>
    </li>
  );
}

function Lost({ lost }: { lost: CacheLost }) {
  const t = useTexts(sessionsText);
  const why = t.reasons[lost.reason](t.place(lost.changed_at), duration(lost.idle_seconds * 1000));
  return (
    <p class="cache-lost">
      <Icon name="warn" />
      {t.lost(short(lost.lost_tokens))} {why}.
    </p>
  );
}
