// The JSON that the server sends. Unknown is null, never 0; times are RFC 3339 UTC.

export type ProxyState = 'stopped' | 'starting' | 'running' | 'stopping' | 'crashed';

export interface Trouble {
  code: string;
  message: string;
  remedy: string;
  offer_port: number | null;
}

export interface Account {
  login: string;
  active: boolean;
  in_keyring: boolean;
}

export interface SignIn {
  status: 'starting' | 'waiting' | 'done' | 'failed';
  user_code: string;
  verification_uri: string;
  expires_at: string | null;
  login: string;
  message: string;
  remedy: string;
}

export interface Quota {
  sku: string;
  percent_left: number | null;
  remaining: number | null;
  entitlement: number | null;
  unlimited: boolean;
  reset_date: string | null;
  as_of: string | null;
  lasts_until: string | null;
  plan: string | null;
}

export interface Approval {
  id: string;
  client: string;
  model: string;
  size_bytes: number;
  estimated_units: number | null;
  asked_at: string;
  expires_at: string;
}

export interface ToolView {
  name: string;
  title: string;
  state: string;
  reason: string;
  can_connect: boolean;
  can_disconnect: boolean;
  program: string | null;
  files: string[];
  models: string[];
  last_seen: string | null;
}

export interface AppState {
  version: string;
  proxy: ProxyState;
  url: string;
  trouble: Trouble | null;
  signed_in: boolean;
  login: string | null;
  accounts: Account[];
  sign_in: SignIn | null;
  quota: Quota | null;
  requests_running: number;
  approvals: Approval[];
  recording_until: string | null;
  history_enabled: boolean;
  cap_reached: boolean;
  cap_lifted_until: string | null;
  clients: ToolView[];
  autostart: boolean | null;
  tray: 'menu' | 'click' | 'none' | 'headless';
  tray_hint: string;
  theme: string;
  language: string;
  terms_seen: boolean;
  is_demo: boolean;
  update: { version: string; url: string; notes: string } | null;
}

/** One row of the history. */
export interface RequestRow {
  id: string;
  started_at: string;
  client: string;
  dialect: string;
  path: string;
  upstream_endpoint: string | null;
  model_requested: string | null;
  model_served: string | null;
  status: number | null;
  error: string | null;
  initiator: string | null;
  stream: boolean;
  cancelled: boolean;
  attempts: number;
  ttfb_ms: number | null;
  duration_ms: number | null;
  longest_silence_ms: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  nano_aiu: number | null;
  repairs: string[];
  notes: string[];
  session_id: string | null;
}

/** A batch of the live feed. */
export interface RequestsEvent {
  begun: RequestRow[];
  finished: RequestRow[];
  running: { id: string; elapsed_ms: number; silence_ms: number }[];
}

export interface Totals {
  requests: number;
  failed_requests: number;
  cancelled_requests: number;
  user_initiated: number;
  agent_initiated: number;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  nano_aiu: number | null;
}

export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Stats extends Totals {
  from: string;
  to: string;
  bucket_seconds: number;
  by_model: Record<string, Totals>;
  by_client: Record<string, Totals>;
  by_dialect: Record<string, Totals>;
  by_status: Record<string, Totals>;
  buckets: (Totals & { start: string })[];
  latency_ms: Percentiles;
  ttfb_ms: Percentiles;
}

export interface SettingKey {
  key: string;
  name: string;
  kind: 'bool' | 'int' | 'float' | 'str' | 'list' | 'dict';
  item: 'str' | 'int' | null;
  default: SettingValue;
  value: SettingValue | null;
  count?: number;
  source: 'default' | 'file' | 'environment' | 'command line';
  source_detail: string;
  help: string;
  low: number | null;
  high: number | null;
  choices: string[];
  secret: boolean;
  restart: boolean;
  editable: boolean;
  why_not: string;
}

export type SettingValue = boolean | number | string | (string | number)[] | Record<string, string>;

export interface SettingsAnswer {
  sections: { name: string; keys: SettingKey[] }[];
  file: string;
  problems: { key: string; message: string; line: number | null }[];
}

export interface Snippet {
  id: string;
  title: string;
  language: string;
  text: string;
}

export interface ToolsAnswer {
  clients: ToolView[];
  base_url: string;
  key: string | null;
  snippets: Snippet[];
}

export interface Preview {
  token: string;
  title: string;
  is_change: boolean;
  diff: string;
  models: string[];
  notes: string[];
  restart: string;
  backups: string[];
}
