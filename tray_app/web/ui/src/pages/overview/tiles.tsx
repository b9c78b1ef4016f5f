import { useLoad } from '../../api';
import { useCell } from '../../cell';
import { Dot } from '../../components/dot';
import { Bar, Tile } from '../../components/tile';
import { Time } from '../../components/time';
import { day, duration, exact, percent, short, units } from '../../format';
import { appState } from '../../store';
import { frameText } from '../../texts/frame';
import { useTexts } from '../../texts';
import type { Stats } from '../../types';
import { overviewText } from '../overview.texts';

/** What did it cost? */
export function BilledTile({ today, yesterday }: { today: Stats; yesterday: Stats | undefined }) {
  const t = useTexts(overviewText);
  return (
    <Tile
      title={t.billed}
      href="/requests"
      value={units(today.nano_aiu)}
      unit={t.units}
      tip={today.nano_aiu === null ? '' : `${exact(today.nano_aiu / 1e9, 9)} ${t.units}`}
    >
      <p class="muted">
        {yesterday && t.yesterday(units(yesterday.nano_aiu))}
        {yesterday && ' · '}
        {t.requestsToday(today.requests)}
      </p>
    </Tile>
  );
}

/** What is left? The same figure as in the header and on the icon. */
export function LeftTile() {
  const t = useTexts(overviewText);
  const quota = useCell(appState, (state) => state.quota);
  if (!quota) {
    return (
      <Tile title={t.left} href="/usage">
        <p class="muted">{t.noQuota}</p>
      </Tile>
    );
  }
  if (quota.unlimited) return <Tile title={t.left} href="/usage" value={t.unlimited} />;
  const leftOf = quota.remaining === null || quota.entitlement === null ? '' : t.leftOf(short(quota.remaining), short(quota.entitlement));
  return (
    <Tile title={t.left} href="/usage" value={percent(quota.percent_left)} tip={leftOf}>
      <Bar percent={quota.percent_left} label={leftOf || t.left} isLeft />
      <p class="muted">
        {[leftOf, quota.reset_date && t.resets(day(new Date(quota.reset_date)))].filter(Boolean).join(' · ')}
      </p>
      {quota.lasts_until && <p class="muted">{t.lasts(day(new Date(quota.lasts_until)))}</p>}
      {quota.as_of && (
        <p class="muted">
          {t.asOf} <Time at={quota.as_of} />
        </p>
      )}
    </Tile>
  );
}

interface Health {
  copilot_token: { present: boolean; expires_in_seconds: number | null };
}

/** Is it working? */
export function WorkingTile({ today }: { today: Stats }) {
  const t = useTexts(overviewText);
  const frame = useTexts(frameText);
  const running = useCell(appState, (state) => state.requests_running);
  const proxy = useCell(appState, (state) => state.proxy);
  const signedIn = useCell(appState, (state) => state.signed_in);
  const trouble = useCell(appState, (state) => state.trouble);
  const health = useLoad<Health>('/health');
  const token = health.data?.copilot_token;
  const isUp = proxy === 'running' && !trouble;
  const word = proxy !== 'running' ? t.stopped : !signedIn ? t.signedOut : trouble ? frame.trouble : t.yes;
  return (
    <Tile title={t.working}>
      <p class="working">
        <Dot tone={isUp && signedIn ? 'ok' : proxy === 'running' ? 'warn' : 'off'} /> {word}
      </p>
      <p class="muted">
        {t.running(running)} · {t.failures(today.failed_requests)}
      </p>
      {signedIn && token && (
        <p class="muted">
          {token.present && token.expires_in_seconds !== null ? t.token(duration(token.expires_in_seconds * 1000)) : t.noToken}
        </p>
      )}
      {today.ttfb_ms.p50 !== null && <p class="muted">{t.firstByte(duration(today.ttfb_ms.p50), duration(today.ttfb_ms.p95))}</p>}
    </Tile>
  );
}
