// Where the remedy for a failure is, for those that have one in these pages.
import type { HistoryRow } from '../../history';

export type Word = 'signIn' | 'account' | 'usage' | 'limits' | 'models' | 'window' | 'setting' | 'tools';
export type Help = { href: string; word: Word } | 'lift';

const setting = (name: string): Help => ({ href: `/settings?q=${name}`, word: 'setting' });
const SIGN_IN: Help = { href: '/welcome', word: 'signIn' };
const ACCOUNT: Help = { href: '/settings#account', word: 'account' };
const USAGE: Help = { href: '/usage', word: 'usage' };
const LIMITS: Help = { href: '/usage', word: 'limits' };

/** By the code of the record: ours, GitHub's, and Copilot's. */
const BY_CODE: Record<string, Help> = {
  not_signed_in: SIGN_IN,
  token_revoked: SIGN_IN,
  no_usable_token: SIGN_IN,
  token_loop: SIGN_IN,
  // Why GitHub gives no Copilot token; its own words and links stand in the message.
  no_copilot_seat: ACCOUNT,
  no_copilot_access: ACCOUNT,
  not_signed_up: ACCOUNT,
  subscription_ended: ACCOUNT,
  enterprise_managed_user_account: ACCOUNT,
  feature_flag_blocked: ACCOUNT,
  spammy_user: ACCOUNT,
  billing_locked: ACCOUNT,
  trade_restricted: ACCOUNT,
  trade_restricted_country: ACCOUNT,
  codespaces_demo_inactive: ACCOUNT,
  snippy_not_configured: ACCOUNT,
  expired_coupon: ACCOUNT,
  revoked_coupon: ACCOUNT,
  programmatic_token_generation: ACCOUNT,
  access_revoked: ACCOUNT,
  // What is left.
  quota_exceeded: USAGE,
  free_quota_exceeded: USAGE,
  overage_limit_reached: USAGE,
  billing_not_configured: USAGE,
  insufficient_quota: USAGE,
  billing_error: USAGE,
  billing: USAGE,
  rate_limited: LIMITS,
  rate_limit: LIMITS,
  rate_limit_error: LIMITS,
  user_model_rate_limited: LIMITS,
  user_global_rate_limited: LIMITS,
  integration_rate_limited: LIMITS,
  agent_mode_limit_exceeded: LIMITS,
  // The owner's own limits.
  daily_cap_reached: 'lift',
  approval_denied: setting('manual_approval'),
  approval_unavailable: setting('manual_approval'),
  approval_timeout: setting('manual_approval'),
  approval_queue_full: setting('manual_approval'),
  // Connection and versions.
  upstream_unreachable: setting('use_system_proxy'),
  upstream_silent: setting('read_timeout'),
  api_version_retired: setting('editor_version'),
  go_http_client: setting('editor_version'),
  configuration: setting('editor_version'),
  invalid_api_key: { href: '/tools', word: 'tools' },
};

/** Codes that are ours when the request never left, and Copilot's when it did. */
const OWN: Record<string, Help> = {
  rate_limit_exceeded: setting('rate_limit'),
  request_too_large: setting('max_body_mb'),
};

export function helpFor(row: HistoryRow): Help | null {
  const code = row.error?.split(':')[0] ?? '';
  if (code === 'model_not_found' || code === 'model_not_supported') return { href: '/catalog', word: 'models' };
  if (code === 'model_max_prompt_tokens_exceeded' || code === 'context_length_exceeded') {
    return { href: `/catalog?q=${encodeURIComponent(row.model_served ?? row.model_requested ?? '')}`, word: 'window' };
  }
  if (Object.hasOwn(OWN, code)) return row.attempts === 0 ? (OWN[code] ?? null) : code === 'rate_limit_exceeded' ? LIMITS : null;
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? null) : null;
}
