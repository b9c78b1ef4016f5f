import { useEffect, useState } from 'preact/hooks';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { textsNow } from '../texts';
import { toast } from '../toasts';
import { Icon } from './icon';

/** Put text on the clipboard. Web views may refuse the clipboard; then the old way with a selection. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'off-screen';
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}

/** Copy, with a word when it could not be done; for menu items and shortcuts. */
export async function copyAndTell(text: string): Promise<void> {
  const copied = await copyText(text);
  const words = textsNow(frameText);
  toast(copied ? words.copied : words.copyFailed, { bad: !copied });
}

interface Props {
  text: string;
  /** On the button; without one only the icon is shown, with `name` for screen readers. */
  label?: string;
  name?: string;
  primary?: boolean;
}

export function CopyButton({ text, label, name, primary = false }: Props) {
  const t = useTexts(frameText);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const back = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(back);
  }, [copied]);
  const copy = async () => {
    if (await copyText(text)) setCopied(true);
    else toast(t.copyFailed, { bad: true });
  };
  return (
    <button
      type="button"
      class={label ? (primary ? 'primary' : '') : 'icon-button'}
      aria-label={label ? undefined : (name ?? t.copy)}
      title={label ? undefined : (name ?? t.copy)}
      onClick={copy}
    >
      <Icon name={copied ? 'tick' : 'copy'} />
      {label && <span>{copied ? t.copied : label}</span>}
      <span class="off-screen" aria-live="polite">
        {copied ? t.copied : ''}
      </span>
    </button>
  );
}
