import { useEffect, useState } from 'preact/hooks';
import { useCell } from '../../cell';
import { Dot, type Tone } from '../../components/dot';
import { Time } from '../../components/time';
import { useQuery } from '../../router';
import { session } from '../../store';
import { useTexts } from '../../texts';
import type { ToolView } from '../../types';
import { clientsText } from '../clients.texts';
import { PreviewDialog } from './preview';

const TONES: Record<string, Tone> = { connected: 'ok', elsewhere: 'warn', unreadable: 'bad', 'not connected': 'off', 'not found': 'off' };
const ABSENT = 'not found';
const ORDER = ['connected', 'elsewhere', 'unreadable', 'not connected', 'not found'];

/** A tool's state as a shape and a word. */
export function ToolState({ state }: { state: string }) {
  const t = useTexts(clientsText);
  return (
    <span class="tool-state">
      <Dot tone={TONES[state] ?? 'off'} />
      {t.states[state] ?? state}
    </span>
  );
}

/** A card per tool, those in use first; in a group of their own those that are not on this machine. */
export function Tools({ tools, onMade }: { tools: readonly ToolView[]; onMade: () => void }) {
  const [open, setOpen] = useState<{ tool: ToolView; back: boolean } | null>(null);
  const [query, change] = useQuery();
  const asked = tools.find((tool) => tool.name === query.get('client'));
  useEffect(() => {
    // The tray's menu asks for one tool: its change is shown at once.
    if (!asked) return;
    setOpen({ tool: asked, back: asked.state === 'connected' });
    change({ client: null });
  }, [asked]);
  const sorted = [...tools].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const groups = [sorted.filter((tool) => tool.state !== ABSENT), sorted.filter((tool) => tool.state === ABSENT)];
  return (
    <>
      {groups.map(
        (group, at) =>
          group.length > 0 && (
            <ul class="tools" key={at}>
              {group.map((tool) => (
                <Card key={tool.name} tool={tool} onOpen={(back) => setOpen({ tool, back })} />
              ))}
            </ul>
          ),
      )}
      {open && <PreviewDialog {...open} onClose={() => setOpen(null)} onMade={onMade} />}
    </>
  );
}

function Card({ tool, onOpen }: { tool: ToolView; onOpen: (back: boolean) => void }) {
  const t = useTexts(clientsText);
  const allowed = useCell(session);
  const isConnected = tool.state === 'connected';
  return (
    <li class={tool.state === ABSENT ? 'card tool absent' : 'card tool'}>
      <div class="tool-head">
        <h2>{tool.title}</h2>
        <ToolState state={tool.state} />
      </div>
      {tool.reason && <p class="reason">{tool.reason}</p>}
      <dl class="facts">
        {(isConnected || tool.last_seen) && (
          <>
            <dt>{t.lastSeen}</dt>
            <dd>{tool.last_seen ? <Time at={tool.last_seen} /> : t.neverSeen}</dd>
          </>
        )}
        {tool.program && (
          <>
            <dt>{t.program}</dt>
            <dd>
              <code>{tool.program}</code>
            </dd>
          </>
        )}
        {tool.files.length > 0 && tool.state !== ABSENT && (
          <>
            <dt>{t.files}</dt>
            <dd>
              {tool.files.map((file) => (
                <code key={file}>{file}</code>
              ))}
            </dd>
          </>
        )}
      </dl>
      <div class="tool-actions">
        {tool.can_disconnect && (
          <button type="button" disabled={!allowed} onClick={() => onOpen(true)}>
            {t.disconnect}
          </button>
        )}
        {tool.can_connect && (
          <button type="button" disabled={!allowed} onClick={() => onOpen(false)}>
            {isConnected ? t.reconnect : t.connect}
          </button>
        )}
      </div>
    </li>
  );
}
