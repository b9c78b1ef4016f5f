import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useCell } from '../../cell';
import { Dot } from '../../components/dot';
import { Icon } from '../../components/icon';
import { useQuery } from '../../router';
import { session } from '../../store';
import { useTexts } from '../../texts';
import { requestsText } from '../requests.texts';
import { type Filter, fromQuery, NAMES, parse, write } from './filter';

const TYPING_MS = 350;

interface Props {
  field: RefObject<HTMLInputElement>;
  live: boolean;
  setLive: (live: boolean) => void;
  hidden: number;
  path: string;
}

/** The filter in words, the common ones as buttons, and whether the list follows. */
export function FilterBar({ field, live, setLive, hidden, path }: Props) {
  const t = useTexts(requestsText);
  const [query, change] = useQuery();
  const allowed = useCell(session);
  const toggle = (name: string, value: string) => change({ [name]: query.get(name) === value ? null : value });
  return (
    <div class="filter-bar">
      <FilterField field={field} />
      <Chip label={t.failures} on={query.get('status') === 'error'} press={() => toggle('status', 'error')} />
      <Chip label={t.mine} on={query.get('initiator') === 'user'} press={() => toggle('initiator', 'user')} />
      <Chip label={t.everything} on={query.has('all')} press={() => change({ all: query.has('all') ? null : '1' })} />
      {hidden > 0 && <span class="muted">{t.hidden(hidden)}</span>}
      <span class="filter-end">
        {allowed && (
          <a class="button small" href={path.replace('/api/requests', '/api/export')} download="jumpseat-requests.jsonl" title={t.exportTip}>
            {t.export}
          </a>
        )}
        <button type="button" class="small" aria-pressed={live} title={`${t.pause} (p)`} onClick={() => setLive(!live)}>
          <Dot tone={live ? 'ok' : 'off'} />
          {live ? t.live : t.paused}
        </button>
      </span>
    </div>
  );
}

function Chip({ label, on, press }: { label: string; on: boolean; press: () => void }) {
  return (
    <button type="button" class={on ? 'chip on' : 'chip'} aria-pressed={on} onClick={press}>
      {label}
    </button>
  );
}

/** Typing waits a moment before it asks; Enter does not. */
function FilterField({ field }: { field: RefObject<HTMLInputElement> }) {
  const t = useTexts(requestsText);
  const [query, change] = useQuery();
  const inAddress = write(fromQuery(query));
  const [text, setText] = useState(inAddress);
  const apply = (typed: string) => {
    const filter: Filter = parse(typed);
    change(Object.fromEntries([...NAMES, 'q' as const].map((name) => [name, filter[name] ?? null])));
  };
  useEffect(() => {
    if (write(parse(text)) !== inAddress && document.activeElement !== field.current) setText(inAddress);
  }, [inAddress]);
  useEffect(() => {
    if (write(parse(text)) === inAddress) return;
    const soon = setTimeout(() => apply(text), TYPING_MS);
    return () => clearTimeout(soon);
  }, [text]);
  return (
    <span class="filter-field">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={t.filter}
        placeholder={t.filterHint}
        title={t.filterHint}
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply(text);
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </span>
  );
}
