import { describe, expect, it } from 'vitest';
import type { Condition } from '../src/shared/api/document';
import { FIELD, toCondition, toGroup } from '../src/shared/condition/convert';
import { sayCondition } from '../src/shared/condition/say';
import type { RuleGroupType, RuleType } from 'react-querybuilder';

// Every form of crates/model/src/document/condition.rs, alone and nested.
const leaves: Condition[] = [
  'orders >= 3',
  '',
  { sql: 'orders >= 3' },
  { value: 'orders', at_least: 3 },
  { value: 'orders', at_most: '3.5' },
  { value: 'orders', more_than: 0 },
  { value: 'orders', less_than: 8 },
  { value: 'orders', at_least: 1, less_than: 8 },
  { value: 'city', equals: '上海' },
  { value: 'city', equals: null },
  { value: 'city', one_of: ['上海', 3, null, true] },
  { value: 'city', known: true },
  { value: 'city', known: false },
  { value: '近90天消费金额', at_least: 1000 },
  { did: { event: 'visit', where: "store = 'a'", times: { at_least: 2, at_most: 5 }, window: '90天' } },
  { did: { event: 'visit', times: { exactly: 1 }, window: { calendar: 'last_month' } } },
  { did_not: { event: 'order_line', window: { since: "kind = 'visit'" } } },
  { did: { event: 'visit', window: { last: '90 days', before: '90 days' } } },
  { sequence: { steps: [{ event: 'visit' }, { event: 'order_line', where: 'spend', within: '7天' }], window: '180天' } },
  { in_segment: 'buyers' },
  { in_list: 'vip' },
  { tier: { scheme: 'membership', at_least: 'gold' } },
  { tier: { scheme: 'membership', at_most: 'silver' } },
  { tier: { scheme: 'membership', is: 'black' } },
  // Wrong or unknown, and still not lost.
  { value: 'orders' },
  { value: '$sql', at_least: 1 },
  {},
  { all: [{ value: 'a', known: true }], any: ['b'] },
];
const nested: Condition[] = [
  { all: [] },
  { any: [] },
  { all: [leaves[0]!] },
  { any: [leaves[3]!, leaves[14]!] },
  { not: 'a > 1' },
  { not: { in_segment: 'x' } },
  { not: { all: ['a > 1'] } },
  { not: { all: [] } },
  { not: { any: ['a > 1', 'b > 1'] } },
  { not: { not: 'a > 1' } },
  { not: { not: { all: ['a', { not: { not: { any: ['b'] } } }] } } },
  { all: ['a', { any: ['b', { not: { in_segment: 'x' } }, { all: ['c', { any: ['d'] }] }] }, { not: { all: ['e', 'f'] } }] },
];

describe('the condition tree', () => {
  it.each([...leaves, ...nested].map((one) => [JSON.stringify(one), one] as const))('survives the query builder: %s', (_, condition) => {
    expect(toCondition(toGroup(condition))).toEqual(condition);
  });

  it.each([...leaves, ...nested].map((one) => [JSON.stringify(one), one] as const))('is drawn the same from what it wrote: %s', (_, condition) => {
    const again = toCondition(toGroup(toCondition(toGroup(condition))));
    expect(again).toEqual(condition);
  });

  it('says nothing where nothing is said', () => {
    expect(toCondition(toGroup(undefined))).toBeUndefined();
  });

  it('becomes a list when a second condition is added to a single one', () => {
    const group = toGroup('orders >= 3');
    const more: RuleGroupType = { ...group, rules: [...group.rules, { field: FIELD.segment, operator: 'in', value: 'buyers' } as RuleType] };
    expect(toCondition(more)).toEqual({ all: ['orders >= 3', { in_segment: 'buyers' }] });
  });

  it('turns around a group and back', () => {
    const group = toGroup({ any: ['a', 'b'] });
    expect(toCondition({ ...group, not: true })).toEqual({ not: { any: ['a', 'b'] } });
    expect(toCondition({ ...group, not: false })).toEqual({ any: ['a', 'b'] });
  });

  it('writes "is not in" as the document does', () => {
    expect(toCondition({ combinator: 'and', rules: [{ field: FIELD.segment, operator: 'not_in', value: 'x' }] })).toEqual({ all: [{ not: { in_segment: 'x' } }] });
  });

  it('is said in words', () => {
    expect(sayCondition({ all: [{ value: 'orders', at_least: 3 }, { not: { in_segment: 'x' } }] }, 'zh')).toBe('orders ≥ 3 且 不满足（属于分群 x）');
    expect(sayCondition({ did_not: { event: 'visit', window: '90天' } }, 'en')).toBe('did not do visit in the last 90 days');
    const names = { indicators: [{ name: 'orders', title: { zh: '订单数', en: 'Orders' }, type: 'decimal' }], scores: [], tiers: [], segments: [], kinds: [] };
    expect(sayCondition("orders >= 3 and city <> 'orders and more'", 'zh', names)).toBe("订单数 ≥ 3 且 city ≠ 'orders and more'");
  });
});
