import { useState } from 'preact/hooks';
import { post } from '../../api';
import { useCell } from '../../cell';
import { Badge } from '../../components/dot';
import { Dialog } from '../../components/dialog';
import { planName } from '../../format';
import { navigate } from '../../router';
import { appState, session } from '../../store';
import { frameText } from '../../texts/frame';
import { useTexts } from '../../texts';
import { attempt, toast } from '../../toasts';
import { settingsText } from '../settings.texts';

/** Who is signed in; switching, signing in and out. */
export function AccountSection() {
  const t = useTexts(settingsText).account;
  const accounts = useCell(appState, (state) => state.accounts);
  const login = useCell(appState, (state) => state.login);
  const plan = useCell(appState, (state) => state.quota?.plan ?? null);
  const allowed = useCell(session);
  const [leaving, setLeaving] = useState('');
  const use = (login: string) =>
    attempt(async () => {
      await post('/api/accounts/use', { login });
      toast(t.used(login));
    });
  return (
    <>
      {!login && accounts.length === 0 && <p class="muted plain-row">{t.none}</p>}
      {login && !accounts.some((account) => account.login === login) && (
        <div class="setting">
          <div class="about">
            <span class="label">
              {login} <Badge tone="ok">{t.active}</Badge>
            </span>
            <p class="help">{t.fromEnvironment}</p>
          </div>
        </div>
      )}
      {accounts.map((account) => (
        <div class="setting" key={account.login}>
          <div class="about">
            <span class="label">
              {account.login} {account.active && <Badge tone="ok">{t.active}</Badge>}
            </span>
            {account.active && plan && <p class="help">{planName(plan)}</p>}
            {!account.in_keyring && <p class="help">{t.thisRun}</p>}
          </div>
          <div class="control">
            {!account.active && (
              <button type="button" disabled={!allowed} onClick={() => void use(account.login)}>
                {t.use}
              </button>
            )}
            <button type="button" disabled={!allowed} onClick={() => setLeaving(account.login)}>
              {t.signOut}
            </button>
          </div>
        </div>
      ))}
      <p class="plain-row">
        <button type="button" disabled={!allowed} onClick={() => navigate('/welcome')}>
          {login || accounts.length ? t.another : t.signIn}
        </button>
      </p>
      {leaving && <SignOut login={leaving} onClose={() => setLeaving('')} />}
    </>
  );
}

function SignOut({ login, onClose }: { login: string; onClose: () => void }) {
  const t = useTexts(settingsText).account;
  const frame = useTexts(frameText);
  const leave = async () => {
    onClose();
    if (await attempt(() => post('/api/accounts/sign-out', { login }))) toast(t.signedOut(login));
  };
  const actions = (
    <>
      <button type="button" onClick={onClose}>
        {frame.cancel}
      </button>
      <button type="button" class="danger" onClick={() => void leave()}>
        {t.signOut}
      </button>
    </>
  );
  return (
    <Dialog title={t.askTitle(login)} actions={actions} onClose={onClose}>
      <p>{t.askText}</p>
    </Dialog>
  );
}
