// The words of the model, and what formulas may name beside it. The document gives its own words; columns,
// kinds and functions come from the server.
import { useMemo } from 'react';
import type { Indicator, ModelDocument, Text } from './api/document';
import type { ApiError } from './api/error';
import { isThere, useRead } from './api/hooks';
import { useDraftState } from './draft/store';
import { kindTitle } from './condition/kinds';
import { day } from './format/date';
import { textOf } from './i18n/language';
import { words } from './i18n/words';
import { columnsOf, type Predicted } from './predictions/kinds';
import { useSession } from './session';

export interface Named { name: string; title?: Text | null }
export interface Catalogue {
  columns: (Named & { type: string })[];
  kinds: Named[];
  functions: { name: string; signature: string; title: { zh: string; en: string } }[];
  indicators: (Named & { type: string; unit?: Text })[];
  scores: Named[];
  /** The columns of predictions: of each its own, then what it gives beside. */
  predictions: Predicted[];
  /** What tables, trees, flows and rule sets give. */
  rules: Named[];
  tiers: (Named & { levels: Named[] })[];
  segments: Named[];
  groupings: Named[];
  lists: Named[];
}

const named = (record: Record<string, { title?: Text }> | undefined): Named[] => Object.entries(record ?? {}).map(([name, one]) => ({ name, title: one.title ?? name }));

function typeOf(one: Indicator, columns: Catalogue['columns']): string {
  if (one.kind === 'most_frequent') return 'text';
  if (!['first', 'last', 'min', 'max'].includes(one.kind)) return 'decimal';
  return columns.find((column) => column.name === one.of)?.type ?? 'decimal';
}

/** Everything that a rule gives, by the name under which other rules read it. */
export function rulesOf(document: ModelDocument): Named[] {
  const tables = Object.entries(document.decision_tables ?? {}).flatMap(([name, one]) => {
    const outputs = Object.entries(one.outputs ?? {});
    if (outputs.length < 2) return [{ name, title: one.title ?? name }];
    return outputs.map(([key, own]) => ({ name: `${name}_${key}`, title: joined(one.title ?? name, own?.title ?? key) }));
  });
  const flows = Object.entries(document.flows ?? {}).flatMap(([name, one]) => [
    ...Object.entries(one.steps ?? {}).map(([key, step]) => ({ name: `${name}_${key}`, title: joined(one.title ?? name, step?.title ?? key) })),
    { name, title: one.title ?? name },
  ]);
  return [...named(document.rule_sets), ...tables, ...named(document.cross_tables), ...named(document.decision_trees), ...flows];
}
const joined = (one: Text, other: Text): Text => ({ zh: `${textOf(one, '', 'zh')} · ${textOf(other, '', 'zh')}`, en: `${textOf(one, '', 'en')} · ${textOf(other, '', 'en')}` });

export const predictedOf = (document: ModelDocument): Predicted[] => Object.entries(document.predictions ?? {}).flatMap(([name, one]) => columnsOf(name, one));

/** Everything of a customer that is a number, a word or a mark: what conditions, formulas and columns may name. */
export function valuesOf(catalogue: Catalogue | undefined): (Named & { type?: string })[] {
  return catalogue ? [...catalogue.indicators, ...catalogue.predictions, ...catalogue.scores] : [];
}

/** Whether a name gives words, not numbers. */
export function isWord(catalogue: Catalogue | undefined, name: string): boolean {
  const type = valuesOf(catalogue).find((one) => one.name === name)?.type;
  return type === 'text' || type === 'category';
}

export function catalogueOf(document: ModelDocument, words: Pick<Catalogue, 'columns' | 'functions' | 'kinds'> & { lists: string[] } = { columns: [], kinds: [], functions: [], lists: [] }): Catalogue {
  return {
    columns: words.columns, functions: words.functions,
    kinds: words.kinds.map(({ name }) => ({ name, title: kindTitle(name) })),
    indicators: Object.entries(document.indicators ?? {}).map(([name, one]) => ({ name, title: one.title ?? name, type: typeOf(one, words.columns), unit: one.unit })),
    scores: named(document.scorecards),
    predictions: predictedOf(document),
    rules: rulesOf(document),
    tiers: Object.entries(document.tiers ?? {}).map(([name, one]) => ({ name, title: one.title ?? name, levels: named(one.levels) })),
    segments: named(document.segments),
    groupings: named(document.groupings),
    lists: [...new Set([...(words.lists ?? []), ...listsIn(document)])].map((name) => ({ name })),
  };
}

