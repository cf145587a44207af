import type { ModelDocument, Text } from '../api/document';

export interface Use { kind: 'indicator' | 'scorecard' | 'rule' | 'table' | 'tier' | 'segment' | 'grouping'; name: string; title?: Text }

/** Where a name occurs in the document. Formulas are read word by word, so this may name one too many but none too few. */
export function usesOf(document: ModelDocument, name: string): Use[] {
  const says = (value: unknown): boolean => {
    if (typeof value === 'string') return words(value).includes(name);
    if (Array.isArray(value)) return value.some(says);
    if (value && typeof value === 'object') return Object.entries(value).some(([key, one]) => key !== 'title' && key !== 'description' && says(one));
    return false;
  };
  const among = (kind: Use['kind'], record: Record<string, { title?: Text }> | undefined): Use[] =>
    Object.entries(record ?? {}).filter(([own, one]) => !(kind === 'indicator' && own === name) && says(one)).map(([own, one]) => ({ kind, name: own, title: one.title }));
  return [
    ...among('indicator', document.indicators), ...among('scorecard', document.scorecards), ...among('rule', document.rule_sets), ...among('table', document.decision_tables).filter((use) => use.name !== name),
    ...among('tier', document.tiers), ...among('segment', document.segments), ...among('grouping', document.groupings),
  ];
}

function words(text: string): string[] {
  return text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
}
