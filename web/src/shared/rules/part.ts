// Rules that a file of another program brings, put into the draft.
import type { ModelDocument, Text } from '../api/document';

/** The sections of a document that a file may bring. */
export const SECTIONS = ['scorecards', 'decision_tables', 'cross_tables', 'decision_trees', 'flows', 'rule_sets', 'indicators'] as const;
export type Section = (typeof SECTIONS)[number];
export interface Brought { section: Section; name: string; title?: Text; isTaken: boolean }

/** What a file brings, and whether the draft has something of that name in that place. */
export function broughtBy(part: ModelDocument, into: ModelDocument): Brought[] {
  return SECTIONS.flatMap((section) => Object.entries((part[section] ?? {}) as Record<string, { title?: Text }>).map(([name, one]) => ({ section, name, title: one.title, isTaken: name in (into[section] ?? {}) })));
}

/** The draft with what was chosen; `stand` says what a name of the file stands for here. */
export function merged(into: ModelDocument, part: ModelDocument, chosen: (one: Brought) => boolean, stand: Record<string, string>): ModelDocument {
  const next: Record<string, unknown> = { ...into };
  for (const one of broughtBy(part, into).filter(chosen)) {
    next[one.section] = { ...(next[one.section] as object | undefined), [one.name]: (part[one.section] as Record<string, unknown>)[one.name] };
  }
  const formulas = Object.entries(stand).filter(([, of]) => of).map(([name, of]) => [name, { kind: 'formula', of }]);
  if (formulas.length > 0) next.indicators = { ...(next.indicators as object | undefined), ...Object.fromEntries(formulas) };
  return next as unknown as ModelDocument;
}
