// @vitest-environment jsdom
// Test cases: what is typed, taken from a customer or told by a run is what the document holds.
import { describe, expect, it } from 'vitest';
import { answered, asking, eventsOf, expectable, inputsOf, linesOf, usual, valueOf, withLine, withoutLine } from '../src/features/test-cases/cases';
import { eventMarks } from '../src/features/test-cases/EventsSheet';
import type { ModelDocument, TestCase } from '../src/shared/api/document';

const document: ModelDocument = {
  gradus: 1,
  indicators: { orders: { kind: 'orders' }, city: { kind: 'last', of: 'city' } },
  scorecards: { value: {} },
  decision_tables: { deal: { outputs: { rate: {}, gift: {} }, rows: [] } },
  decision_trees: { risk: { branches: [] } },
  flows: { review: { steps: { base: { use: 'risk' } } } },
  tiers: { member: { levels: { gold: {} } } },
  segments: { loyal: { base: 'everyone', where: 'orders > 1' } },
};
const one: TestCase = { inputs: { orders: 3 }, expect: { tiers: { member: null }, segments: { loyal: true }, scores: { value: { score: 40, points: { a: 1 } } }, outcomes: { risk: 'low' } } };

describe('what a case expects', () => {
  it('is listed in the words of the page', () => {
    expect(linesOf(one.expect)).toEqual([
      { kind: 'tiers', name: 'member', value: null }, { kind: 'scores', name: 'value', value: '40', parts: 1 }, { kind: 'outcomes', name: 'risk', value: 'low' }, { kind: 'segments', name: 'loyal', value: 'true' },
    ]);
  });

  it('has the type of what it is about', () => {
    expect([valueOf('outcomes', '5'), valueOf('outcomes', 'low'), valueOf('outcomes', ''), valueOf('segments', 'false'), valueOf('tiers', '5'), valueOf('scores', '1,000.5')]).toEqual([5, 'low', null, false, '5', 1000.5]);
  });

  it('keeps the points of lines when the score changes, and goes without a trace', () => {
    expect(withLine(one.expect, 'scores', 'value', '60').scores).toEqual({ value: { score: 60, points: { a: 1 } } });
    expect('tiers' in withoutLine(one.expect, 'tiers', 'member')).toBe(false);
  });

  it('may be anything that the model gives', () => {
    expect(expectable(document).map((own) => `${own.kind}.${own.name}`)).toEqual(['tiers.member', 'scores.value', 'outcomes.deal_rate', 'outcomes.deal_gift', 'outcomes.risk', 'outcomes.review_base', 'outcomes.review', 'segments.loyal', 'indicators.orders', 'indicators.city']);
    expect(usual(document).every((own) => own.kind === 'tiers' || own.kind === 'outcomes')).toBe(true);
  });
});

describe('filling in', () => {
  const asked = [{ kind: 'tiers', name: 'member' }, { kind: 'scores', name: 'value' }, { kind: 'outcomes', name: 'risk' }, { kind: 'segments', name: 'loyal' }] as const;
  it('asks the rules by expecting what is never so, and takes their answer', () => {
    const question = asking(one, [...asked]);
    expect(question.inputs).toEqual(one.inputs);
    expect(question.expect.tiers).toEqual({ member: null });
    const zh = { zh: '', en: '' };
    const difference = (path: string, got: string | null) => ({ path, title: zh, expected: null, got, why: [] });
    const result = { name: 'x', title: zh, as_of: '', passed: false, differences: [difference('expect.tiers.member', 'gold'), difference('expect.scores.value.score', '62.5'), difference('expect.segments.loyal', 'true')] };
    // The tree gave nothing, as was expected of it.
    expect(answered(one, [...asked], result).expect).toEqual({ tiers: { member: 'gold' }, scores: { value: { score: 62.5, points: { a: 1 } } }, outcomes: { risk: null }, segments: { loyal: true } });
  });

  it('takes the indicators of a customer that the draft has, and nothing that says who it is', () => {
    const value = (name: string, kind: string, own: string | null) => ({ name, kind, title: { zh: '', en: '' }, value: own });
    const profile = { customer: '7', label: 'L**', identities: [], as_of: '', run: '', values: [value('orders', 'indicator', '3'), value('city', 'indicator', 'Rome'), value('gone', 'indicator', '1'), value('member', 'tier', 'gold')] };
    expect(inputsOf(profile, document)).toEqual({ orders: 3, city: 'Rome' });
    expect(inputsOf({ ...profile, values: [value('orders', 'indicator', null)] }, document)).toEqual({});
  });

  it('takes what happened, the oldest first, without what was taken back', () => {
    const lines = [{ time: '2024-02-01', kind: 'order_line', order: 'B', amount: '5.50', currency: 'EUR', fields: { city: 'Rome', spend: 'true' } }, { time: '2024-01-15', kind: 'order_line', retracted: true }, { time: '2024-01-01', kind: 'visit' }];
    expect(eventsOf(lines)).toEqual([{ time: '2024-01-01', kind: 'visit' }, { time: '2024-02-01', kind: 'order_line', order_id: 'B', amount: 5.5, currency: 'EUR', city: 'Rome', spend: 'true' }]);
  });
});

describe('what is said of an event', () => {
  const finding = (path: string, en: string) => ({ code: 'test-field', severity: 'error' as const, path, message: { zh: en, en }, hint: null });

  it('stands where the event stands, in its cell where it is of one', () => {
    const marks = eventMarks([finding('tests.a.events[2].amount', 'no number'), finding('tests.a.events[2]', 'no kind'), finding('tests.a.as_of', 'no day')] as never, ['time', 'kind', 'amount'], 'en');
    expect([...marks]).toEqual([[2, [{ severity: 'error', text: 'no number', column: 2 }, { severity: 'error', text: 'no kind', column: undefined }]]]);
  });
});
