import { useRef } from 'preact/hooks';
import { useTexts } from '../../texts';
import { requestsText } from '../requests.texts';

const KEY = 'requests-list-share';
const LEAST = 25;
const MOST = 75;
const STEP = 3;

/** Divides list and detail; drag it, or use the arrows. The share of the list is remembered. */
export function Splitter() {
  const t = useTexts(requestsText);
  const bar = useRef<HTMLDivElement>(null);
  const share = remembered();
  const set = (percent: number) => {
    const kept = Math.min(MOST, Math.max(LEAST, percent));
    bar.current?.parentElement?.style.setProperty('--list-share', `${kept}%`);
    bar.current?.setAttribute('aria-valuenow', String(Math.round(kept)));
    localStorage.setItem(KEY, String(kept));
  };
  const drag = (event: PointerEvent) => {
    const box = bar.current?.parentElement?.getBoundingClientRect();
    if (box && event.buttons & 1) set(((event.clientX - box.left) / box.width) * 100);
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(remembered() + by);
  };
  return (
    <div
      ref={(box) => {
        bar.current = box;
        box?.parentElement?.style.setProperty('--list-share', `${share}%`);
      }}
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={t.split}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={Math.round(share)}
      tabIndex={0}
      onPointerDown={(event) => bar.current?.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  );
}

function remembered(): number {
  const kept = Number(localStorage.getItem(KEY));
  return kept >= LEAST && kept <= MOST ? kept : 46;
}
