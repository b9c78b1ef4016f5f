import { useState } from 'preact/hooks';
import { post, put, useAction } from '../../api';
import { useCell } from '../../cell';
import { CopyButton } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { Icon } from '../../components/icon';
import { session } from '../../store';
import { frameText } from '../../texts/frame';
import { language, useTexts } from '../../texts';
import { attempt, toast } from '../../toasts';
import type { SettingKey } from '../../types';
import { settingsText } from '../settings.texts';
import { Origin } from './row';
import { helpOf, labelOf } from './words';

/** What each of the secret lists calls its entries. */
const wordsFor = (setting: SettingKey, t: (typeof settingsText)['en']) =>
  isKeys(setting)
    ? {
        none: t.noKeys,
        number: t.keyNumber,
        own: t.ownKey,
        added: t.keyAdded,
        removed: t.keyRemoved,
        remove: t.removeKey,
        removeText: t.removeKeyText,
      }
    : {
        none: t.noHeaders,
        number: t.headerNumber,
        own: t.ownHeader,
        added: t.headerAdded,
        removed: t.headerRemoved,
        remove: t.removeHeader,
        removeText: t.removeHeaderText,
      };

const isKeys = (setting: SettingKey) => setting.key === 'server.api_keys';

/** Secrets: their values never come back from the server, so they are counted, added and removed. */
export function SecretRow({ setting, onChange, reload }: { setting: SettingKey; onChange: (now: SettingKey) => void; reload: () => void }) {
  const t = useTexts(settingsText);
  const spoken = useCell(language);
  const allowed = useCell(session) && setting.editable;
  const [shown, setShown] = useState('');
  const [removing, setRemoving] = useState<number | null>(null);
  const count = setting.count ?? 0;
  const words = wordsFor(setting, t);
  const generate = () =>
    attempt(async () => {
      setShown((await post<{ key: string }>('/api/settings/generate-key')).key);
      reload();
    });
  return (
    <div class="setting long" data-key={setting.key}>
      <div class="about">
        <span class="label">{labelOf(setting, spoken)}</span>
        <p class="help">{helpOf(setting, spoken)}</p>
        <Origin setting={setting} label={labelOf(setting, spoken)} onReset={onChange} />
      </div>
      <div class="control entries">
        {count === 0 && <p class="muted">{words.none}</p>}
        <ul>
          {Array.from({ length: count }, (_, at) => (
            <li key={at}>
              <span class="hidden-key">
                {words.number(at + 1)} <span aria-hidden="true">••••••••</span>
              </span>
              <button
                type="button"
                class="icon-button"
                disabled={!allowed}
                aria-label={t.remove(words.number(at + 1))}
                onClick={() => setRemoving(at)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
        {isKeys(setting) && (
          <button type="button" class="small" disabled={!allowed} onClick={() => void generate()}>
            <Icon name="plus" />
            {t.generate}
          </button>
        )}
        <OwnKey setting={setting} disabled={!allowed} onChange={onChange} />
      </div>
      {shown && <NewKey text={shown} onClose={() => setShown('')} />}
      {removing !== null && (
        <Remove at={removing} setting={setting} onChange={onChange} onClose={() => setRemoving(null)} />
      )}
    </div>
  );
}

function OwnKey({ setting, disabled, onChange }: { setting: SettingKey; disabled: boolean; onChange: (now: SettingKey) => void }) {
  const t = useTexts(settingsText);
  const words = wordsFor(setting, t);
  const [text, setText] = useState('');
  const { run, busy, error } = useAction();
  const add = async (event: Event) => {
    event.preventDefault();
    const added = await run(async () => onChange(await put<SettingKey>('/api/settings', { key: setting.key, add: text.trim() })));
    if (!added) return;
    setText('');
    toast(words.added);
  };
  return (
    <form onSubmit={(event) => void add(event)}>
      <input
        type="password"
        value={text}
        disabled={disabled}
        autocomplete="new-password"
        placeholder={words.own}
        aria-label={words.own}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="small" disabled={disabled || busy || !text.trim()}>
        {t.add}
      </button>
      <p class="error" role="status">
        {error}
      </p>
    </form>
  );
}

function NewKey({ text, onClose }: { text: string; onClose: () => void }) {
  const t = useTexts(settingsText);
  const done = (
    <>
      <CopyButton text={text} label={useTexts(frameText).copy} primary />
      <button type="button" onClick={onClose}>
        {t.done}
      </button>
    </>
  );
  return (
    <Dialog title={t.keyAdded} actions={done}>
      <p>{t.newKey}</p>
      <p class="new-key">
        <code>{text}</code>
      </p>
    </Dialog>
  );
}

interface RemoveProps {
  at: number;
  setting: SettingKey;
  onChange: (now: SettingKey) => void;
  onClose: () => void;
}

function Remove({ at, setting, onChange, onClose }: RemoveProps) {
  const t = useTexts(settingsText);
  const frame = useTexts(frameText);
  const words = wordsFor(setting, t);
  const remove = async () => {
    onClose();
    const removed = await attempt(async () =>
      onChange(await put<SettingKey>('/api/settings', { key: setting.key, remove_index: at })),
    );
    if (removed) toast(words.removed);
  };
  const actions = (
    <>
      <button type="button" onClick={onClose}>
        {frame.cancel}
      </button>
      <button type="button" class="danger" onClick={() => void remove()}>
        {t.remove(words.number(at + 1))}
      </button>
    </>
  );
  return (
    <Dialog title={words.remove} actions={actions} onClose={onClose}>
      <p>{words.removeText}</p>
    </Dialog>
  );
}
