import { post } from '../../api';
import { useCell } from '../../cell';
import { Dot, type Tone } from '../../components/dot';
import { useFeed } from '../../feed';
import { clockOn, duration, exact, moment, short, units } from '../../format';
import type { HistoryRow } from '../../history';
import { useNow } from '../../now';
import { session } from '../../store';
import { useTexts } from '../../texts';
import { attempt } from '../../toasts';
import { requestsText } from '../requests.texts';
import { useState } from 'preact/hooks';

export interface RowProps {
  row: HistoryRow;
  isSelected: boolean;
  select: (id: string) => void;
  open: (id: string) => void;
}

const SLOW_MS = 60_000; // a bar is full at a minute

/** A finished request in one line. */
export function Row({ row, isSelected, select, open }: RowProps) {
  return (
    <tr class={isSelected ? 'selected' : ''} aria-selected={isSelected} onClick={() => open(row.id)} onFocusCapture={() => select(row.id)}>
      <Begun row={row} open={open} />
      <td class="c-status">
        <Outcome row={row} />
      </td>
      <td class="c-duration">
        <DurationBar row={row} />
      </td>
      <td class="c-tokens end">
        <Tokens row={row} />
      </td>
      <td class="c-units end" title={row.nano_aiu === null ? '' : exact(row.nano_aiu / 1e9, 6)}>
        {row.nano_aiu === null ? '' : units(row.nano_aiu)}
      </td>
      <td class="c-notes muted">
        <Remarks row={row} />
      </td>
    </tr>
  );
}

function Begun({ row, open }: { row: HistoryRow; open: (id: string) => void }) {
  const started = new Date(row.started_at);
  const served = row.model_served !== row.model_requested ? row.model_served : null;
  return (
    <>
      <td class="c-time">
        <a
          href={`/requests/${encodeURIComponent(row.id)}`}
          title={moment(started)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            open(row.id);
          }}
        >
          {clockOn(started)}
        </a>
      </td>
      <td class="c-client" title={[row.client, row.project].filter(Boolean).join('\n')}>
        <Starter row={row} />
        {row.client}
      </td>
      <td class="c-model" title={[row.model_requested, served].filter(Boolean).join(' → ')}>
        {served && row.model_requested ? (
          <>
            {served} <span class="muted">← {row.model_requested}</span>
          </>
        ) : (
          (row.model_served ?? row.model_requested)
        )}
      </td>
    </>
  );
}

/** A person's prompt is marked; what the tool asks by itself is not. */
function Starter({ row }: { row: HistoryRow }) {
  const t = useTexts(requestsText);
  const byPerson = row.initiator === 'user';
  return (
    <span class={byPerson ? 'starter person' : 'starter'} title={byPerson ? t.byPerson : t.byAgent}>
      <span class="off-screen">{byPerson ? t.byPerson : t.byAgent}</span>
    </span>
  );
}

export function toneOf(row: HistoryRow): Tone {
  if (row.cancelled) return 'off';
  if (row.error) return row.status === 200 || (row.status ?? 500) >= 500 ? 'bad' : 'warn';
  return row.status === null ? 'busy' : 'ok';
}

function Outcome({ row }: { row: HistoryRow }) {
  const t = useTexts(requestsText);
  const word = row.cancelled ? t.cancelled : row.error && row.status === 200 ? t.brokeOff : String(row.status ?? '');
  return (
    <span class="outcome" title={row.error_message ?? row.error ?? word}>
      <Dot tone={toneOf(row)} />
      {word}
    </span>
  );
}

/** Length by time, with the first byte marked; longer than a minute is full. */
function DurationBar({ row }: { row: HistoryRow }) {
  const share = (ms: number | null) => `${Math.min(100, Math.sqrt((ms ?? 0) / SLOW_MS) * 100)}%`;
  return (
    <span class="duration">
      <span class="duration-bar" aria-hidden="true">
        <span class="all" style={{ width: share(row.duration_ms) }} />
        {row.ttfb_ms !== null && <span class="wait" style={{ width: share(row.ttfb_ms) }} />}
      </span>
      <span class="number">{duration(row.duration_ms)}</span>
    </span>
  );
}

function Tokens({ row }: { row: HistoryRow }) {
  const t = useTexts(requestsText);
  if (row.input_tokens === null && row.output_tokens === null) return null;
  const tip = [
    `${exact(row.input_tokens)} / ${exact(row.output_tokens)}`,
    row.cached_tokens !== null && t.cachedOf(exact(row.cached_tokens), exact(row.input_tokens)),
  ];
  return (
    <span title={tip.filter(Boolean).join('\n')}>
      {short(row.input_tokens)}
      {!!row.cached_tokens && <span class="muted">({short(row.cached_tokens)})</span>} / {short(row.output_tokens)}
    </span>
  );
}

function Remarks({ row }: { row: HistoryRow }) {
  const t = useTexts(requestsText);
  const said = [
    row.attempts > 1 && t.tries(row.attempts),
    row.repairs.length > 0 && t.repairs(row.repairs.length),
    row.notes.length > 0 && t.notes(row.notes.length),
  ].filter(Boolean);
  return <span title={[...row.repairs, ...row.notes].join('\n')}>{said.join(', ')}</span>;
}

const whole = (ms: number) => duration(Math.floor(ms / 1000) * 1000);

/** One on its way: how long, how long silent, and a way to end it. */
export function RunningRow({ row, isSelected, select, open }: RowProps) {
  const t = useTexts(requestsText);
  const allowed = useCell(session);
  const now = useNow(1000);
  const [silence, setSilence] = useState<number | null>(null);
  useFeed('requests', (batch) => {
    const mine = batch.running.find((one) => one.id === row.id);
    if (mine) setSilence(mine.silence_ms);
  });
  const elapsed = Math.max(0, now.getTime() - new Date(row.started_at).getTime());
  return (
    <tr class={isSelected ? 'running selected' : 'running'} aria-selected={isSelected} onFocusCapture={() => select(row.id)}>
      <Begun row={row} open={open} />
      <td class="c-status">
        <span class="outcome">
          <Dot tone="busy" label={t.running} />
          <button
            type="button"
            class="link"
            disabled={!allowed}
            title={t.cancelTip}
            onClick={() => void attempt(() => post(`/api/requests/${encodeURIComponent(row.id)}/cancel`))}
          >
            {t.cancel}
          </button>
        </span>
      </td>
      <td class="c-duration end number">{whole(elapsed)}</td>
      <td class="c-tokens end muted">{silence !== null && silence > 3000 && t.silent(whole(silence))}</td>
      <td class="c-units" />
      <td class="c-notes" />
    </tr>
  );
}
