// Keyboard shortcuts. Pages add theirs while they are shown; `?` lists what is there.
import { useEffect } from 'preact/hooks';
import { Cell } from './cell';

export interface Shortcut {
  /** One key as `KeyboardEvent.key` names it, or two with a space between: `g r`. */
  keys: string;
  /** What it does, for the list. */
  label: string;
  run: () => void;
}

export const shortcuts = new Cell<readonly (readonly Shortcut[])[]>([]);

const CHORD_MS = 1500;
let first = '';
let firstAt = 0;

export function startKeys(): void {
  document.addEventListener('keydown', pressed);
}

/** Shortcuts of a component, while it is shown. Later ones win over earlier ones. */
export function useKeys(own: readonly Shortcut[]): void {
  useEffect(() => {
    shortcuts.update((all) => [...all, own]);
    return () => shortcuts.update((all) => all.filter((group) => group !== own));
  });
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector('dialog[open], [role=menu]')) return;
  const chord = first && performance.now() - firstAt < CHORD_MS ? `${first} ${event.key}` : '';
  const found = (chord && run(chord)) || run(event.key);
  first = !found && startsChord(event.key) ? event.key : '';
  firstAt = performance.now();
  if (found) event.preventDefault();
}

function run(keys: string): boolean {
  const found = [...shortcuts.get().flat()].reverse().find((one) => one.keys === keys);
  found?.run();
  return found !== undefined;
}

const startsChord = (key: string) => shortcuts.get().flat().some((one) => one.keys.startsWith(`${key} `));

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
