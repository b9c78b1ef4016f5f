import type { ComponentChildren } from 'preact';
import { bytes, duration, exact, units } from '../../format';
import type { RequestDetail } from '../../history';
import { useTexts } from '../../texts';
import { sessionsText } from '../sessions.texts';
import { detailText } from './detail.texts';
import { Verdict } from './verdict';

/** The outcome in a sentence with what helps, then the route, the time and the figures. What is not known is left out. */
export function Happened({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  const { place } = useTexts(sessionsText);
  return (
    <div class="happened">
      <Verdict row={row} />
      <Timing row={row} />
      <Figures row={row} />
      <Route row={row} />
      {row.tries.length > 1 && (
        <Section title={t.attempts}>
          <ol class="plain-list">
            {row.tries.map((one, at) => (
              <li key={at}>
                {one.status ?? '–'} {one.reason} <span class="muted">{duration(one.ms)}</span>
              </li>
            ))}
          </ol>
        </Section>
      )}
      <Lines title={t.repairs} help={t.repairsHelp} lines={row.repairs} />
      <Lines title={t.notes} lines={row.notes} />
      {row.prefix && (
        <Section title={t.prefix}>
          <p>{t.kept(exact(row.prefix.kept), exact(row.prefix.parts), row.prefix.changed_at ? place(row.prefix.changed_at) : '')}</p>
        </Section>
      )}
    </div>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Lines({ title, help, lines }: { title: string; help?: string; lines: string[] }) {
  if (lines.length === 0) return null;
  return (
    <Section title={title}>
      {help && <p class="help">{help}</p>}
      <ul class="plain-list">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Section>
  );
}

/** The stretch of time in its parts, to scale. */
function Timing({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  const whole = row.duration_ms;
  if (!whole) return null;
  const marks = [row.waited_ms, row.upstream_ms, row.ttfb_ms, whole];
  const names = [t.waited, t.upstream, t.first, row.ttfb_ms === null ? t.tried : t.streaming];
  let before = 0;
  const parts = marks.flatMap((mark, at) => {
    if (mark === null || mark <= before) return [];
    const part = { name: names[at] ?? '', ms: mark - before, kind: at };
    before = mark;
    return [part];
  });
  return (
    <Section title={t.timing}>
      <div class="timing" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.name} class={`part-${part.kind}`} style={{ flexGrow: part.ms }} />
        ))}
      </div>
      <ul class="timing-words">
        {parts.map((part) => (
          <li key={part.name}>
            <span class={`swatch part-${part.kind}`} />
            {duration(part.ms)} {part.name}
          </li>
        ))}
      </ul>
      {!!row.longest_silence_ms && <p class="muted">{t.silence(duration(row.longest_silence_ms))}</p>}
    </Section>
  );
}

function Figures({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  const count = (value: number | null) => (value === null ? null : exact(value));
  return (
    <Section title={t.counts}>
      <dl class="facts">
        <Fact name={t.facts.units}>{row.nano_aiu === null ? null : units(row.nano_aiu)}</Fact>
        <Fact name={t.facts.input}>{count(row.input_tokens)}</Fact>
        <Fact name={t.facts.cached}>{count(row.cached_tokens)}</Fact>
        <Fact name={t.facts.written}>{count(row.cache_write_tokens)}</Fact>
        <Fact name={t.facts.output}>{count(row.output_tokens)}</Fact>
        <Fact name={t.facts.reasoning}>{count(row.reasoning_tokens)}</Fact>
        <Fact name={t.facts.size}>{t.inOut(bytes(row.request_bytes), bytes(row.response_bytes))}</Fact>
      </dl>
    </Section>
  );
}

function Route({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  const starter = [
    row.initiator === 'user' ? t.you : t.tool,
    row.background && (t.background[row.background] ?? row.background),
    row.initiator_source === 'client' && t.clientSaid,
  ];
  return (
    <Section title={t.route}>
      <dl class="facts">
        <Fact name={t.facts.asked}>{row.model_requested}</Fact>
        <Fact name={t.facts.served}>{row.model_served}</Fact>
        <Fact name={t.facts.dialect}>{`${row.dialect}, ${row.path}`}</Fact>
        <Fact name={t.facts.endpoint}>{row.upstream_endpoint}</Fact>
        <Fact name={t.facts.initiator}>{row.initiator && starter.filter(Boolean).join(', ')}</Fact>
        <Fact name={t.facts.session}>
          {row.session_id && <a href={`/sessions/${encodeURIComponent(row.session_id)}`}>{row.session_id}</a>}
        </Fact>
        <Fact name={t.facts.project}>{row.project && <code>{row.project}</code>}</Fact>
        <Fact name={t.facts.process}>{row.process}</Fact>
        <Fact name={t.facts.id}>
          <code>{row.id}</code>
        </Fact>
        <Fact name={t.facts.upstreamId}>{row.upstream_request_id && <code>{row.upstream_request_id}</code>}</Fact>
      </dl>
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === null || children === undefined || children === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
