import type { ComponentChildren } from 'preact';
import { post } from '../../api';
import { Dot } from '../../components/dot';
import { bytes, duration, exact, units } from '../../format';
import type { RequestDetail } from '../../history';
import { useTexts } from '../../texts';
import { attempt } from '../../toasts';
import { detailText } from './detail.texts';
import { toneOf } from './row';

/** The outcome in a sentence with what helps, then the route, the time and the figures. What is not known is left out. */
export function Happened({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  return (
    <div class="happened">
      <Outcome row={row} />
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
          <p>{t.kept(exact(row.prefix.kept), exact(row.prefix.parts), row.prefix.changed_at ?? '')}</p>
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

function Outcome({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  return (
    <div class={`verdict ${toneOf(row)}`}>
      <Dot tone={toneOf(row)} />
      <div>
        <p>{sentence(row, t)}</p>
        {row.error_message && <p class="said">{row.error_message}</p>}
        <Help code={row.error} />
      </div>
    </div>
  );
}

function sentence(row: RequestDetail, t: (typeof detailText)['en']): string {
  if (row.running) return t.isRunning;
  if (row.cancelled) return t.wasCancelled(row.client);
  if (row.error) return t.didFail([row.status, row.error].filter(Boolean).join(', '));
  const model = row.model_served ?? row.model_requested ?? 'Copilot';
  const said = t.finished(row.client, model, row.upstream_endpoint ?? row.path);
  const renamed = row.model_requested && row.model_served && row.model_requested !== row.model_served;
  return renamed ? `${said} ${t.alias(row.model_requested ?? '', row.model_served ?? '')}` : said;
}

/** Where the remedy is, for failures that have one in these pages. */
function Help({ code }: { code: string | null }) {
  const { helps } = useTexts(detailText);
  const link = (href: string, text: string) => (
    <a class="button small" href={href}>
      {text}
    </a>
  );
  switch (code) {
    case 'not_signed_in':
    case 'no_seat':
      return link('/welcome', helps.signIn);
    case 'quota_exceeded':
    case 'billing':
      return link('/usage', helps.usage);
    case 'model_not_found':
    case 'model_not_supported':
      return link('/catalog', helps.models);
    case 'approval_denied':
    case 'approval_unavailable':
    case 'approval_timeout':
      return link('/settings?q=manual_approval', helps.settings);
    case 'rate_limit_exceeded':
      return link('/settings?q=rate_limit', helps.settings);
    case 'daily_cap_reached':
      return (
        <button type="button" class="small" onClick={() => void attempt(() => post('/api/limits/lift', { hours: 1 }))}>
          {helps.lift}
        </button>
      );
    default:
      return null;
  }
}

/** The stretch of time in its parts, to scale. */
function Timing({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  const whole = row.duration_ms;
  if (!whole) return null;
  const marks = [row.waited_ms, row.upstream_ms, row.ttfb_ms, whole];
  const names = [t.waited, t.upstream, t.first, t.streaming];
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
