// The inputs of a setting, by its kind.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useCell } from '../../cell';
import { Switch } from '../../components/field';
import { Icon } from '../../components/icon';
import { appState } from '../../store';
import { language, useTexts } from '../../texts';
import type { SettingKey } from '../../types';
import { settingsText } from '../settings.texts';
import type { Draft } from './draft';
import { labelOf, unitOf } from './words';

export interface InputProps {
  setting: SettingKey;
  draft: Draft;
  id: string;
  disabled: boolean;
  describedBy: string;
}

export function SettingInput(props: InputProps) {
  const { kind, choices } = props.setting;
  if (kind === 'bool') return <Flag {...props} />;
  if (kind === 'list') return <List {...props} />;
  if (kind === 'dict') return <Pairs {...props} />;
  return choices.length ? <Choice {...props} /> : <Line {...props} />;
}

function Flag({ draft, id, disabled, describedBy }: InputProps) {
  const flip = (on: boolean) => draft.commit(String(on));
  return <Switch id={id} on={draft.raw === 'true'} disabled={disabled} describedBy={describedBy} onChange={flip} />;
}

function Choice({ setting, draft, id, disabled, describedBy }: InputProps) {
  const t = useTexts(settingsText);
  const choose = (event: Event) => draft.commit((event.currentTarget as HTMLSelectElement).value);
  return (
    <select id={id} value={draft.raw as string} disabled={disabled} aria-describedby={describedBy} onChange={choose}>
      {setting.choices.map((choice) => (
        <option key={choice} value={choice}>
          {t.choices[choice] ?? choice}
        </option>
      ))}
    </select>
  );
}

/** Enter and leaving the field save, Escape takes it back. */
function keysOf(draft: Draft) {
  return (event: KeyboardEvent) => {
    if (event.key === 'Escape') draft.revert();
    else if (event.key === 'Enter' && !(event.currentTarget instanceof HTMLTextAreaElement)) draft.commit();
    else return;
    event.preventDefault();
  };
}

function Line({ setting, draft, id, disabled, describedBy }: InputProps) {
  const unit = unitOf(setting, useCell(language));
  const isNumber = setting.kind !== 'str';
  const isModel = setting.key.startsWith('models.');
  return (
    <span class="with-unit">
      <input
        id={id}
        class={isNumber ? 'number' : 'text'}
        value={draft.raw as string}
        disabled={disabled}
        inputMode={isNumber ? 'decimal' : 'text'}
        list={isModel ? MODELS : undefined}
        spellcheck={false}
        autocomplete="off"
        aria-describedby={describedBy}
        aria-invalid={draft.error !== ''}
        onInput={(event) => draft.edit(event.currentTarget.value)}
        onBlur={() => draft.commit()}
        onKeyDown={keysOf(draft)}
      />
      {unit && <span class="muted">{unit}</span>}
    </span>
  );
}

/** One input per entry; an empty one at the end takes the next. */
function List({ setting, draft, id, disabled, describedBy }: InputProps) {
  const t = useTexts(settingsText);
  const name = labelOf(setting, useCell(language));
  const entries = draft.raw as string[];
  const change = (at: number, text: string) => draft.edit(entries.map((entry, index) => (index === at ? text : entry)));
  const isLong = setting.key.startsWith('filters.');
  return (
    <Rows
      id={id}
      disabled={disabled}
      onAdd={() => draft.edit([...entries, ''])}
      rows={entries.map((entry, at) => ({
        name: t.remove(entry || t.entry(name, at + 1)),
        onRemove: () => draft.commit(entries.filter((_, index) => index !== at)),
        inputs: (
          <TextInput
            value={entry}
            isLong={isLong}
            label={t.entry(name, at + 1)}
            disabled={disabled}
            describedBy={describedBy}
            draft={draft}
            onChange={(text) => change(at, text)}
          />
        ),
      }))}
    />
  );
}

