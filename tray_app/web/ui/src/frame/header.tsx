import type { ComponentChildren } from 'preact';
import { post } from '../api';
import { useCell } from '../cell';
import { copyAndTell } from '../components/copy';
import { Dot, type Tone } from '../components/dot';
import { Icon, Mark } from '../components/icon';
import { Menu, type MenuItem } from '../components/menu';
import { clockShort, day, exact, percentLeft, planName } from '../format';
import { navigate } from '../router';
import { appState, session } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { attempt } from '../toasts';
import type { AppState } from '../types';
import { openShortcuts } from './shortcuts';

/** Where we are with the proxy, the account and the quota; the same on every page. */
export function Header({ children }: { children: ComponentChildren }) {
  const t = useTexts(frameText);
  const isDemo = useCell(appState, (state) => state.is_demo);
  return (
    <header class="top">
      <a class="brand" href="/">
        <Mark />
        Jumpseat
        {isDemo && (
          <span class="badge" title={t.demoTip}>
            {t.demo}
          </span>
        )}
      </a>
      {children}
      <div class="standing">
        <Recording />
        <ProxyMenu />
        <QuotaLeft />
        <AccountMenu />
        <button type="button" class="icon-button" aria-label={t.shortcuts} title={`${t.shortcuts} (?)`} onClick={openShortcuts}>
          <Icon name="keyboard" />
        </button>
      </div>
    </header>
  );
}

type Standing = 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed' | 'busy' | 'signedOut' | 'trouble';

const TONES: Record<Standing, Tone> = {
  stopped: 'off',
  starting: 'busy',
  running: 'ok',
  stopping: 'busy',
  crashed: 'bad',
  busy: 'busy',
  signedOut: 'warn',
  trouble: 'warn',
};

/** The one word for all of it, as on the icon. */
function standing(state: AppState): Standing {
  if (state.proxy !== 'running') return state.proxy === 'stopped' && state.trouble ? 'trouble' : state.proxy;
  if (!state.signed_in) return 'signedOut';
  if (state.trouble) return 'trouble';
  return state.requests_running > 0 ? 'busy' : 'running';
}

function ProxyMenu() {
  const t = useTexts(frameText);
  const state = useCell(appState);
  const allowed = useCell(session);
  const now = standing(state);
  const word = now === 'busy' || now === 'signedOut' || now === 'trouble' ? t[now] : t.proxy[now];
  const act = (verb: string) => () => void attempt(() => post(`/api/proxy/${verb}`));
  const isUp = state.proxy === 'running' || state.proxy === 'stopping';
  const moving = state.proxy === 'starting' || state.proxy === 'stopping';
  const items: MenuItem[] = [
    isUp
      ? { label: t.stopProxy, run: act('stop'), disabled: !allowed || moving }
      : { label: t.startProxy, run: act('start'), disabled: !allowed || moving },
    { label: t.restartProxy, run: act('restart'), disabled: !allowed || moving },
    { label: t.copyUrl, run: () => void copyAndTell(state.url), disabled: !state.url, apart: true },
  ];
  return (
    <>
      {!isUp && !moving && allowed && (
        <button type="button" class="primary small" onClick={act('start')}>
          {t.start}
        </button>
      )}
      <Menu
        name={state.url || t.controls}
        items={items}
        button={
          <>
            <Dot tone={TONES[now]} />
            <span class="state-word">{word}</span>
            {state.requests_running > 0 && (
              <span class="count" title={t.running(state.requests_running)}>
                {exact(state.requests_running)}
              </span>
            )}
          </>
        }
      />
      <span class="off-screen" aria-live="polite">
        {word}
      </span>
    </>
  );
}

function QuotaLeft() {
  const t = useTexts(frameText);
  const quota = useCell(appState, (state) => state.quota);
  const login = useCell(appState, (state) => state.login);
  if (!quota || !login) return null;
  const text = quota.unlimited ? t.unlimited : quota.percent_left === null ? t.quotaUnknown : t.left(percentLeft(quota.percent_left));
  const tip = [t.quotaOf(login), quota.as_of && clockShort(new Date(quota.as_of))].filter(Boolean).join(', ');
  return (
    <a class="quota-left" href="/usage" title={tip}>
      {!quota.unlimited && quota.percent_left !== null && <Ring percent={quota.percent_left} />}
      {text}
    </a>
  );
}

/** The same ring as on the icon, clockwise from the top. */
function Ring({ percent: left }: { percent: number }) {
  const round = 2 * Math.PI * 5;
  const drawn = (Math.min(100, Math.max(0, left)) / 100) * round;
  return (
    <svg class={left <= 5 ? 'ring bad' : left <= 20 ? 'ring warn' : 'ring'} viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
      <circle cx="7" cy="7" r="5" />
      <circle cx="7" cy="7" r="5" class="rest" stroke-dasharray={`${drawn} ${round}`} transform="rotate(-90 7 7)" />
    </svg>
  );
}

function AccountMenu() {
  const t = useTexts(frameText);
  const login = useCell(appState, (state) => state.login);
  const accounts = useCell(appState, (state) => state.accounts);
  const plan = useCell(appState, (state) => state.quota?.plan ?? null);
  const allowed = useCell(session);
  if (!login) {
    return (
      <a class="button" href="/welcome">
        {t.signIn}
      </a>
    );
  }
  const items: MenuItem[] = accounts.map((account) => ({
    label: account.login,
    ticked: account.active,
    disabled: !allowed,
    run: () => void (account.active || attempt(() => post('/api/accounts/use', { login: account.login }))),
  }));
  items.push({ label: `${t.signIn}…`, run: () => navigate('/welcome'), apart: true, disabled: !allowed });
  items.push({ label: t.pages.settings, run: () => navigate('/settings#account') });
  return (
    <Menu
      name={t.accounts}
      items={items}
      button={
        <span class="account">
          {login}
          {plan && <span class="muted"> · {planName(plan)}</span>}
        </span>
      }
    />
  );
}

function Recording() {
  const t = useTexts(frameText);
  const until = useCell(appState, (state) => state.recording_until);
  const isKept = useCell(appState, (state) => state.history_enabled);
  const allowed = useCell(session);
  if (until) {
    const end = new Date(until);
    const today = end.toDateString() === new Date().toDateString();
    return (
      <span class="recording" title={t.recordingUntil(today ? clockShort(end) : day(end))}>
        <span class="lamp" aria-hidden="true" />
        <span>{t.recording}</span>
        {allowed && (
          <button type="button" class="link" onClick={() => void attempt(() => post('/api/recording', { hours: null }))}>
            {t.stopRecording}
          </button>
        )}
      </span>
    );
  }
  return isKept ? null : <span class="muted">{t.historyPaused}</span>;
}
