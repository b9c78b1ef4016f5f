import { useState } from 'preact/hooks';
import { exact } from '../../format';
import { useTexts } from '../../texts';
import { detailText } from './detail.texts';

const WORDS = 6_000; // characters that are shown at once; a browser needs seconds for a line of a million
const CODE = 60_000;

/** A text that somebody said; of a very long one the beginning. `isBox`: it scrolls on its own. */
export function Words({ text, isBox = false }: { text: string; isBox?: boolean }) {
  const [shown, more] = useShown(text, WORDS);
  return (
    <>
      <p class="words" {...(isBox ? { tabIndex: 0 } : {})}>
        {shown}
      </p>
      {more}
    </>
  );
}

/** The same for JSON, commands and their output. */
export function Code({ text }: { text: string }) {
  const [shown, more] = useShown(text, CODE);
  return (
    <>
      <pre tabIndex={0}>{shown}</pre>
      {more}
    </>
  );
}

function useShown(text: string, most: number) {
  const t = useTexts(detailText);
  const [all, showAll] = useState(false);
  if (all || text.length <= most) return [text, null] as const;
  const button = (
    <button type="button" class="link" onClick={() => showAll(true)}>
      {t.showAll(exact(text.length))}
    </button>
  );
  return [`${text.slice(0, most)}…`, button] as const;
}

/** JSON indented; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