function Pairs({ setting, draft, id, disabled, describedBy }: InputProps) {
  const t = useTexts(settingsText);
  const name = labelOf(setting, useCell(language));
  const pairs = draft.raw as [string, string][];
  const change = (at: number, pair: [string, string]) => draft.edit(pairs.map((one, index) => (index === at ? pair : one)));
  const common = { disabled, describedBy, draft };
  return (
    <Rows
      id={id}
      disabled={disabled}
      onAdd={() => draft.edit([...pairs, ['', '']])}
      rows={pairs.map(([left, right], at) => ({
        name: t.remove(left || t.entry(name, at + 1)),
        onRemove: () => draft.commit(pairs.filter((_, index) => index !== at)),
        inputs: (
          <>
            <TextInput
              {...common}
              value={left}
              label={t.entryName(name, at + 1)}
              placeholder={t.asked}
              models={setting.name !== 'exact' && setting.name !== 'prefix'}
              onChange={(text) => change(at, [text, right])}
            />
            <span class="muted" aria-hidden="true">
              →
            </span>
            <TextInput
              {...common}
              value={right}
              isLong={setting.name === 'extra_prompts'}
              label={t.entryValue(name, at + 1)}
              placeholder={t.used}
              models={setting.name === 'exact' || setting.name === 'prefix'}
              onChange={(text) => change(at, [left, text])}
            />
          </>
        ),
      }))}
    />
  );
}

interface TextInputProps {
  value: string;
  label: string;
  placeholder?: string;
  isLong?: boolean;
  models?: boolean;
  disabled: boolean;
  describedBy: string;
  draft: Draft;
  onChange: (text: string) => void;
}

function TextInput({ value, label, placeholder, isLong = false, models = false, disabled, describedBy, draft, onChange }: TextInputProps) {
  const common = {
    value,
    disabled,
    placeholder,
    spellcheck: false,
    'aria-label': label,
    'aria-describedby': describedBy,
    'aria-invalid': draft.error !== '',
    onKeyDown: keysOf(draft),
    onInput: (event: Event) => onChange((event.currentTarget as HTMLInputElement).value),
    onBlur: (event: FocusEvent) => {
      // Moving on within the same row is not the end of it: a pair is saved whole.
      const row = (event.currentTarget as HTMLElement).closest('li');
      if (!row?.contains(event.relatedTarget as Node | null)) draft.commit();
    },
  };
  if (isLong) return <textarea rows={Math.min(6, Math.max(2, value.split('\n').length))} {...common} />;
  return <input autocomplete="off" list={models ? MODELS : undefined} {...common} />;
}

interface RowsProps {
  id: string;
  disabled: boolean;
  rows: { name: string; inputs: ComponentChildren; onRemove: () => void }[];
  onAdd: () => void;
}

function Rows({ id, disabled, rows, onAdd }: RowsProps) {
  const t = useTexts(settingsText);
  const box = useRef<HTMLDivElement>(null);
  const isAdding = useRef(false);
  useLayoutEffect(() => {
    if (isAdding.current) box.current?.querySelector<HTMLElement>('li:last-child input, li:last-child textarea')?.focus();
    isAdding.current = false;
  }, [rows.length]);
  const add = () => {
    isAdding.current = true;
    onAdd();
  };
  return (
    <div class="entries" ref={box}>
      {rows.length > 0 && (
        <ul>
          {rows.map((row, at) => (
            <li key={at}>
              {row.inputs}
              <button type="button" class="icon-button" disabled={disabled} aria-label={row.name} title={row.name} onClick={row.onRemove}>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <button type="button" id={id} class="small" disabled={disabled} onClick={add}>
        <Icon name="plus" />
        {t.add}
      </button>
    </div>
  );
}

const MODELS = 'known-models';

/** The models that tools can be pointed at, offered while typing a name. */
export function KnownModels() {
  const clients = useCell(appState, (state) => state.clients);
  const names = [...new Set(clients.flatMap((client) => client.models))].sort();
  return (
    <datalist id={MODELS}>
      {names.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
