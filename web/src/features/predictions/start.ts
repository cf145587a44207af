// What an operator wants, and the prediction that answers it.
import type { Prediction, Segment } from '../../shared/api/document';
import { textOf } from '../../shared/i18n/language';
import { kindOf } from '../../shared/predictions/kinds';

export const WANTS = ['value', 'churn', 'contract', 'clusters', 'happens'] as const;
export type Want = (typeof WANTS)[number];

export interface Answers {
  /** A kind of event; none is whatever counts as spend. */
  event?: string;
  horizon: string;
  term: string;
  margin: number | null;
  discount: number | null;
}

export const answersOf = (want: Want): Answers => ({ horizon: want === 'contract' ? '3 years' : want === 'value' ? '12 months' : '90 days', term: '1 year', margin: null, discount: null });
export const nameOf = (want: Want) => ({ value: 'clv', churn: 'churn', contract: 'contract', clusters: 'cluster', happens: 'likely' })[want];

const ofKind = (event: string) => `kind = '${event.replace(/'/g, "''")}'`;

/** Only what was answered is written: the rest is as the document says if left out. */
export function predictionOf(want: Exclude<Want, 'clusters'>, { event, horizon, term, margin, discount }: Answers): Prediction {
  const money = { ...(margin === null ? {} : { margin }), ...(discount === null ? {} : { discount }) };
  switch (want) {
    case 'value':
      return { title: { zh: '客户终身价值', en: 'Lifetime value' }, lifetime: { ...(event ? { purchases: ofKind(event) } : {}), ...money, ...(horizon === '12 months' ? {} : { horizon }) } };
    case 'contract':
      return { title: { zh: '合约价值', en: 'Contract value' }, contract: { terms: event ? ofKind(event) : 'spend', term, ...money, ...(horizon === '3 years' ? {} : { horizon }) } };
    case 'churn':
      return { title: { zh: '流失概率', en: 'Chance of leaving' }, propensity: { outcome: { title: { zh: '流失', en: 'Churn' }, kind: 'orders', ...(event ? { where: ofKind(event) } : {}), counts: 'not_happened', of_whom: 'active' }, horizon } };
    case 'happens':
      return { title: { zh: '发生的可能', en: 'Chance that it happens' }, propensity: { outcome: { kind: 'count', where: event ? ofKind(event) : 'spend', counts: 'happened' }, horizon } };
  }
}

/** The same under a title of its own: two predictions of one title could not be told apart in lists, charts and formulas. */
export function titled(prediction: Prediction, others: Record<string, Prediction>): Prediction {
  const title = { zh: textOf(prediction.title, '', 'zh'), en: textOf(prediction.title, '', 'en') };
  const taken = Object.entries(others).flatMap(([name, one]) => [textOf(one.title, name, 'zh'), textOf(one.title, name, 'en')]);
  const numbered = (n: number) => (n === 1 ? title : { zh: `${title.zh} ${n}`, en: `${title.en} ${n}` });
  let n = 1;
  while (taken.includes(numbered(n).zh) || taken.includes(numbered(n).en)) n += 1;
  return { ...prediction, title: numbered(n) };
}

/** A name that is not taken yet. */
export function freeName(wanted: string, taken: string[]): string {
  if (!taken.includes(wanted)) return wanted;
  let n = 2;
  while (taken.includes(`${wanted}_${n}`)) n += 1;
  return `${wanted}_${n}`;
}

/** Customers whom a prediction points out, to begin with: who is likely still there, who is likely to, the first group. */
export function segmentOf(name: string, prediction: Prediction): Segment {
  const title = { zh: `“${textOf(prediction.title, name, 'zh')}”选出的客户`, en: `Customers by “${textOf(prediction.title, name, 'en')}”` };
  const where = {
    lifetime: { value: `${name}_alive`, at_least: 0.5 }, contract: { value: `${name}_renews`, less_than: 0.5 }, propensity: { value: name, at_least: 0.5 },
    clusters: { value: name, equals: 'c1' }, trained: { value: name, at_least: 0 },
  }[kindOf(prediction) ?? 'trained'];
  return { title, base: 'everyone', where };
}
