import { useCell } from '../../cell';
import { Dot } from '../../components/dot';
import { Bar, Tile } from '../../components/tile';
import { Time } from '../../components/time';
import { day, duration, exact, percentLeft, short, units } from '../../format';
import type { Forecast, Overview } from '../../history';
import { appState } from '../../store';
import { frameText } from '../../texts/frame';
import { useTexts } from '../../texts';
import { overviewText } from '../overview.texts';

/** What did it cost? */
export function BilledTile({ figures }: { figures: Overview }) {
  const t = useTexts(overviewText);
  const { today, yesterday_so_far: before, week, period } = figures;
  return (
    <Tile
      title={t.billed}
      href="/requests"
      value={units(today.nano_aiu)}
      unit={t.units}
      tip={today.nano_aiu === null ? '' : `${exact(today.nano_aiu / 1e9, 9)} ${t.units}`}
    >
      <p class="muted">
        {t.yesterday(units(before.nano_aiu))} · {t.requestsToday(today.requests)}
      </p>
      <p class="muted">{[t.week(units(week.nano_aiu)), period && t.period(units(period.nano_aiu))].filter(Boolean).join(' · ')}</p>
    </Tile>
  );
}

/** What is left? The same figure as in the header and on the icon. */
export function LeftTile({ forecast }: { forecast: Forecast | null }) {
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
    <Tile title={t.left} href="/usage" value={percentLeft(quota.percent_left)} tip={leftOf}>
      <Bar percent={quota.percent_left} label={leftOf || t.left} isLeft />
      <p class="muted">
        {[leftOf, quota.reset_date && t.resets(day(new Date(quota.reset_date)))].filter(Boolean).join(' · ')}
      </p>
      {forecast?.lasts_until && !forecast.past_reset ? (
        <p>{t.lasts(day(new Date(forecast.lasts_until)))}</p>
      ) : (
        forecast?.past_reset && <p class="muted">{t.lastsPast}</p>
      )}
      {quota.as_of && (
        <p class="muted">
          {t.asOf} <Time at={quota.as_of} />
        </p>
      )}
    </Tile>
  );
}

/** Is it working? */
export function WorkingTile({ figures }: { figures: Overview }) {
  const t = useTexts(overviewText);
  const frame = useTexts(frameText);
  const running = useCell(appState, (state) => state.requests_running);
  const proxy = useCell(appState, (state) => state.proxy);
  const signedIn = useCell(appState, (state) => state.signed_in);
  const trouble = useCell(appState, (state) => state.trouble);
  const expires = figures.health.token_expires_in_seconds;
  const first = figures.ttfb_ms;
  const isUp = proxy === 'running' && !trouble;
  const word = proxy !== 'running' ? t.stopped : !signedIn ? t.signedOut : trouble ? frame.trouble : t.yes;
  return (
    <Tile title={t.working}>
      <p class="working">
        <Dot tone={isUp && signedIn ? 'ok' : proxy === 'running' ? 'warn' : 'off'} /> {word}
      </p>
      <p class="muted">
        {t.running(running)} · {t.failures(figures.today.failed_requests)}
      </p>
      {signedIn && <p class="muted">{expires === null ? t.noToken : t.token(duration(expires * 1000))}</p>}
      {first.p50 !== null && <p class="muted">{t.firstByte(duration(first.p50), duration(first.p95))}</p>}
    </Tile>
  );
}
