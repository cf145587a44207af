import type { ModelDocument, Text } from '../api/document';
import { columnsOf } from '../predictions/kinds';

export interface Use { kind: 'indicator' | 'prediction' | 'scorecard' | 'rule' | 'table' | 'cross' | 'tree' | 'flow' | 'tier' | 'segment' | 'grouping' | 'test'; name: string; title?: Text }

/** What a column looks at, and what a case gives and expects, may be said by its key alone. */
const BY_KEY = ['inputs', 'indicators', 'scores', 'outcomes', 'tiers', 'segments', 'groupings'];

/** Where a name occurs in the document. Formulas are read word by word, so this may name one too many but none too few. */
export function usesOf(document: ModelDocument, name: string): Use[] {
  const all = [name, ...partsOf(document, name)];
  const says = (value: unknown, keyed = false): boolean => {
    if (typeof value === 'string') return words(value).some((word) => all.includes(word));
    if (Array.isArray(value)) return value.some((one) => says(one));
    if (!value || typeof value !== 'object') return false;
    return Object.entries(value).some(([key, one]) => (keyed && all.includes(key)) || (key !== 'title' && key !== 'description' && says(one, BY_KEY.includes(key))));
  };
  // Nothing is a use of itself; not reading it spares a table of five thousand rows at every letter.
  const among = (kind: Use['kind'], record: Record<string, { title?: Text }> | undefined, isOwn = kind === 'indicator'): Use[] =>
    Object.entries(record ?? {}).filter(([own, one]) => !(isOwn && own === name) && says(one)).map(([own, one]) => ({ kind, name: own, title: one.title }));
  return [
    ...among('indicator', document.indicators), ...among('prediction', document.predictions, true), ...among('scorecard', document.scorecards), ...among('rule', document.rule_sets), ...among('table', document.decision_tables, true),
    ...among('cross', document.cross_tables, true), ...among('tree', document.decision_trees, true), ...among('flow', document.flows, true),
    ...among('tier', document.tiers), ...among('segment', document.segments), ...among('grouping', document.groupings), ...among('test', document.tests),
  ];
}

/** What a table with several outputs gives, the steps of a flow, and what a prediction gives beside its own, are read by names of their own. */
function partsOf(document: ModelDocument, name: string): string[] {
  const outputs = Object.keys(document.decision_tables?.[name]?.outputs ?? {});
  const prediction = document.predictions?.[name];
  const beside = prediction ? columnsOf(name, prediction).slice(1).map((column) => column.name) : [];
  return [...[...(outputs.length > 1 ? outputs : []), ...Object.keys(document.flows?.[name]?.steps ?? {})].map((part) => `${name}_${part}`), ...beside];
}

function words(text: string): string[] {
  return text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? [];
}
