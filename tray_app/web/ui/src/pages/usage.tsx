import { useLoad } from '../api';
import { useCell } from '../cell';
import { Empty, PageTitle, Show } from '../components/loaded';
import { Time } from '../components/time';
import { day, planName } from '../format';
import type { UsageAnswer, UsageHistory } from '../history';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { BurnDown } from './usage/burn_down';
import { Daily } from './usage/daily';
import { AllFigures, Gauges, RateLimits } from './usage/quotas';
import { usageText } from './usage.texts';

/** Plan, every quota, when it resets, how it went down, and what was billed each day. */
export default function Usage(_: PageProps) {
  const frame = useTexts(frameText);
  const t = useTexts(usageText);
  const signedIn = useCell(appState, (state) => state.signed_in);
  if (!signedIn) {
    return (
      <>
        <PageTitle title={frame.pages.usage} />
        <Empty title={t.signedOut}>
          <a class="button primary" href="/welcome">
            {t.signIn}
          </a>
        </Empty>
      </>
    );
  }
  return <Known />;
}

function Known() {
  const frame = useTexts(frameText);
  const t = useTexts(usageText);
  const reading = useCell(appState, (state) => state.quota?.as_of ?? '');
  const usage = useLoad<UsageAnswer>(`/usage?seen=${encodeURIComponent(reading)}`);
  const history = useLoad<UsageHistory>('/api/usage-history?days=31');
  return (
    <>
      <PageTitle title={frame.pages.usage}>
        {usage.data?.as_of && (
          <p class="muted">
            {t.asOf} <Time at={usage.data.as_of} />
          </p>
        )}
        <button type="button" class="small" onClick={usage.reload} disabled={usage.loading}>
          {t.refresh}
        </button>
      </PageTitle>
      <div class="usage">
        <Show from={usage}>
          {(data) => (
            <>
              <Plan usage={data} />
              <Gauges usage={data} forecast={history.data?.forecast ?? null} />
              {history.data && <BurnDown usage={data} history={history.data} />}
              <Daily resets={data.quota_reset_date} />
              {history.data && <RateLimits history={history.data} />}
              <AllFigures usage={data} />
            </>
          )}
        </Show>
      </div>
    </>
  );
}

function Plan({ usage }: { usage: UsageAnswer }) {
  const t = useTexts(usageText);
  const facts: [string, string | null][] = [
    [t.account, usage.login],
    [t.plan, usage.plan && planName(usage.plan)],
    [t.billing, usage.token_based_billing === null ? null : usage.token_based_billing ? t.byUnits : t.byRequests],
    [t.resets, usage.quota_reset_date && day(new Date(usage.quota_reset_date))],
  ];
  return (
    <dl class="plan">
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
