// What stands on a name: also where only a key says it, and by the names of a table's several results.
import { expect, it } from 'vitest';
import { usesOf } from '../src/shared/draft/uses';
import { namesOf } from '../src/shared/draft/names';
import type { ModelDocument } from '../src/shared/api/document';

const document: ModelDocument = {
  gradus: 1,
  indicators: { spend: { kind: 'sum', of: 'amount' }, orders: { kind: 'orders' } },
  predictions: { clv: { lifetime: {}, among: 'orders >= 2' }, kind: { clusters: { features: ['ln(1 + clv_purchases)', 'spend'] } } },
  decision_tables: { deal: { inputs: { spend: {} }, outputs: { rate: {}, gift: {} }, rows: [] }, plain: { outputs: { o: {} }, rows: [] } },
  cross_tables: { care: { rows: { inputs: { orders: {} }, bands: [] }, columns: { inputs: { n: { value: 'deal_rate * 2' } }, bands: [] }, cells: [] } },
  flows: { review: { steps: { base: { use: 'plain' } } } },
  tiers: { member: { by: 'review', levels: {} } },
  segments: { there: { base: 'everyone', where: { value: 'clv_alive', at_least: 0.5 } } },
  tests: { big: { inputs: { spend: 5 }, expect: { outcomes: { deal_gift: 'card' }, tiers: { member: 'gold' } } } },
};
const of = (name: string) => usesOf(document, name).map((use) => `${use.kind} ${use.name}`);

it('finds everything that stands on a name', () => {
  expect(of('spend')).toEqual(['prediction kind', 'table deal', 'test big']);
  expect(of('orders')).toEqual(['prediction clv', 'cross care']);
  expect(of('deal')).toEqual(['cross care', 'test big']);
  expect(of('plain')).toEqual(['flow review']);
  expect(of('member')).toEqual(['test big']);
  expect(of('care')).toEqual([]);
  // Also by what it gives beside its own; not by itself.
  expect(of('clv')).toEqual(['prediction kind', 'segment there']);
  expect(of('kind')).toEqual([]);
});

it('knows every name that may not be given twice', () => {
  expect(namesOf(document)).toEqual(expect.arrayContaining(['spend', 'deal', 'deal_rate', 'deal_gift', 'plain', 'care', 'review', 'review_base', 'member', 'clv', 'clv_alive', 'clv_to_date', 'kind', 'kind_sure']));
  expect(namesOf(null)).toEqual([]);
});
