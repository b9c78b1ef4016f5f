import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, post } from '../../api';
import { useCell } from '../../cell';
import { appState, session } from '../../store';
import { useTexts } from '../../texts';
import type { Preview, ToolsAnswer, ToolView } from '../../types';
import { PreviewDialog } from '../clients/preview';
import { ToolState } from '../clients/tools';
import { welcomeText } from '../welcome.texts';

type Outcome = { ok: boolean; text: string };

/** The second step: tools that were found, with ticks; each change can be seen first. */
export function Connecting({ onDone, isPast, onBack }: { onDone: () => void; isPast: boolean; onBack: () => void }) {
  const t = useTexts(welcomeText).tools;
  const allowed = useCell(session);
  const all = useTools();
  const found = all?.filter((tool) => tool.state !== 'not found') ?? [];
  const [choice, setChoice] = useState<Record<string, boolean>>({});
  const [outcomes, setOutcomes] = useState<Record<string, Outcome>>({});
  const [busy, setBusy] = useState(false);
  const [seeing, setSeeing] = useState<ToolView | null>(null);
  const isTicked = (tool: ToolView) => canTick(tool) && (choice[tool.name] ?? tool.state === 'not connected');
  const ticked = found.filter(isTicked);
  const connect = async () => {
    setBusy(true);
    for (const tool of ticked) {
      const outcome = await connectOne(tool.name);
      setOutcomes((before) => ({ ...before, [tool.name]: outcome }));
    }
    setBusy(false);
    setChoice({});
  };
  if (!all) return <p class="muted">{t.looking}</p>;
  const connected = found.filter((tool) => tool.state === 'connected');
  const isDone = connected.length > 0;
  if (isPast) {
    return (
      <p>
        {isDone ? connected.map((tool) => tool.title).join(', ') : <span class="muted">{t.noneConnected}</span>}{' '}
        <button type="button" class="link" onClick={onBack}>
          {t.change}
        </button>
      </p>
    );
  }
  return (
    <>
      <p class="muted">{found.length ? t.says : t.none}</p>
      <ul class="found">
        {found.map((tool) => (
          <li key={tool.name}>
            <label>
              <input
                type="checkbox"
                checked={tool.state === 'connected' || isTicked(tool)}
                disabled={!canTick(tool) || busy || !allowed}
                onChange={(event) => setChoice({ ...choice, [tool.name]: event.currentTarget.checked })}
              />
              <span class="found-name">{tool.title}</span>
            </label>
            <ToolState state={tool.state} />
            {canTick(tool) && (
              <button type="button" class="link" disabled={!allowed} onClick={() => setSeeing(tool)}>
                {t.see}
              </button>
            )}
            <Said outcome={outcomes[tool.name]} reason={tool.reason} />
          </li>
        ))}
      </ul>
      <p class="step-actions">
        {ticked.length > 0 && (
          <button type="button" class="primary" disabled={busy || !allowed} onClick={() => void connect()}>
            {busy ? t.connecting : t.connect(ticked.length)}
          </button>
        )}
        <button type="button" class={isDone && !ticked.length ? 'primary' : ''} disabled={busy} onClick={onDone}>
          {isDone ? t.go : t.skip}
        </button>
      </p>
      {seeing && <PreviewDialog tool={seeing} back={false} onClose={() => setSeeing(null)} onMade={() => undefined} />}
    </>
  );
}

function Said({ outcome, reason }: { outcome: Outcome | undefined; reason: string }) {
  const text = outcome?.text || reason;
  if (!text) return null;
  return (
    <p class={outcome && !outcome.ok ? 'said error' : 'said muted'} role={outcome ? 'status' : undefined}>
      {text}
    </p>
  );
}

const canTick = (tool: ToolView) => tool.can_connect && tool.state !== 'connected';

/** The tools, read from the machine anew when the step opens, then live. */
function useTools(): ToolView[] | null {
  const live = useCell(appState, (state) => state.clients);
  const [asked, setAsked] = useState<ToolView[] | null>(null);
  useEffect(() => {
    get<ToolsAnswer>('/api/tools').then(
      (answer) => setAsked(answer.clients),
      () => setAsked([]),
    );
  }, []);
  return live.length ? live : asked;
}

/** The change as it would be previewed, made at once: a tick stands for it. */
async function connectOne(name: string): Promise<Outcome> {
  try {
    const wish = { back: false, model: null, small_model: null };
    const shown = await post<Preview>(`/api/tools/${encodeURIComponent(name)}/preview`, wish);
    if (!shown.is_change) return { ok: true, text: '' };
    const made = await post<Preview>('/api/tools/make', { token: shown.token });
    return { ok: true, text: made.restart };
  } catch (error) {
    if (error instanceof ApiError) return { ok: false, text: error.message };
    throw error;
  }
}
