import { post, useAction } from '../../api';
import { useCell } from '../../cell';
import { CopyButton, copyText } from '../../components/copy';
import { Icon } from '../../components/icon';
import { countdown } from '../../format';
import { useNow } from '../../now';
import { appState, session } from '../../store';
import { useTexts } from '../../texts';
import type { SignIn as SignInState } from '../../types';
import { welcomeText } from '../welcome.texts';

/** The first step. It follows the feed: the end of the sign-in shows by itself. */
export function SignIn() {
  const going = useCell(appState, (state) => state.sign_in);
  const login = useCell(appState, (state) => state.login);
  if (going?.status === 'waiting') return <Code going={going} />;
  if (going?.status === 'failed') return <Failed going={going} />;
  if (login) return <SignedIn login={login} note={going?.status === 'done' ? going.message : ''} />;
  return <Begin isStarting={going?.status === 'starting'} />;
}

function useBegin() {
  const { run, busy, error } = useAction();
  const begin = () =>
    void run(async () => {
      if (!appState.get().terms_seen) await post('/api/terms-seen');
      await post('/api/sign-in/begin');
    });
  return { begin, busy, error };
}

function Begin({ isStarting }: { isStarting: boolean }) {
  const t = useTexts(welcomeText).signIn;
  const allowed = useCell(session);
  const { begin, busy, error } = useBegin();
  return (
    <>
      <p class="muted">{t.why}</p>
      <p>
        <button type="button" class="primary large" disabled={!allowed || busy || isStarting} onClick={begin}>
          {busy || isStarting ? t.starting : t.begin}
        </button>
      </p>
      <p class="error" role="alert">
        {error}
      </p>
    </>
  );
}

function Code({ going }: { going: SignInState }) {
  const t = useTexts(welcomeText).signIn;
  const { run, busy, error } = useAction();
  const now = useNow(1000);
  const left = going.expires_at ? new Date(going.expires_at).getTime() - now.getTime() : null;
  const address = webAddress(going.verification_uri);
  return (
    <div class="code-step">
      <p class="off-screen" role="status">
        {t.code}: {going.user_code.split('').join(' ')}
      </p>
      <p class="user-code" aria-hidden="true">
        {going.user_code}
      </p>
      <p class="code-actions">
        {address && (
          <a
            class="button primary large"
            href={address}
            target="_blank"
            rel="noreferrer"
            onClick={() => void copyText(going.user_code)}
          >
            {t.open}
            <Icon name="open" />
          </a>
        )}
        <CopyButton text={going.user_code} label={t.copyCode} />
      </p>
      <p class="muted">
        {t.enter} <span class="address">{going.verification_uri.replace(/^https?:\/\//, '')}</span>
      </p>
      <p class="pending">
        <span class="pulse" aria-hidden="true" />
        {t.waiting}
        {left !== null && <span class="muted"> · {left > 0 ? t.expires(countdown(left)) : t.expired}</span>}
        <button type="button" class="link" disabled={busy} onClick={() => void run(() => post('/api/sign-in/cancel'))}>
          {t.cancel}
        </button>
      </p>
      <p class="error" role="alert">
        {error}
      </p>
    </div>
  );
}

/** Only what a browser should open; the address came over the network. */
const webAddress = (text: string): string | null => (/^https?:\/\//i.test(text) ? text : null);

function Failed({ going }: { going: SignInState }) {
  const t = useTexts(welcomeText).signIn;
  const { begin, busy, error } = useBegin();
  return (
    <div role="alert">
      <p class="error-large">{going.message || t.failed}</p>
      {going.remedy && <p>{going.remedy}</p>}
      <p>
        <button type="button" class="primary" disabled={busy} onClick={begin}>
          {t.again}
        </button>
      </p>
      <p class="error">{error}</p>
    </div>
  );
}

function SignedIn({ login, note }: { login: string; note: string }) {
  const t = useTexts(welcomeText).signIn;
  const allowed = useCell(session);
  const inKeyring = useCell(appState, (state) => state.accounts.find((one) => one.login === login)?.in_keyring ?? true);
  const { begin, busy, error } = useBegin();
  return (
    <>
      <p role="status">
        <strong>{t.as(login)}</strong>
      </p>
      {inKeyring ? note && <p>{note}</p> : <p class="notice">{t.noKeyring}</p>}
      <p>
        <button type="button" class="link" disabled={!allowed || busy} onClick={begin}>
          {t.another}
        </button>
      </p>
      <p class="error" role="alert">
        {error}
      </p>
    </>
  );
}
