// Rules that exclude each other: the order in which they count, and what is left when one is taken out.
import { describe, expect, it, vi } from 'vitest';
import type { RuleSet } from '../src/shared/api/document';

vi.mock('antd', () => ({}));
vi.mock('@ant-design/icons', () => ({}));
vi.mock('../src/shared/condition/ConditionBuilder', () => ({ ConditionBuilder: () => null }));
vi.mock('../src/shared/rules/RemoveRule', () => ({ RemoveRule: () => null }));
vi.mock('../src/shared/rules/RuleEffect', () => ({ RuleEffect: () => null }));
vi.mock('../src/shared/rules/RuleFindings', () => ({ RuleFindings: () => null }));
vi.mock('../src/shared/rules/TryPanel', () => ({ TryPanel: () => null }));
vi.mock('../src/shared/rules/useRuleLook', () => ({ useRuleLook: () => null }));
vi.mock('../src/shared/ui/page', () => ({ Panel: () => null }));
vi.mock('../src/shared/ui/parts', () => ({ AskName: () => null, TextFields: () => null }));
const { inOrder, swapped, withoutRule } = await import('../src/features/rule-sets/RuleSetEditor');

const set: RuleSet = { hit: 'sum', rules: { tiny: { when: 'a', then: 1 }, small: { when: 'b', then: 10, priority: 1, excludes: ['tiny'] }, big: { when: 'c', then: 100, priority: 2, excludes: ['small', 'tiny'] } } };

describe('a rule set', () => {
  it('counts by priority, then as it is written', () => {
    expect(inOrder(set.rules)).toEqual(['big', 'small', 'tiny']);
    expect(inOrder({ a: { when: 'a', then: 1 }, b: { when: 'b', then: 1 } })).toEqual(['a', 'b']);
  });

  it('changes places with its neighbour, and the others stay where they are', () => {
    const rules = { a: { when: 'a', then: 1 }, b: { when: 'b', then: 2 }, c: { when: 'c', then: 3 } };
    expect(Object.entries(swapped(rules, 'c', 'a')).map(([key, rule]) => `${key}${rule.then}`)).toEqual(['c3', 'b2', 'a1']);
  });

  it('leaves no rule that excludes one that is gone', () => {
    const next = withoutRule(set, 'tiny');
    expect(Object.keys(next.rules)).toEqual(['small', 'big']);
    expect(next.rules.small).toEqual({ when: 'b', then: 10, priority: 1 });
    expect(next.rules.big!.excludes).toEqual(['small']);
  });
});
