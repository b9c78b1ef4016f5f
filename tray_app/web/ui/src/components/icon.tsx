// Line icons on a 16 by 16 grid, drawn with the colour of the text beside them.

const DRAWINGS = {
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  tick: 'M3 8.5l3.2 3.2L13 4.5',
  open: 'M9 2.5h4.5V7M13.5 2.5L7.5 8.5M7 4H2.5v9.5H12V9',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3L13.5 13.5',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7h.01M6.5 7h.01M9 7h.01M11.5 7h.01M5 9.5h6',
  undo: 'M5.5 3L2.5 6l3 3M2.5 6h7a4 4 0 0 1 0 7H6',
  warn: 'M8 2L14.5 13.5h-13zM8 6.5v3.2M8 11.7h.01',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.5V8l2.5 1.5',
} as const;

export type IconName = keyof typeof DRAWINGS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={DRAWINGS[name]} />
    </svg>
  );
}

/** The seat: headrest, back, cushion, pedestal. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 256 256" width="22" height="22" aria-hidden="true">
      <circle cx="128" cy="128" r="112" fill="none" stroke="currentColor" stroke-opacity=".28" stroke-width="20" />
      <path d="M128 16 A112 112 0 1 1 20.6 96.2" fill="none" stroke="currentColor" stroke-width="20" stroke-linecap="round" />
      <g fill="currentColor">
        <rect x="76" y="54" width="36" height="28" rx="12" transform="rotate(-8 94 140)" />
        <rect x="76" y="88" width="36" height="74" rx="12" transform="rotate(-8 94 140)" />
        <rect x="88" y="144" width="100" height="32" rx="15" />
        <rect x="124" y="174" width="20" height="26" />
        <rect x="94" y="194" width="80" height="16" rx="8" />
      </g>
    </svg>
  );
}
