import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { Icon } from './icon';

interface Props {
  title: string;
  children: ComponentChildren;
  /** Buttons, at the lower right; the last is the one that goes on. */
  actions?: ComponentChildren;
  wide?: boolean;
  /** Escape, the cross, a click beside it. Absent: only its own buttons close it. */
  onClose?: () => void;
}

/** A modal window. It is open while it is drawn; the browser keeps focus inside and gives it back afterwards. */
export function Dialog({ title, children, actions, wide = false, onClose }: Props) {
  const t = useTexts(frameText);
  const box = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const leave = (event: Event) => {
    event.preventDefault();
    onClose?.();
  };
  // A second Escape closes it whatever `cancel` said: what has to be decided comes back.
  const closed = () => {
    if (onClose) onClose();
    else if (box.current?.isConnected && !box.current.open) box.current.showModal();
  };
  const beside = (event: MouseEvent) => {
    if (event.target === box.current) onClose?.();
  };
  return (
    <dialog ref={box} class={wide ? 'wide' : ''} aria-labelledby={heading} onCancel={leave} onClose={closed} onClick={beside}>
      <div class="dialog-inner">
        <header>
          <h2 id={heading}>{title}</h2>
          {onClose && (
            <button type="button" class="icon-button" aria-label={t.close} onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        <div class="dialog-body">{children}</div>
        {actions && <footer>{actions}</footer>}
      </div>
    </dialog>
  );
}
