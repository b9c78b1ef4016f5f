import { useState } from 'preact/hooks';
import { bytes, duration, exact } from '../../format';
import type { Frame } from '../../history';
import { useTexts } from '../../texts';
import { detailText } from './detail.texts';
import { Code, pretty } from './long_text';

const SHOWN = 300;

/** Every event of the stream with the moment it went out. */
export function Frames({ frames }: { frames: Frame[] }) {
  const t = useTexts(detailText);
  const [count, show] = useState(SHOWN);
  if (frames.length === 0) return <p class="help">{t.noFrames}</p>;
  return (
    <ol class="frames">
      {frames.slice(0, count).map((frame, at) => (
        <li key={at}>
          <FrameView frame={frame} since={at ? frame.at_ms - (frames[at - 1]?.at_ms ?? 0) : 0} />
        </li>
      ))}
      {frames.length > count && (
        <li>
          <button type="button" class="link" onClick={() => show(count + 10 * SHOWN)}>
            + {exact(frames.length - count)}
          </button>
        </li>
      )}
    </ol>
  );
}

function FrameView({ frame, since }: { frame: Frame; since: number }) {
  const { name, data } = parts(frame.text);
  const [isOpen, open] = useState(false);
  return (
    <details class="sse" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>
        <span class="number">{duration(frame.at_ms)}</span>
        <span class={since > 1000 ? 'gap long' : 'gap'}>{since >= 1 ? `+${duration(since)}` : ''}</span>
        <span class="mono">{name}</span>
        <span class="muted gist">{data.slice(0, 160)}</span>
        <span class="muted number">{bytes(frame.bytes)}</span>
      </summary>
      {isOpen && <FrameText data={data} />}
    </details>
  );
}

/** Indented only once it is looked at: a stream has thousands of frames. */
function FrameText({ data }: { data: string }) {
  return <Code text={pretty(data)} />;
}

function parts(text: string): { name: string; data: string } {
  const lines = text.split(/\r?\n/);
  const field = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = field('data').join('\n');
  const [name = ''] = field('event');
  return { name: name || kindOf(data), data: data || text };
}

/** Dialects without event names tell their kind inside. */
function kindOf(data: string): string {
  return /^\{"type": ?"([\w.]+)"/.exec(data)?.[1] ?? '';
}
