// Numbers, times and sizes as people read them, in the language of the window. Unknown (null) is an en dash.
import { type Language, language } from './texts';

export const UNKNOWN = '–';

/** The system's own variant of the language (en-GB, zh-TW), which decides separators and dates. */
export function locale(spoken: Language = language.get()): string {
  const own = navigator.languages.find((tag) => tag.toLowerCase().startsWith(spoken.slice(0, 2)));
  return own ?? spoken;
}

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat | Intl.PluralRules>();

function once<Kind extends NonNullable<ReturnType<typeof made.get>>>(name: string, make: () => Kind): Kind {
  const key = `${locale()} ${name}`;
  const found = made.get(key) ?? make();
  made.set(key, found);
  return found as Kind;
}

function number(value: number, options: Intl.NumberFormatOptions): string {
  return once(`n${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale(), options)).format(value);
}

/** 1,234,567 */
export const exact = (value: number | null | undefined, digits = 0): string =>
  value == null ? UNKNOWN : number(value, { maximumFractionDigits: digits });

/** 1.2M in tiles and tables; `exact` belongs in the tip. */
export const short = (value: number | null | undefined): string =>
  value == null ? UNKNOWN : upperMillions(number(value, { notation: 'compact', maximumSignificantDigits: value < 1000 ? 4 : 3 }));

/** British English writes 1m, which reads as a minute here. */
const upperMillions = (text: string): string => text.replace(/(\d)m$/, '$1M');

/** 62 → 62 % as the locale writes it. */
export const percent = (value: number | null | undefined, digits = 0): string =>
  value == null ? UNKNOWN : number(value / 100, { style: 'percent', maximumFractionDigits: digits });

/** What is left of a quota, as icon and menu say it: a last drop is not nothing, nearly everything is not everything. */
export const percentLeft = (value: number | null | undefined): string =>
  percent(value == null ? null : Math.min(Math.max(Math.floor(value + 0.5), value > 0 ? 1 : 0), value < 100 ? 99 : 100));

/** Billed units: nano-AIU → AI units. */
export const units = (nano: number | null | undefined): string =>
  nano == null ? UNKNOWN : number(nano / 1e9, nano < 1e11 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });

export function bytes(count: number | null | undefined): string {
  if (count == null) return UNKNOWN;
  const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(names.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  const unit = names[power] ?? 'byte';
  const unitDisplay = power === 0 ? 'long' : 'short'; // "70 bytes", but "1.2 kB"
  return number(count / 1000 ** power, { style: 'unit', unit, unitDisplay, maximumSignificantDigits: 3 });
}

/** 840ms, 8.2s, 2m 5s, 3h */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return UNKNOWN;
  const unit = (value: number, name: string, digits = 0) =>
    number(value, { style: 'unit', unit: name, unitDisplay: 'narrow', maximumFractionDigits: digits });
  if (ms < 1000) return unit(Math.round(ms), 'millisecond');
  if (ms < 60_000) return unit(ms / 1000, 'second', 1);
  const seconds = Math.round(ms / 1000);
  const [large, small, step] = seconds < 3600 ? (['minute', 'second', 60] as const) : (['hour', 'minute', 3600] as const);
  const rest = Math.floor((seconds % step) / (step / 60));
  return unit(Math.floor(seconds / step), large) + (rest ? ` ${unit(rest, small)}` : '');
}

/** 14:32 that is left: minutes and seconds of a countdown. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const date = (value: Date, name: string, options: Intl.DateTimeFormatOptions) =>
  once(`d${name}`, () => new Intl.DateTimeFormat(locale(), options)).format(value);

/** 14:02:11 */
export const clock = (value: Date): string =>
  date(value, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** 14:02 */
export const clockShort = (value: Date): string => date(value, 'clock-short', { hour: '2-digit', minute: '2-digit' });

/** 23 Nov, for the axis of a chart. */
export const dayShort = (value: Date): string => date(value, 'day-short', { day: 'numeric', month: 'short' });

/** 1 December, in whatever order */
export const day = (value: Date): string => date(value, 'day', { day: 'numeric', month: 'long' });

/** Everything, for tips. */
export const moment = (value: Date): string => date(value, 'moment', { dateStyle: 'medium', timeStyle: 'medium' });

/** Relative up to an hour, then the clock, then the date. */
export function when(value: Date, now: Date = new Date()): string {
  const seconds = Math.round((value.getTime() - now.getTime()) / 1000);
  const relative = () => once('r', () => new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'short' }));
  if (Math.abs(seconds) < 45) return relative().format(0, 'second');
  if (Math.abs(seconds) < 3600) return relative().format(Math.round(seconds / 60), 'minute');
  if (value.toDateString() === now.toDateString()) return clockShort(value);
  return date(value, 'short', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}

/** The clock today, the date with it on other days. */
export const clockOn = (value: Date, now: Date = new Date()): string =>
  value.toDateString() === now.toDateString()
    ? clock(value)
    : date(value, 'short', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

const PLANS: Record<string, string> = {
  free: 'Free',
  individual: 'Pro',
  individual_pro: 'Pro+',
  individual_pro_plus: 'Pro+',
  individual_edu: 'Education',
  business: 'Business',
  enterprise: 'Enterprise',
};

/** What GitHub sells a plan as; its own word for one that is not known here. */
export const planName = (plan: string): string => PLANS[plan] ?? plan.replaceAll('_', ' ');

/** English needs two forms: `plural(n, 'request', 'requests')`. */
export function plural(count: number, one: string, other: string): string {
  const rule = once('p', () => new Intl.PluralRules('en')).select(count);
  return `${exact(count)} ${rule === 'one' ? one : other}`;
}
