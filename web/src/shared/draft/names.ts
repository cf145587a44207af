import type { ModelDocument } from '../api/document';
import { predictedOf, rulesOf } from '../catalogue';

/** Every name that something of the model has: formulas read them all alike, so none may be given twice. */
export function namesOf(document: ModelDocument | null | undefined): string[] {
  if (!document) return [];
  const { indicators, scorecards, tiers, segments, groupings, decision_tables: tables } = document;
  return [...[indicators, scorecards, tiers, segments, groupings, tables].flatMap((record) => Object.keys(record ?? {})), ...rulesOf(document).map((one) => one.name), ...predictedOf(document).map((one) => one.name)];
}
