import { useState } from 'preact/hooks';
import { type Loaded, post, useAction, useLoad } from '../../api';
import { useCell } from '../../cell';
import { Icon } from '../../components/icon';
import { Empty, Failure, Show } from '../../components/loaded';
import { Tabs } from '../../components/tabs';
import { useFeed } from '../../feed';
import { clock, day } from '../../format';
import type { Bodies, RequestDetail } from '../../history';
import { appState, session } from '../../store';
import { useTexts } from '../../texts';
import { Conversation } from './conversation';
import { CopyAs } from './copy_as_tab';
import { detailText } from './detail.texts';
import { Frames } from './frames';
import { Happened } from './happened';
import { Raw } from './raw';

const TABS = ['conversation', 'happened', 'frames', 'raw', 'copy'] as const;
type Tab = (typeof TABS)[number];

/** One request in full. */
export function Detail({ id, close }: { id: string; close: () => void }) {
  const t = useTexts(detailText);
  const path = `/api/requests/${encodeURIComponent(id)}`;
  const request = useLoad<RequestDetail>(path);
  useFeed('requests', (batch) => {
    if (batch.finished.some((row) => row.id === id)) request.reload();
  });
  return (
    <section class="detail card" aria-label={t.name}>
      <div class="detail-head">
        <button type="button" class="link detail-back" onClick={close}>
          {t.back}
        </button>
        <button type="button" class="icon-button" aria-label={t.close} title={`${t.close} (Esc)`} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      {request.error?.status === 404 ? <Empty title={t.missing} /> : <Show from={request}>{(row) => <Whole row={row} path={path} />}</Show>}
    </section>
  );
}

function Whole({ row, path }: { row: RequestDetail; path: string }) {
  const t = useTexts(detailText);
  const [tab, choose] = useState<Tab>(row.captured && !row.error ? 'conversation' : 'happened');
  const allowed = useCell(session);
  const bodies = useLoad<Bodies>(row.captured && allowed && tab !== 'happened' ? `${path}/bodies` : null);
  const started = new Date(row.started_at);
  return (
    <>
      <h2 class="detail-title">
        {row.model_served ?? row.model_requested ?? row.path}
        <span class="muted">
          {' '}
          {row.client}, {day(started)}, {clock(started)}
        </span>
      </h2>
      <Tabs name={t.name} tabs={TABS.map((id) => ({ id, title: t.tabs[id] }))} selected={tab} onSelect={(id) => choose(id as Tab)}>
        {tab === 'happened' ? (
          <Happened row={row} />
        ) : tab === 'copy' ? (
          <CopyAs row={row} body={bodies.data?.request ?? null} />
        ) : (
          <Said row={row} bodies={bodies} tab={tab} />
        )}
      </Tabs>
    </>
  );
}

function Said({ row, bodies, tab }: { row: RequestDetail; bodies: Loaded<Bodies>; tab: Tab }) {
  const t = useTexts(detailText);
  const allowed = useCell(session);
  if (!row.captured) return <NotCaptured />;
  if (!allowed) return <Empty title={t.needsSession} />;
  return (
    <Show from={bodies}>
      {(data) => (
        <>
          {data.truncated && <p class="help">{t.truncated}</p>}
          {tab === 'conversation' && <Conversation bodies={data} />}
          {tab === 'frames' && <Frames frames={data.frames} />}
          {tab === 'raw' && <Raw row={row} bodies={data} />}
        </>
      )}
    </Show>
  );
}

function NotCaptured() {
  const t = useTexts(detailText);
  const allowed = useCell(session);
  const until = useCell(appState, (state) => state.recording_until);
  const { run, busy, error } = useAction();
  return (
    <Empty title={t.notCaptured}>
      <p>{until ? t.recordingNow : t.notCapturedHelp}</p>
      {!until && (
        <button type="button" disabled={!allowed || busy} onClick={() => void run(() => post('/api/recording', { hours: 1 }))}>
          {t.record}
        </button>
      )}
      {error && <Failure message={error} />}
    </Empty>
  );
}
