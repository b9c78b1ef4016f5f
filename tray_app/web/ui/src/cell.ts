// A value that components watch. The whole of our state management.
import { useEffect, useState } from 'preact/hooks';

export class Cell<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.value));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

/** The part of a cell that `pick` takes; the component is drawn again when that part changes. */
export function useCell<T, Part = T>(cell: Cell<T>, pick: (value: T) => Part = same): Part {
  const [, redraw] = useState(0);
  const part = pick(cell.get());
  useEffect(() => {
    let drawn: Part = part;
    const look = () => {
      const now = pick(cell.get());
      if (Object.is(now, drawn)) return;
      drawn = now;
      redraw((count) => count + 1);
    };
    look(); // it may have changed between drawing and here
    return cell.subscribe(look);
  });
  return part;
}

const same = <T, Part>(value: T): Part => value as unknown as Part;
