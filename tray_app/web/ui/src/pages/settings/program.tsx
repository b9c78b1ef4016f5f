import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { post } from '../../api';
import { useCell } from '../../cell';
import { CopyButton } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { Switch } from '../../components/field';
import { clockShort } from '../../format';
import { appState, session } from '../../store';
import { frameText } from '../../texts/frame';
import { useTexts } from '../../texts';
import { attempt, toast } from '../../toasts';
import { settingsText } from '../settings.texts';

/** What runs now: the proxy, recording, start at login, and the way out. */
export function ProgramSection() {
  return (
    <>
      <Proxy />
      <Recording />
      <History />
      <Stored />
      <Autostart />
      <Quit />
    </>
  );
}

interface LineProps {
  label: string;
  help: ComponentChildren;
  id?: string;
  children: ComponentChildren;
}

function Line({ label, help, id, children }: LineProps) {
  return (
    <div class="setting">
      <div class="about">
        {id ? <label for={id}>{label}</label> : <span class="label">{label}</span>}
        <p class="help">{help}</p>
      </div>
      <div class="control">{children}</div>
    </div>
  );
}

const act = (verb: string) => () => void attempt(() => post(`/api/proxy/${verb}`));

function Proxy() {
  const t = useTexts(settingsText).program;
  const frame = useTexts(frameText);
  const url = useCell(appState, (state) => state.url);
  const proxy = useCell(appState, (state) => state.proxy);
  const allowed = useCell(session);
  const isUp = proxy === 'running' || proxy === 'stopping';
  const disabled = !allowed || proxy === 'starting' || proxy === 'stopping';
  const where = url ? (
    <>
      <code>{url}</code> <CopyButton text={url} name={frame.copyUrl} />
    </>
  ) : (
    t.notListening
  );
  return (
    <Line label={`${t.proxy}: ${frame.proxy[proxy]}`} help={where}>
      <button type="button" class={isUp ? '' : 'primary'} disabled={disabled} onClick={act(isUp ? 'stop' : 'start')}>
        {isUp ? frame.stopProxy : frame.startProxy}
      </button>
      <button type="button" disabled={disabled || proxy === 'stopped'} onClick={act('restart')}>
        {frame.restartProxy}
      </button>
    </Line>
  );
}

function Recording() {
  const t = useTexts(settingsText).program;
  const frame = useTexts(frameText);
  const until = useCell(appState, (state) => state.recording_until);
  const allowed = useCell(session);
  const record = (hours: number | null) => () => void attempt(() => post('/api/recording', { hours }));
  return (
    <Line label={t.record} help={until ? frame.recordingUntil(clockShort(new Date(until))) : t.recordHelp}>
      <button type="button" disabled={!allowed} onClick={record(until ? null : 1)}>
        {until ? frame.stopRecording : t.recordFor}
      </button>
    </Line>
  );
}

function History() {
  const t = useTexts(settingsText).program;
  const id = useId();
  const isKept = useCell(appState, (state) => state.history_enabled);
  const allowed = useCell(session);
  const keep = (enabled: boolean) => void attempt(() => post('/api/history/keep', { enabled }));
  return (
    <Line label={t.history} help={t.historyHelp} id={id}>
      <Switch id={id} on={isKept} disabled={!allowed} onChange={keep} />
    </Line>
  );
}

/** Taking it along, and getting rid of it. */
function Stored() {
  const t = useTexts(settingsText).program;
  const frame = useTexts(frameText);
  const allowed = useCell(session);
  const [asking, setAsking] = useState(false);
  const erase = async () => {
    setAsking(false);
    if (await attempt(() => post('/api/history/delete', { everything: true }))) toast(t.deleted);
  };
  const actions = (
    <>
      <button type="button" onClick={() => setAsking(false)}>
        {frame.cancel}
      </button>
      <button type="button" class="danger" onClick={() => void erase()}>
        {t.deleteNow}
      </button>
    </>
  );
  return (
    <Line label={t.data} help={t.dataHelp}>
      {allowed && (
        <a class="button" href="/api/export?bodies=1" download="jumpseat-history.jsonl">
          {t.exportAll}
        </a>
      )}
      <button type="button" class="danger" disabled={!allowed} onClick={() => setAsking(true)}>
        {t.deleteAll}
      </button>
      {asking && (
        <Dialog title={t.deleteTitle} actions={actions} onClose={() => setAsking(false)}>
          <p>{t.deleteText}</p>
        </Dialog>
      )}
    </Line>
  );
}

function Autostart() {
  const t = useTexts(settingsText).program;
  const id = useId();
  const isOn = useCell(appState, (state) => state.autostart);
  const allowed = useCell(session);
  const change = (enabled: boolean) => void attempt(() => post('/api/autostart', { enabled }));
  return (
    <Line label={t.autostart} help={isOn === null ? t.autostartNot : t.autostartHelp} id={id}>
      <Switch id={id} on={isOn === true} disabled={!allowed || isOn === null} onChange={change} />
    </Line>
  );
}

function Quit() {
  const t = useTexts(settingsText).program;
  const frame = useTexts(frameText);
  const version = useCell(appState, (state) => state.version);
  const running = useCell(appState, (state) => state.requests_running);
  const allowed = useCell(session);
  const [asking, setAsking] = useState(false);
  const quit = () => {
    setAsking(false);
    void attempt(() => post('/api/quit'));
  };
  const actions = (
    <>
      <button type="button" onClick={() => setAsking(false)}>
        {frame.cancel}
      </button>
      <button type="button" class="danger" onClick={quit}>
        {t.quit}
      </button>
    </>
  );
  return (
    <Line label={t.version(version)} help="">
      <button type="button" disabled={!allowed} onClick={() => setAsking(true)}>
        {t.quit}
      </button>
      {asking && (
        <Dialog title={t.quitTitle} actions={actions} onClose={() => setAsking(false)}>
          <p>
            {running > 0 && `${t.quitRunning(running)} `}
            {t.quitText}
          </p>
        </Dialog>
      )}
    </Line>
  );
}
