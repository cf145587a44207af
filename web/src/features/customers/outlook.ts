// What a prediction says of one customer, by what each column means.
import type { ModelDocument } from '../../shared/api/document';
import type { PredictionReason } from '../../shared/api/learning';

const number = (value: string | null | undefined) => (value === null || value === undefined || value === '' || !Number.isFinite(Number(value)) ? null : Number(value));

export interface Told {
  value: number | null; low: number | null; high: number | null; alive: number | null; purchases: number | null; toDate: number | null;
  renews: number | null; terms: number | null; sure: number | null;
}

export function toldOf(reason: PredictionReason): Told {
  const of = (suffix: string) => number(reason.given.find((one) => one.name === reason.name + suffix)?.value);
  return { value: of(''), low: of('_low'), high: of('_high'), alive: of('_alive'), purchases: of('_purchases'), toDate: of('_to_date'), renews: of('_renews'), terms: of('_terms'), sure: of('_sure') };
}

/** How far ahead, at what rate, with what margin: as the model in force says, or as it means where it says nothing. */
export function termsOf(model: ModelDocument | undefined, reason: PredictionReason): { horizon: string; discount: number; margin: number } | null {
  const one = model?.predictions?.[reason.name];
  const money = one?.lifetime ?? one?.contract;
  if (money) return { horizon: money.horizon ?? (one?.contract ? '3 years' : '12 months'), discount: Number(money.discount ?? 0.1), margin: Number(money.margin ?? 1) };
  return one?.propensity ? { horizon: one.propensity.horizon, discount: 0, margin: 1 } : null;
}

/** Whether more of it is good news: of money it is, of leaving it is not, of other outcomes as the model says (`better` in
 * crates/model/src/document/validation.rs). */
export function betterOf(model: ModelDocument | undefined, reason: PredictionReason): 'more' | 'less' | null {
  if (reason.kind === 'lifetime' || reason.kind === 'contract') return 'more';
  const outcome = model?.predictions?.[reason.name]?.propensity?.outcome;
  if (reason.kind !== 'propensity' || !outcome || typeof outcome === 'string') return null;
  return outcome.better ?? (outcome.counts === 'not_happened' ? 'less' : 'more');
}

/** The strongest first, as many as people read. */
export const strongest = (reason: PredictionReason, most = 6) => [...(reason.factors ?? [])].sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount)).slice(0, most);
