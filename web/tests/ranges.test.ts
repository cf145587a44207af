// What a bar opens survives the way through an address.
import { describe, expect, it } from 'vitest';
import { rangesOf, rangesText, sayRange, type Range } from '../src/shared/ranges';

describe('ranges in an address', () => {
  const cases: [string, Range[]][] = [
    ['monetary>=100<200.5', [{ name: 'monetary', from: 100, below: 200.5 }]],
    ['近90天消费金额>-3<=1e-7;recency_days>=0', [{ name: '近90天消费金额', above: -3, up_to: 1e-7 }, { name: 'recency_days', from: 0 }]],
    ['orders?', [{ name: 'orders', unknown: true }]],
    ['orders', [{ name: 'orders' }]],
    ['recency_days?|orders|金额;spend>3', [{ name: 'recency_days', unknown: true, or: ['orders', '金额'] }, { name: 'spend', above: 3 }]],
  ];
  it.each(cases)('%s', (text, ranges) => {
    expect(rangesOf(text)).toEqual(ranges);
    expect(rangesText(ranges)).toBe(text);
  });
  it('come back as they were, to the last digit', () => {
    const one: Range = { name: 'score', from: 47.916666666666664, below: 1.7976931348623157e308 };
    expect(rangesOf(rangesText([one]))).toEqual([one]);
  });
  it('are none where there is none', () => {
    expect(rangesOf(undefined)).toEqual([]);
    expect(rangesOf('<3')).toEqual([]);
    expect(rangesText([null, undefined])).toBe('');
  });
  it('are said in words', () => {
    const plain = (value: number) => String(value);
    expect(sayRange({ name: 'm', from: 1, below: 2 }, '消费', 'zh', plain)).toBe('消费 ≥ 1 且 < 2');
    expect(sayRange({ name: 'm', above: 1, up_to: 2 }, 'Spend', 'en', plain)).toBe('Spend > 1 and ≤ 2');
    expect(sayRange({ name: 'm', unknown: true }, 'Spend', 'en', plain)).toBe('Spend has no value');
    expect(sayRange({ name: 'm' }, '消费', 'zh', plain)).toBe('消费有值');
    expect(sayRange({ name: 'm', unknown: true, or: ['o'] }, '最近', 'zh', plain, ['次数'])).toBe('最近或次数没有值');
    expect(sayRange({ name: 'm', unknown: true, or: ['o'] }, 'Recency', 'en', plain)).toBe('Recency or o has no value');
  });
});
