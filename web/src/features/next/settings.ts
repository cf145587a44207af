// How lists of next items are learned, as the model's `next` says it: what is usual stays unwritten.
import type { Next } from '../../shared/api/document';
import { parse } from '../../shared/condition/span';

/** As crates/workspace has it where nothing is written; the others are found, or are none. */
export const USUAL = { hold_out: '1 month', stretches: 1, k: 5, again: false, by_customer: false, min_count: 10, min_confidence: 0.05, max_left: 1, max_items: 5000, n_factors: 16, rounds: 10, ridge: 0.1, alpha: 40, seed: 0 } as const;
export const REFIT = '1 month';
/** What is asked; `refit` is no question to one learning, but says when the next one comes. */
export const KEYS = ['item', 'title', 'where', 'k', 'method', 'again', 'available', 'exclude', 'refused', 'history', 'hold_out', 'stretches', 'by_customer', 'min_count', 'min_confidence', 'max_left', 'max_items', 'n_factors', 'rounds', 'ridge', 'alpha', 'seed'] as const;
export type Key = (typeof KEYS)[number];
export const METHODS = ['popular', 'recent', 'rules', 'factors', 'due'] as const;
/** What is an expression or a condition over events. */
export const isSql = (key: Key) => ['item', 'title', 'where', 'available', 'refused'].includes(key);

const usual = (key: Key): unknown => (USUAL as Partial<Record<Key, unknown>>)[key];

export function sameSpan(one: string | undefined, other: string | undefined): boolean {
  const [a, b] = [parse(one ?? ''), parse(other ?? '')];
  return a && b ? a.n === b.n && a.unit === b.unit : one === other;
}

/** Exact decimals may come as text, and a month in either language. */
export function same(key: Key, one: unknown, other: unknown): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (key === 'hold_out' || key === 'history') return sameSpan(one as string, other as string);
  if (typeof usual(key) === 'number') return Number(one) === Number(other);
  return JSON.stringify(one) === JSON.stringify(other);
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.trim() || undefined;
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  return value ?? undefined;
}

/** Only what differs from the usual. */
export function written(settings: Next): Next {
  const entries = KEYS.map((key) => [key, clean(settings[key])] as const);
  return Object.fromEntries(entries.filter(([key, value]) => value !== undefined && !same(key, value, usual(key)))) as Next;
}

/** In which of them the two are not the same. */
export function differing(one: Next, other: Next): Key[] {
  const [a, b] = [written(one), written(other)];
  return KEYS.filter((key) => !same(key, a[key], b[key]));
}

/** What the form says put in place of what was there; when it is learned anew stays. */
export function replaced(before: Next, settings: Next): Next {
  const rest = Object.fromEntries(Object.entries(before).filter(([key]) => !(KEYS as readonly string[]).includes(key)));
  return { ...written(settings), ...rest };
}

/** What a request has to say so that it is learned so, though the model in force says what is left out. */
export function asked(settings: Next, inForce: Next | undefined): Partial<Record<Key, unknown>> {
  const form = written(settings);
  const entries = differing(settings, inForce ?? {}).map((key) => { const value = form[key] ?? usual(key); return [key, typeof usual(key) === 'number' ? Number(value) : value] as const; });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What the model in force says and a request cannot leave out. */
export function staying(settings: Next, inForce: Next | undefined): Key[] {
  const form = written(settings);
  return differing(settings, inForce ?? {}).filter((key) => form[key] === undefined && usual(key) === undefined);
}
