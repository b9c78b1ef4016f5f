// What stands in the inputs of a setting, as text, and what it means. Bounds are checked here before the server is asked.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, post, put } from '../../api';
import { exact } from '../../format';
import { textsNow } from '../../texts';
import type { SettingKey, SettingValue } from '../../types';
import { settingsText } from '../settings.texts';

/** The inputs: one text, a row per entry, or a pair per row. */
export type Raw = string | string[] | [string, string][];

const CHECK_AFTER_MS = 250;

export function toRaw(setting: SettingKey, value: SettingValue | null = setting.value): Raw {
  if (setting.kind === 'list') return ((value ?? []) as (string | number)[]).map(String);
  if (setting.kind === 'dict') return Object.entries((value ?? {}) as Record<string, string>);
  return String(value ?? '');
}

/** The value, or a sentence about what is wrong. */
export function toValue(setting: SettingKey, raw: Raw): { value: SettingValue } | { wrong: string } {
  try {
    return { value: parsed(setting, raw) };
  } catch (error) {
    if (error instanceof Unfit) return { wrong: error.message };
    throw error;
  }
}

class Unfit extends Error {}

function parsed(setting: SettingKey, raw: Raw): SettingValue {
  if (setting.kind === 'dict') return table(raw as [string, string][]);
  if (setting.kind === 'list') {
    const entries = (raw as string[]).filter((entry) => entry.trim());
    return setting.item === 'int' ? entries.map((entry) => number(setting, entry, true)) : entries;
  }
  if (setting.kind === 'bool') return raw === 'true';
  return setting.kind === 'str' ? (raw as string).trim() : number(setting, raw as string, setting.kind === 'int');
}

function number(setting: SettingKey, text: string, isWhole: boolean): number {
  const words = textsNow(settingsText);
  const value = Number(text.trim().replace(',', '.'));
  if (!text.trim() || !Number.isFinite(value)) throw new Unfit(isWhole ? words.whole : words.number);
  if (isWhole && !Number.isInteger(value)) throw new Unfit(words.whole);
  if (setting.low !== null && value < setting.low) throw new Unfit(words.atLeast(exact(setting.low, 2)));
  if (setting.high !== null && value > setting.high) throw new Unfit(words.atMost(exact(setting.high, 2)));
  return value;
}

function table(rows: [string, string][]): Record<string, string> {
  const words = textsNow(settingsText);
  const made: Record<string, string> = {};
  for (const [name, value] of rows) {
    if (!name.trim() && !value.trim()) continue;
    if (!name.trim()) throw new Unfit(words.nameMissing);
    if (Object.hasOwn(made, name.trim())) throw new Unfit(words.doubled(name.trim()));
    made[name.trim()] = value;
  }
  return made;
}

export interface Draft {
  raw: Raw;
  error: string;
  saving: boolean;
  edit: (raw: Raw) => void;
  /** Save what stands there, or `raw`, where it differs and is right. */
  commit: (raw?: Raw) => void;
  revert: () => void;
}

/** The inputs of one setting. `onSaved` gets the setting as the server has it now. */
export function useDraft(setting: SettingKey, onSaved: (now: SettingKey) => void): Draft {
  const [raw, setRaw] = useState(() => toRaw(setting));
  const [error, setError] = useState('');
  const [saving, setSaving] = useState(false);
  const checking = useRef<ReturnType<typeof setTimeout>>();
  const latest = useRef(0);
  const stored = JSON.stringify(setting.value);
  useEffect(() => {
    setRaw(toRaw(setting));
    setError('');
    return () => clearTimeout(checking.current);
  }, [stored]);

  const forget = () => {
    latest.current += 1; // an answer that is still on its way is about an older text
    clearTimeout(checking.current);
  };
  const edit = (next: Raw) => {
    forget();
    setRaw(next);
    const meant = toValue(setting, next);
    setError('wrong' in meant ? meant.wrong : '');
    if ('wrong' in meant) return;
    const turn = latest.current;
    checking.current = setTimeout(async () => {
      const said = await ask(setting.key, meant.value);
      if (turn === latest.current) setError(said);
    }, CHECK_AFTER_MS);
  };
  const commit = async (given: Raw = raw) => {
    forget();
    const meant = toValue(setting, given);
    if ('wrong' in meant) return setError(meant.wrong);
    if (JSON.stringify(meant.value) === stored) return setError('');
    setSaving(true);
    try {
      onSaved(await put<SettingKey>('/api/settings', { key: setting.key, value: meant.value }));
      setError('');
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure.message);
    } finally {
      setSaving(false);
    }
  };
  const revert = () => {
    forget();
    setRaw(toRaw(setting));
    setError('');
  };
  return { raw, error, saving, edit, commit: (given) => void commit(given), revert };
}

/** What the server says about a value: nothing, or a sentence. No answer says nothing; saving will tell. */
async function ask(key: string, value: SettingValue): Promise<string> {
  try {
    const said = await post<{ ok: boolean; message?: string }>('/api/settings/check', { key, value });
    return said.ok ? '' : (said.message ?? '');
  } catch (failure) {
    if (failure instanceof ApiError) return '';
    throw failure;
  }
}
