import { post } from '../../api';
import { useCell } from '../../cell';
import { Dot } from '../../components/dot';
import { exact } from '../../format';
import type { RequestDetail } from '../../history';
import { appState, session } from '../../store';
import { useTexts } from '../../texts';
import { attempt } from '../../toasts';
import { detailText } from './detail.texts';
import { type Help, helpFor } from './help';
import { toneOf } from './row';

/** The outcome in one sentence, what was said about it, and where the remedy is. */
export function Verdict({ row }: { row: RequestDetail }) {
  const t = useTexts(detailText);
  const help = helpFor(row);
  return (
    <div class={`verdict ${toneOf(row)}`}>
      <Dot tone={toneOf(row)} />
      <div>
        <p>{sentence(row, t)}</p>
        {row.error_message && !row.cancelled && <p class="said">{row.error_message}</p>}
        {help === 'lift' ? <Lift /> : help && <Way help={help} />}
      </div>
    </div>
  );
}

function Way({ help }: { help: Exclude<Help, 'lift'> }) {
  const { helps } = useTexts(detailText);
  return (
    <a class="button small" href={help.href}>
      {helps[help.word]}
    </a>
  );
}

function Lift() {
  const { helps } = useTexts(detailText);
  const allowed = useCell(session);
  const isReached = useCell(appState, (state) => state.cap_reached && !state.cap_lifted_until);
  if (!isReached) return null;
  return (
    <button type="button" class="small" disabled={!allowed} onClick={() => void attempt(() => post('/api/limits/lift', { hours: 1 }))}>
      {helps.lift}
    </button>
  );
}

function sentence(row: RequestDetail, t: (typeof detailText)['en']): string {
  if (row.running) return t.isRunning;
  if (row.cancelled) return row.error === 'cancelled' ? t.wasEnded : t.wasCancelled(row.client);
  const model = row.model_served ?? row.model_requested ?? 'Copilot';
  if (!row.error) {
    const said = t.finished(row.client, model, row.upstream_endpoint ?? row.path);
    const renamed = row.model_requested && row.model_served && row.model_requested !== row.model_served;
    return renamed ? `${said} ${t.alias(row.model_requested ?? '', row.model_served ?? '')}` : said;
  }
  const what = [row.status, row.error].filter(Boolean).join(', ');
  if (row.attempts === 0) return t.notSent(what);
  if (row.status === 200) return t.brokeOff(row.error);
  const tries = row.attempts > 1 ? t.afterTries(exact(row.attempts)) : '';
  if (row.status === 429) return t.slowDown(what, tries);
  return (row.status ?? 500) >= 500 ? t.couldNot(what, tries) : t.refused(what, tries);
}
