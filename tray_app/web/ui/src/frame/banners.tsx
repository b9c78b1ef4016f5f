import { post } from '../api';
import { useCell } from '../cell';
import { Icon } from '../components/icon';
import { clockShort } from '../format';
import { place } from '../router';
import { appState, link, session } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { attempt } from '../toasts';
import { Terms } from './terms';

/** What stands above the page while something is not as it should be. Quiet otherwise. */
export function Banners() {
  const isWelcome = useCell(place, (now) => now.path === '/welcome');
  return (
    <div class="banners">
      <LinkBanner />
      <TroubleBanner />
      <CapBanner />
      <UpdateBanner />
      <ReadOnlyBanner />
      <NoIconBanner />
      {!isWelcome && <Terms />}
    </div>
  );
}

function LinkBanner() {
  const t = useTexts(frameText);
  const isGone = useCell(link, (now) => now === 'reconnecting');
  return (
    <div role="status">
      {isGone && (
        <p class="banner warn">
          <Icon name="warn" />
          {t.reconnecting}
        </p>
      )}
    </div>
  );
}

function TroubleBanner() {
  const t = useTexts(frameText);
  const trouble = useCell(appState, (state) => state.trouble);
  const proxy = useCell(appState, (state) => state.proxy);
  const allowed = useCell(session);
  return (
    <div role="alert">
      {trouble && (
        <div class="banner bad">
          <Icon name="warn" />
          <p>
            <strong>{trouble.message}</strong> {trouble.remedy}
          </p>
          {allowed && trouble.offer_port !== null && (
            <button type="button" onClick={() => void attempt(() => post('/api/proxy/start', { port: trouble.offer_port }))}>
              {t.startOn(trouble.offer_port)}
            </button>
          )}
          {trouble.code === 'settings' && (
            <a class="button" href="/settings">
              {t.pages.settings}
            </a>
          )}
          {allowed && proxy === 'crashed' && (
            <button type="button" onClick={() => void attempt(() => post('/api/proxy/restart'))}>
              {t.restartProxy}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function CapBanner() {
  const t = useTexts(frameText);
  const isReached = useCell(appState, (state) => state.cap_reached);
  const lifted = useCell(appState, (state) => state.cap_lifted_until);
  const allowed = useCell(session);
  if (!isReached) return null;
  return (
    <div class="banner warn" role="status">
      <Icon name="clock" />
      <p>{lifted ? t.capLifted(clockShort(new Date(lifted))) : t.capReached}</p>
      {allowed && !lifted && (
        <button type="button" onClick={() => void attempt(() => post('/api/limits/lift', { hours: 1 }))}>
          {t.liftCap}
        </button>
      )}
    </div>
  );
}

/** A newer version, on the first page only: where it is and what changed. */
function UpdateBanner() {
  const t = useTexts(frameText);
  const update = useCell(appState, (state) => state.update);
  const isFirst = useCell(place, (now) => now.path === '/');
  if (!update || !isFirst) return null;
  return (
    <div class="banner" role="status">
      <div>
        <p>
          {t.newer(update.version)}{' '}
          <a href={update.url} target="_blank" rel="noopener noreferrer">
            {t.newerPage}
          </a>
        </p>
        {update.notes && (
          <details>
            <summary>{t.whatChanged}</summary>
            <p class="release-notes">{update.notes}</p>
          </details>
        )}
      </div>
    </div>
  );
}

function ReadOnlyBanner() {
  const t = useTexts(frameText);
  return useCell(session) ? null : <p class="banner">{t.readOnly}</p>;
}

/** Why there is no icon in the tray, on the page that the window opens with. */
function NoIconBanner() {
  const hint = useCell(appState, (state) => (state.tray === 'none' ? state.tray_hint : ''));
  const isFirst = useCell(place, (now) => now.path === '/');
  const allowed = useCell(session);
  return hint && isFirst && allowed ? <p class="banner">{hint}</p> : null;
}
