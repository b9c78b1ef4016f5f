import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon';

export interface MenuItem {
  label: string;
  run: () => void;
  disabled?: boolean;
  /** A tick before it: a choice that is in force. */
  ticked?: boolean;
  /** A line above it. */
  apart?: boolean;
}

/** A button that opens a short list of actions. Arrows move, Escape closes, focus comes back. */
export function Menu({ name, button, items }: { name: string; button: ComponentChildren; items: MenuItem[] }) {
  const [open, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    entries(list.current)[0]?.focus();
    const outside = (event: Event) => {
      if (!list.current?.parentElement?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const move = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') setOpen(false);
    else if (!step(list.current, event.key)) return;
    if (event.key !== 'Tab') event.preventDefault();
  };
  return (
    <div class="menu">
      <button
        ref={opener}
        type="button"
        class="menu-button"
        aria-haspopup="menu"
        aria-expanded={open}
        title={name}
        onClick={() => setOpen(!open)}
      >
        {button}
        <Icon name="down" />
      </button>
      {open && (
        <div ref={list} role="menu" aria-label={name} class="menu-list" onKeyDown={move}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role={item.ticked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.ticked}
              class={item.apart ? 'apart' : ''}
              aria-disabled={item.disabled}
              tabIndex={-1}
              onClick={() => {
                if (item.disabled) return;
                close();
                item.run();
              }}
            >
              <span class="tick">{item.ticked && <Icon name="tick" />}</span>
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

const entries = (list: HTMLElement | null) => [...(list?.querySelectorAll<HTMLElement>('button') ?? [])];

function step(list: HTMLElement | null, key: string): boolean {
  const all = entries(list);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[key];
  if (next === undefined) return false;
  all[next]?.focus();
  return true;
}
