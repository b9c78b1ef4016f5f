import { useId } from 'preact/hooks';
import { post, put } from '../../api';
import { useCell } from '../../cell';
import { exact } from '../../format';
import { session } from '../../store';
import { language, textsNow, useTexts } from '../../texts';
import { attempt, toast } from '../../toasts';
import type { SettingKey, SettingValue } from '../../types';
import { settingsText } from '../settings.texts';
import { useDraft } from './draft';
import { SettingInput } from './inputs';
import { helpOf, labelOf } from './words';

interface Props {
  setting: SettingKey;
  onChange: (now: SettingKey) => void;
}

/** One setting: name, help, where its value comes from, and its inputs. */
export function SettingRow({ setting, onChange }: Props) {
  const t = useTexts(settingsText);
  const spoken = useCell(language);
  const allowed = useCell(session);
  const id = useId();
  const label = labelOf(setting, spoken);
  const draft = useDraft(setting, (now) => {
    onChange(now);
    follow(setting, now);
    toast(t.saved(label), { undo: () => void attempt(async () => onChange(await back(setting))) });
  });
  const isLong = setting.kind === 'list' || setting.kind === 'dict';
  const describedBy = `${id}-help ${id}-error`;
  return (
    <div class={`setting${isLong ? ' long' : ''}${draft.error ? ' wrong' : ''}`} data-key={setting.key}>
      <div class="about">
        <label for={id}>{label}</label>
        <p class="help" id={`${id}-help`}>
          {helpOf(setting, spoken)}
          {setting.restart && <span class="note"> {t.restarts}.</span>}
        </p>
        <Origin setting={setting} label={label} onReset={onChange} />
      </div>
      <div class="control">
        <SettingInput
          setting={setting}
          draft={draft}
          id={id}
          disabled={!setting.editable || !allowed || draft.saving}
          describedBy={describedBy}
        />
        <p class="error" id={`${id}-error`} role="status">
          {draft.error}
        </p>
      </div>
    </div>
  );
}

/** Where the value comes from, and the way back to the default. */
export function Origin({ setting, label, onReset }: { setting: SettingKey; label: string; onReset: (now: SettingKey) => void }) {
  const t = useTexts(settingsText);
  const allowed = useCell(session);
  const reset = () =>
    attempt(async () => {
      onReset(await post<SettingKey>('/api/settings/reset', { key: setting.key }));
      toast(t.saved(label), setting.value === null ? {} : { undo: () => void attempt(async () => onReset(await back(setting))) });
    });
  const isDefault = setting.source === 'default';
  return (
    <p class="origin">
      <code>{setting.key}</code>
      {!isDefault && (
        <span>
          {t.from[setting.source]}
          {setting.source_detail && <> · {setting.source_detail}</>}
        </span>
      )}
      {!setting.editable && <span>{setting.why_not || t.notEditable}</span>}
      {!isDefault && !setting.secret && <span>{t.defaultIs(inWords(setting.default))}</span>}
      {setting.source === 'file' && setting.editable && allowed && (
        <button type="button" class="link" aria-label={t.resetName(label)} onClick={() => void reset()}>
          {t.reset}
        </button>
      )}
    </p>
  );
}

/** A setting as it was before: its old value, or no line in the file where it had none. */
function back(before: SettingKey): Promise<SettingKey> {
  if (before.source === 'default') return post<SettingKey>('/api/settings/reset', { key: before.key });
  return put<SettingKey>('/api/settings', { key: before.key, value: before.value });
}

function inWords(value: SettingValue): string {
  const t = textsNow(settingsText);
  if (typeof value === 'boolean') return value ? t.on : t.off;
  if (typeof value === 'number') return exact(value, 2);
  if (Array.isArray(value)) return value.join(', ') || t.none;
  if (typeof value === 'object') return Object.keys(value).length ? Object.entries(value).map(([a, b]) => `${a} = ${b}`).join(', ') : t.none;
  return value ? (t.choices[value] ?? value) : t.empty;
}

const MOVE_AFTER_MS = 1200;

/** A page that the proxy itself serves goes along to its new port; its session stays good there. */
function follow(before: SettingKey, now: SettingKey): void {
  if (before.key !== 'server.port' || !now.value || location.port !== String(before.value)) return;
  toast(textsNow(settingsText).moving(String(now.value)));
  setTimeout(() => void (location.port = String(now.value)), MOVE_AFTER_MS);
}
