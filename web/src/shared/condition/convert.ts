// The model's condition tree <-> the query builder's tree, lossless both ways: what a page draws and
// what git holds are the same condition. tests/condition.test.ts holds it.
import type { RuleGroupType, RuleType } from 'react-querybuilder';
import type { Condition, ConditionNode } from '../api/document';

/** Fields that are no indicator; indicators have their own names. */
export const FIELD = {
  sql: '$sql', behaviour: '$behaviour', sequence: '$sequence', segment: '$segment', list: '$list', tier: '$tier', other: '$other',
} as const;

export type Comparison = 'at_least' | 'at_most' | 'more_than' | 'less_than' | 'equals' | 'one_of' | 'known';
const COMPARISONS: Comparison[] = ['at_least', 'at_most', 'more_than', 'less_than', 'equals', 'one_of', 'known'];

/**
 * `wrapped`: the condition was a single leaf, or a leaf under `not`, not a list of one.
 * `unsaid`: there was no condition at all, which is not the same as an empty list.
 */
type Group = RuleGroupType & { wrapped?: boolean; unsaid?: boolean };
type Rule = RuleType & { written?: 'text' | 'node' };

let last = 0;
const id = () => `c${(last += 1)}`;

export function toGroup(condition: Condition | undefined): RuleGroupType {
  if (condition === undefined) return { id: id(), combinator: 'and', rules: [], unsaid: true } as Group;
  const drawn = draw(condition);
  if ('rules' in drawn) return drawn;
  return { id: id(), combinator: 'and', rules: [drawn], wrapped: true } as Group;
}

function draw(condition: Condition): RuleType | RuleGroupType {
  if (typeof condition === 'string') return rule(FIELD.sql, 'sql', condition, { written: 'text' });
  const keys = Object.keys(condition) as (keyof ConditionNode)[];
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only === 'all' || only === 'any') {
    return { id: id(), combinator: only === 'all' ? 'and' : 'or', rules: condition[only]!.map(draw) };
  }
  if (only === 'not') {
    const inner = draw(condition.not!);
    if ('rules' in inner && !inner.not) return { ...inner, not: true };
    return { id: id(), combinator: 'and', not: true, rules: [inner], wrapped: true } as Group;
  }
  if (only === 'sql') return rule(FIELD.sql, 'sql', condition.sql, { written: 'node' });
  if (only === 'did' || only === 'did_not') return rule(FIELD.behaviour, only, condition[only]);
  if (only === 'sequence') return rule(FIELD.sequence, 'sequence', condition.sequence);
  if (only === 'in_segment') return rule(FIELD.segment, 'in', condition.in_segment);
  if (only === 'in_list') return rule(FIELD.list, 'in', condition.in_list);
  if (only === 'tier') return rule(FIELD.tier, 'tier', condition.tier);
  if (typeof condition.value === 'string' && !condition.value.startsWith('$')) {
    const compared = keys.filter((key) => key !== 'value');
    if (compared.length >= 1 && compared.every((key) => COMPARISONS.includes(key as Comparison))) {
      const [first] = compared;
      if (compared.length === 1) return rule(condition.value, first!, condition[first!]);
      const { value: _, ...limits } = condition;
      return rule(condition.value, 'range', limits);
    }
  }
  // Nothing that was written is lost, even what this page cannot draw.
  return rule(FIELD.other, 'json', condition);
}

function rule(field: string, operator: string, value: unknown, more: Partial<Rule> = {}): Rule {
  return { id: id(), field, operator, value, ...more };
}

/** `undefined` where nothing was said. */
export function toCondition(group: RuleGroupType): Condition | undefined {
  const { wrapped, unsaid } = group as Group;
  const rules = group.rules as (RuleType | RuleGroupType)[];
  if (wrapped && rules.length === 1) {
    const inner = written(rules[0]!);
    return group.not ? { not: inner } : inner;
  }
  if (unsaid && rules.length === 0 && !group.not) return undefined;
  return written(group);
}

function written(part: RuleType | RuleGroupType): Condition {
  if ('rules' in part) {
    const { wrapped } = part as Group;
    const parts = (part.rules as (RuleType | RuleGroupType)[]).map(written);
    if (wrapped && parts.length === 1) return part.not ? { not: parts[0]! } : parts[0]!;
    const node: ConditionNode = part.combinator === 'or' ? { any: parts } : { all: parts };
    return part.not ? { not: node } : node;
  }
  const { field, operator, value } = part as Rule;
  switch (field) {
    case FIELD.sql:
      return (part as Rule).written === 'node' ? { sql: value as string } : (value as string);
    case FIELD.behaviour:
      return operator === 'did_not' ? { did_not: value } : { did: value };
    case FIELD.sequence:
      return { sequence: value };
    case FIELD.segment:
      // "Is not in" is drawn as one line; the document has `not`.
      return operator === 'not_in' ? { not: { in_segment: value } } : { in_segment: value };
    case FIELD.list:
      return { in_list: value };
    case FIELD.tier:
      return { tier: value };
    case FIELD.other:
      return value as Condition;
    default:
      return operator === 'range' ? { value: field, ...(value as ConditionNode) } : { value: field, [operator]: value };
  }
}
