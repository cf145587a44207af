// What the screen asks stands in its address, so that a list of customers knows what it was opened from.
import type { Measure, SatisfactionAsked } from '../../shared/api/learned';

export const MEASURES: readonly Measure[] = ['nps', 'csat', 'ces'];
export const WINDOWS = ['90', '180', '365', 'all'] as const;
const KEYS = ['of_customers', 'measure', 'window', 'by', 'weigh_by', 'loyalty', 'leaving', 'loyal', 'codes', 'as_of'] as const;
export type Address = Partial<Record<(typeof KEYS)[number], string>>;

/** As the server takes it: a window is so many days. */
export function askedOf(address: Address): SatisfactionAsked {
  const { window, of_customers, ...rest } = Object.fromEntries(KEYS.flatMap((key) => (address[key] ? [[key, address[key]]] : []))) as Address;
  return { ...rest, ...(of_customers ? { of_customers: true } : {}), ...(window ? { window: `${window} days` } : {}) };
}

/** A score has its sign, a share its percent: both come as numbers up to a hundred. */
export function figure(measure: Measure, format: { signed: (n: number, digits?: number) => string; percent: (n: number, digits?: number) => string }) {
  return (value: number, digits = 1) => (measure === 'nps' ? format.signed(value, digits) : format.percent(value / 100, digits));
}

/** Nobody was asked yet, or nobody answered: where everybody begins. */
export const NOBODY = ['no-survey', 'no-answers'];
