import { Bar } from '../../components/tile';
import { exact, percent, short, units } from '../../format';
import type { CacheWorth, SessionRow } from '../../history';
import { useTexts } from '../../texts';
import { overviewText } from '../overview.texts';
import { folder } from '../sessions/folder';

const MOST_MODELS = 6;

/** The sessions of today that cost most. */
export function Dearest({ sessions }: { sessions: SessionRow[] }) {
  const t = useTexts(overviewText);
  return (
    <section class="card">
      <h2>{t.dearest}</h2>
      {sessions.length === 0 ? (
        <p class="help">{t.noneToday}</p>
      ) : (
        <ol class="dearest">
          {sessions.map((session) => (
            <li key={session.id}>
              <a href={`/sessions/${encodeURIComponent(session.id)}`}>{session.title ?? t.unnamed(session.client)}</a>
              <span class="muted">
                {[session.title ? session.client : folder(session.project), t.prompts(session.prompts)].filter(Boolean).join(' · ')}
              </span>
              <b class="number">{units(session.nano_aiu)}</b>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** How much of the prompts came from the cache, per model, and what that was worth. */
export function Cache({ cache }: { cache: Record<string, CacheWorth> }) {
  const t = useTexts(overviewText);
  const models = Object.entries(cache)
    .filter(([, worth]) => worth.hit_rate !== null && worth.cached_tokens)
    .sort(([, a], [, b]) => (b.cached_tokens ?? 0) - (a.cached_tokens ?? 0))
    .slice(0, MOST_MODELS);
  return (
    <section class="card">
      <h2>{t.cache}</h2>
      <p class="help">{models.length ? t.cacheHelp : t.cacheNone}</p>
      <ul class="cache-rates">
        {models.map(([model, worth]) => {
          const rate = (worth.hit_rate ?? 0) * 100;
          return (
            <li key={model}>
              <span>{model}</span>
              <Bar percent={rate} label={percent(rate)} />
              <b class="number">{percent(rate)}</b>
              <span class="muted" title={exact(worth.cached_tokens)}>
                {worth.saved_nano_aiu ? t.saved(units(worth.saved_nano_aiu)) : short(worth.cached_tokens)}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
