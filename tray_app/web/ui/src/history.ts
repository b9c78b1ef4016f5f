// The JSON of the history: requests in full, sessions, catalog, quota over time. Unknown is null, never 0.
import type { Percentiles, RequestRow, Totals } from './types';

export interface FullTotals extends Totals {
  retried_attempts: number;
  /** 0 to 1; null where nothing could be cached. */
  cache_hit_rate: number | null;
}

/** A request as every list shows it. */
export interface HistoryRow extends RequestRow {
  error_message: string | null;
  initiator_source: string;
  background: string | null;
  waited_ms: number | null;
  upstream_ms: number | null;
  request_bytes: number;
  response_bytes: number;
  frames: number | null;
  turn: number | null;
  branch: number | null;
  process: string | null;
  project: string | null;
  upstream_request_id: string | null;
  captured: boolean;
}

export interface Try {
  status: number | null;
  reason: string;
  ms: number;
}

export interface RequestDetail extends HistoryRow {
  tries: Try[];
  running: boolean;
  prefix: { parts: number; kept: number; changed_at: string | null } | null;
}

export interface Frame {
  at_ms: number;
  bytes: number;
  text: string;
}

/** A piece of what was said. Every text in it was written by a client or a model. */
export type Part =
  | { kind: 'text' | 'refusal'; text: string }
  | { kind: 'thinking'; text: string; hidden: boolean }
  | { kind: 'tool_call'; id: string | null; name: string; text: string }
  | { kind: 'tool_result'; id: string; is_error: boolean; parts: Part[] }
  | { kind: 'image'; url: string | null; text: string; media_type: string }
  | { kind: 'file'; text: string; media_type: string };

export interface Said {
  role: string;
  parts: Part[];
}

export interface Talk {
  messages: Said[];
  tools: string[];
  answer: { parts: Part[]; stop: string | null; failure?: string } | null;
  problem: string | null;
}

export interface Bodies {
  captured: boolean;
  conversation: Talk | null;
  request: string | null;
  upstream_request: string | null;
  response: string | null;
  frames: Frame[];
  truncated: boolean;
}

export interface RequestsPage {
  requests: HistoryRow[];
  next_cursor: string | null;
  running: HistoryRow[];
  hidden?: number;
}

export interface SmallTotals {
  requests: number;
  input_tokens: number | null;
  output_tokens: number | null;
  nano_aiu: number | null;
  failed_requests: number;
}

export interface Bucket extends FullTotals {
  start: string;
  by_model: Record<string, SmallTotals>;
  by_client: Record<string, SmallTotals>;
  latency_ms: { p50: number | null; p95: number | null };
  ttfb_ms: { p50: number | null; p95: number | null };
}

export interface CacheWorth {
  hit_rate: number | null;
  cached_tokens: number | null;
  saved_nano_aiu: number | null;
}

export interface Anomaly {
  code: 'user_burst' | 'cache_collapse';
  since: string;
  message: string;
  session_id: string | null;
}

export interface FullStats extends FullTotals {
  from: string;
  to: string;
  bucket_seconds: number;
  by_model: Record<string, FullTotals>;
  by_client: Record<string, FullTotals>;
  by_dialect: Record<string, FullTotals>;
  by_status: Record<string, FullTotals>;
  by_session: Record<string, FullTotals>;
  buckets: Bucket[];
  latency_ms: Percentiles;
  ttfb_ms: Percentiles;
  percentiles: 'exact' | 'approximate';
  cache: Record<string, CacheWorth>;
  anomalies: Anomaly[];
}

export interface Forecast {
  sku: string;
  lasts_until: string | null;
  past_reset: boolean | null;
  per_day: number | null;
  reset_at: string | null;
}

export interface SessionRow extends FullTotals {
  id: string;
  client: string;
  project: string | null;
  process: string | null;
  title: string | null;
  started_at: string;
  last_at: string;
  prompts: number;
  models: string[];
  branches: number;
}

export interface Branch extends FullTotals {
  branch: number;
  kind: 'main' | 'subagent' | 'title' | 'compaction' | 'warmup' | 'background';
  requests_list: (HistoryRow & { cache_lost: CacheLost | null })[];
}

export interface CacheLost {
  lost_tokens: number;
  reason: 'prefix' | 'model' | 'expired' | 'unknown';
  changed_at: string | null;
  idle_seconds: number;
}

export interface Turn extends FullTotals {
  turn: number;
  started_at: string;
  title: string | null;
  branches: Branch[];
}

export interface SessionDetail extends SessionRow {
  turns: Turn[];
  truncated: boolean;
}

/** One SKU as `/usage` tells it. */
export interface QuotaSnapshot {
  unlimited: boolean | null;
  entitlement: number | null;
  remaining: number | null;
  percent_remaining: number | null;
  overage_count: number | null;
  overage_permitted: boolean | null;
}

export interface UsageAnswer {
  plan: string | null;
  login: string | null;
  token_based_billing: boolean | null;
  quota_reset_date: string | null;
  as_of: string | null;
  quotas: Record<string, QuotaSnapshot>;
}

export interface Overview {
  today: FullTotals;
  yesterday: FullTotals;
  yesterday_so_far: FullTotals;
  week: FullTotals;
  period: FullTotals | null;
  period_start: string | null;
  quota: UsageAnswer | null;
  forecast: Forecast | null;
  hours: Bucket[];
  latency_ms: Percentiles;
  ttfb_ms: Percentiles;
  cache: Record<string, CacheWorth>;
  dearest_sessions: SessionRow[];
  anomalies: Anomaly[];
  health: {
    token_expires_in_seconds: number | null;
    models_loaded: number;
    requests_running: number;
    history_problem: string | null;
    dropped_records: number;
  };
}

export interface QuotaPoint {
  at: string;
  remaining: number | null;
  percent_remaining: number | null;
  entitlement: number | null;
  unlimited: boolean | null;
  reset_at: string | null;
}

export interface UsageHistory {
  quotas: Record<string, QuotaPoint[]>;
  rate_limits: Record<string, QuotaPoint[]>;
  forecast: Forecast | null;
}

export interface CatalogModel {
  id: string;
  name: string;
  vendor: string | null;
  type: string | null;
  preview: boolean;
  context_window: number | null;
  max_prompt_tokens: number | null;
  max_output_tokens: number | null;
  endpoints: string[];
  vision: boolean | null;
  tool_calls: boolean | null;
  thinking: boolean | null;
  reasoning_effort: string[] | null;
  price_class: 'included' | 'light' | 'standard' | 'premium' | null;
  multiplier: number | null;
  prices: {
    input: number | null;
    output: number | null;
    cache: number | null;
    cache_write: number | null;
    batch_size: number | null;
  } | null;
  aliases: string[];
  used: number;
  last_used: string | null;
  first_seen: string | null;
  is_new: boolean;
  usable: boolean;
  missing_reason: 'policy' | 'plan' | 'kind' | null;
  missing_text: string | null;
}

export interface Catalog {
  models: CatalogModel[];
  absent_vendors: { vendor: string; reason: string; text: string }[];
  loaded_at: string | null;
  stale: boolean;
}