/** Lists that the model speaks of: those of a column of a file are known by nothing else. */
function listsIn(document: ModelDocument): string[] {
  const found = JSON.stringify(document).matchAll(/"in_list":("(?:[^"\\]|\\.)*")/g);
  return Array.from(found, ([, name]) => JSON.parse(name!) as string);
}

/** The model that grades: the published version, or what stands in the folder as long as none was published. */
export function useModelInForce(): ModelDocument | undefined {
  const versions = useRead('/model/versions', {}, { staleTime: 30_000 }).data?.items;
  const published = versions?.find((one) => one.state === 'published')?.version;
  const version = useRead('/model/versions/{version}', { path: { version: published ?? 0 } }, { enabled: published !== undefined, staleTime: 300_000 }).data;
  const draft = useRead('/model/draft', {}, { enabled: versions !== undefined && published === undefined, staleTime: 30_000 }).data;
  return published === undefined ? draft?.document : version?.document;
}

/** Why there is no model in force to look at, if it could not be read. */
export function useModelTrouble(): ApiError | null {
  const versions = useRead('/model/versions', {}, { staleTime: 30_000 });
  const none = versions.data?.items.every((one) => one.state !== 'published') ?? false;
  const draft = useRead('/model/draft', {}, { enabled: none, staleTime: 30_000 });
  return versions.error ?? draft.error;
}

/** `draft`: as it is being edited. `graded`: as customers were graded. */
export function useCatalogue(of: 'draft' | 'graded' = 'draft'): Catalogue | undefined {
  const edited = useDraftState().document;
  const saved = useRead('/model/draft', {}, { enabled: of === 'draft' && !edited, staleTime: 30_000 }).data?.document;
  const inForce = useModelInForce();
  const vocabulary = useRead('/catalogue', {}, { enabled: isThere('get', '/catalogue'), staleTime: 300_000 }).data;
  const document = of === 'graded' ? inForce : (edited ?? saved);
  return useMemo(() => (document ? catalogueOnce(document, vocabulary) : undefined), [document, vocabulary]);
}

/** Every field on a screen asks for the words of the same document: they are read once. */
const byDocument = new WeakMap<ModelDocument, { words: Parameters<typeof catalogueOf>[1]; catalogue: Catalogue }>();
function catalogueOnce(document: ModelDocument, words: Parameters<typeof catalogueOf>[1]): Catalogue {
  const known = byDocument.get(document);
  if (known && known.words === words) return known.catalogue;
  const catalogue = catalogueOf(document, words);
  byDocument.set(document, { words, catalogue });
  return catalogue;
}

/** As of when figures are, when they were computed, and under which version: of the newest run at that instant. */
export function useFresh(asOf: string | null | undefined): { asOf: string; at?: string | null; version?: number | null } | undefined {
  const runs = useRead('/runs', { query: { limit: 200 } }, { staleTime: 60_000 }).data?.items;
  const zone = useSession()?.workspace.time_zone;
  if (!asOf) return undefined;
  // A run says the instant, a figure the local date whose close it is: they are one day in the workspace's zone only.
  const run = runs?.find((one) => one.finished && day(one.as_of, zone) === day(asOf, zone));
  return { asOf, at: run?.finished, version: run?.version };
}

const useWords = words('people', { cli: ['命令行', 'command line'], system: ['系统', 'system'] });

/** A colleague's name for the account's number that versions, jobs and the audit log keep. */
export function usePeople(): (account: string | null | undefined) => string {
  const say = useWords();
  const people = useRead('/people', {}, { enabled: isThere('get', '/people'), staleTime: 60_000 }).data;
  return (account) => {
    if (!account) return '';
    if (account === 'cli' || account === 'system') return say(account);
    return people?.find((one) => one.id === account)?.name ?? account;
  };
}
