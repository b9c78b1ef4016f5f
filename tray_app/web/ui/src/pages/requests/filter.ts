// The filter as people write it, `model:opus status:error slow>30s "some words"`, and as the server takes it.

import type { HistoryRow } from '../../history';

/** Names that a word may carry, with the server's name for them. */
export const NAMES = ['model', 'client', 'status', 'session', 'initiator', 'dialect', 'slow'] as const;
export type FilterName = (typeof NAMES)[number];

export interface Filter extends Partial<Record<FilterName, string>> {
  /** Free words. */
  q?: string;
}

const TOKEN = /([a-z]+)[:>]("([^"]*)"|\S+)|"([^"]*)"|(\S+)/gi;
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000 };

/** Unknown names stay what they are: words to look for. */
export function parse(text: string): Filter {
  const filter: Filter = {};
  const words: string[] = [];
  for (const [whole, name = '', value = '', quoted, phrase, word] of text.matchAll(TOKEN)) {
    const known = NAMES.find((one) => one === name.toLowerCase());
    if (known) filter[known] = quoted ?? value;
    else words.push(phrase ?? word ?? whole);
  }
  if (words.length) filter.q = words.join(' ');
  return filter;
}

/** As `parse` reads it again. */
export function write(filter: Filter): string {
  const quote = (value: string) => (/\s/.test(value) ? `"${value}"` : value);
  const named = NAMES.flatMap((name) => {
    const value = filter[name];
    return value ? [`${name}${name === 'slow' ? '>' : ':'}${quote(value)}`] : [];
  });
  return [...named, ...(filter.q ? [filter.q] : [])].join(' ');
}

/** The filter that the address holds. */
export function fromQuery(query: URLSearchParams): Filter {
  const filter: Filter = {};
  for (const name of [...NAMES, 'q'] as const) {
    const value = query.get(name);
    if (value) filter[name] = value;
  }
  return filter;
}

/** Whether a request that is still on its way belongs to the list; what is only known at its end does not fit. */
export function fits(row: HistoryRow, filter: Filter): boolean {
  const has = (value: string | null | undefined, part: string | undefined) =>
    !part || (value ?? '').toLowerCase().includes(part.toLowerCase());
  const isOf = (value: string | null, wanted: string | undefined) => !wanted || value === wanted;
  return (
    !filter.q &&
    !filter.status &&
    !filter.slow &&
    (has(row.model_requested, filter.model) || has(row.model_served, filter.model)) &&
    has(row.client, filter.client) &&
    isOf(row.session_id, filter.session) &&
    isOf(row.initiator, filter.initiator) &&
    isOf(row.dialect, filter.dialect)
  );
}

/** Query parameters of `/api/requests`. Of a model or a client a part of the name will do. */
export function asked(filter: Filter, all: boolean): URLSearchParams {
  const { slow, model, client, ...same } = filter;
  const query = new URLSearchParams(Object.entries(same).filter((pair): pair is [string, string] => !!pair[1]));
  if (model) query.set('model', `*${model}*`);
  if (client) query.set('client', `*${client}*`);
  const ms = milliseconds(slow ?? '');
  if (ms !== null) query.set('slower_than', String(ms));
  if (!all) query.set('trivial', 'hide');
  return query;
}

/** `30s`, `1.5m`, `800ms`; a bare number is seconds. */
export function milliseconds(text: string): number | null {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|min)?$/.exec(text.trim()) ?? [];
  return number === undefined ? null : Number(number) * (UNITS[unit] ?? 1000);
}
