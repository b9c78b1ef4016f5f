import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLoad } from '../../api';
import { Empty, PageTitle, Show } from '../../components/loaded';
import { Tile } from '../../components/tile';
import { Time } from '../../components/time';
import { exact, percent, short, units } from '../../format';
import type { SessionDetail } from '../../history';
import { useTexts } from '../../texts';
import { sessionsText } from '../sessions.texts';
import { TurnRow } from './turn';

/** One session: what it cost, and the tree of prompts, tool turns and subagents. */
export function OneSession({ id }: { id: string }) {
  const t = useTexts(sessionsText);
  const session = useLoad<SessionDetail>(`/api/sessions/${encodeURIComponent(id)}`);
  if (session.error?.status === 404) {
    return (
      <>
        <PageTitle title={t.unnamed('')} />
        <Empty title={t.missing}>
          <a href="/sessions">{t.back}</a>
        </Empty>
      </>
    );
  }
  return (
    <div class="session">
      <p>
        <a href="/sessions">← {t.back}</a>
      </p>
      <Show from={session}>{(data) => <Whole session={data} />}</Show>
    </div>
  );
}

function Whole({ session }: { session: SessionDetail }) {
  const t = useTexts(sessionsText);
  const dearest = Math.max(0, ...session.turns.map((turn) => turn.nano_aiu ?? 0));
  const [opened, open] = useState<ReadonlySet<number>>(new Set(session.turns.length === 1 ? [session.turns[0]?.turn ?? 0] : []));
  const all = opened.size === session.turns.length;
  const toggle = (turn: number) => open((now) => new Set(now.has(turn) ? [...now].filter((one) => one !== turn) : [...now, turn]));
  return (
    <>
      <PageTitle title={session.title ?? t.unnamed(session.client)}>
        <a class="button small" href={`/requests?session=${encodeURIComponent(session.id)}`}>
          {t.requestsOf}
        </a>
      </PageTitle>
      <Figures session={session} />
      <Facts session={session} />
      {session.truncated && <p class="help">{t.truncated}</p>}
      <section class="card turns">
        <div class="turns-head">
          <h2>{t.prompts(session.prompts)}</h2>
          <button type="button" class="link" onClick={() => open(new Set(all ? [] : session.turns.map((turn) => turn.turn)))}>
            {all ? t.fold : t.expand}
          </button>
        </div>
        <ol>
          {session.turns.map((turn) => (
            <TurnRow
              key={turn.turn}
              turn={turn}
              dearest={dearest}
              isOpen={opened.has(turn.turn)}
              toggle={() => toggle(turn.turn)}
            />
          ))}
        </ol>
      </section>
    </>
  );
}

function Figures({ session }: { session: SessionDetail }) {
  const t = useTexts(sessionsText);
  const rate = session.cache_hit_rate;
  return (
    <div class="tiles">
      <Tile title={t.cost} value={units(session.nano_aiu)} unit={t.units}>
        <p class="muted">
          {t.prompts(session.prompts)}, {t.requests(session.requests)}
        </p>
      </Tile>
      <Tile title={t.tokens} value={short(session.input_tokens)} tip={exact(session.input_tokens)}>
        <p class="muted">{t.inOut(short(session.input_tokens), short(session.output_tokens))}</p>
      </Tile>
      <Tile title={t.cache} value={percent(rate === null ? null : rate * 100)}>
        <p class="muted">{t.cacheHelp}</p>
      </Tile>
    </div>
  );
}

function Facts({ session }: { session: SessionDetail }) {
  const t = useTexts(sessionsText);
  return (
    <dl class="facts">
      <Fact name={t.started}>{<Time at={session.started_at} />}</Fact>
      <Fact name={t.models}>{session.models.join(', ')}</Fact>
      <Fact name={t.project}>{session.project && <code>{session.project}</code>}</Fact>
      <Fact name={t.process}>{session.process}</Fact>
      <Fact name={t.id}>
        <code>{session.id}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
