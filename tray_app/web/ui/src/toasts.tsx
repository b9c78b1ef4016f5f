// Short words about what was just done, with a way back where there is one.
import { useEffect, useState } from 'preact/hooks';
import { Cell, useCell } from './cell';
import { Icon } from './components/icon';
import { frameText } from './texts/frame';
import { useTexts } from './texts';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  undo: (() => void) | undefined;
}

const SHOWN_MS = 6000;
const MOST = 3;
const toasts = new Cell<readonly Toast[]>([]);
let last = 0;

export function toast(text: string, { undo, bad = false }: { undo?: () => void; bad?: boolean } = {}): void {
  last += 1;
  const made = { id: last, text, bad, undo };
  toasts.update((all) => [...all.slice(1 - MOST), made]);
}

const drop = (id: number) => toasts.update((all) => all.filter((one) => one.id !== id));

/** Do something that answers quickly; a failure becomes a toast. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    toast(error.message, { bad: true });
    return false;
  }
}

export function Toasts() {
  const all = useCell(toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {all.map((one) => (
        <ToastView key={one.id} toast={one} />
      ))}
    </div>
  );
}

function ToastView({ toast: { id, text, bad, undo } }: { toast: Toast }) {
  const t = useTexts(frameText);
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const leaving = setTimeout(() => drop(id), undo || bad ? SHOWN_MS * 2 : SHOWN_MS);
    return () => clearTimeout(leaving);
  }, [held]);
  const act = () => {
    drop(id);
    undo?.();
  };
  return (
    <div
      class={bad ? 'toast bad' : 'toast'}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocusCapture={() => setHeld(true)}
      onBlurCapture={() => setHeld(false)}
    >
      <span>{text}</span>
      {undo && (
        <button type="button" class="link" onClick={act}>
          {t.undo}
        </button>
      )}
      <button type="button" class="icon-button" aria-label={t.dismiss} onClick={() => drop(id)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
