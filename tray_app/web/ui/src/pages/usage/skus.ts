// Copilot tells one allowance under two names: of premium requests, and of the AI units that newer plans bill.
import type { QuotaPoint, UsageAnswer } from '../../history';

const OLD = 'premium_interactions';
const NEW = 'premium_models';

/** The name to show a SKU under; on plans that bill units, both are AI units. */
export const shownSku = (sku: string, usage: UsageAnswer): string => (sku === OLD && usage.token_based_billing ? NEW : sku);

/** The quotas, each allowance once. */
export function once<Quota extends { entitlement: number | null }>(quotas: Record<string, Quota>): Record<string, Quota> {
  const { [OLD]: old, ...others } = quotas;
  const other = others[NEW];
  return old && other && old.entitlement === other.entitlement ? others : quotas;
}

/** Readings of a SKU over time, also those under its other name. */
export function pointsOf(sku: string, quotas: Record<string, QuotaPoint[]>, entitlement: number | null): QuotaPoint[] {
  const names = sku === OLD || sku === NEW ? [OLD, NEW] : [sku];
  const all = names.flatMap((name) => (quotas[name] ?? []).filter((point) => name === sku || point.entitlement === entitlement));
  return all.sort((a, b) => a.at.localeCompare(b.at)).filter((point, at) => point.at !== all[at - 1]?.at);
}
