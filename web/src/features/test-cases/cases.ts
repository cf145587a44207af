// Test cases of the model: who the customer is, what shall come out, and how both are filled in.
import type { EventLine, Profile } from '../../shared/api/contract';
import type { Expected, ModelDocument, Scalar, TestCase } from '../../shared/api/document';
import type { CaseResult } from '../../shared/api/later';
import { rulesOf } from '../../shared/catalogue';
import { outcomeOf } from '../../shared/sheet/notation';

export type Kind = 'tiers' | 'outcomes' | 'scores' | 'segments' | 'indicators' | 'groupings';
export const KINDS: Kind[] = ['tiers', 'scores', 'outcomes', 'segments', 'indicators', 'groupings'];
/** One thing that a case expects, as a text; nothing is that there is nothing. */
export interface Line { kind: Kind; name: string; value: string | null; parts?: number }

/** No score comes to this, so that a run tells what it does come to. */
const NEVER = -987_654_321;

export function linesOf(expect: Expected): Line[] {
  return KINDS.flatMap((kind) => Object.entries((expect[kind] ?? {}) as Record<string, unknown>).map(([name, value]): Line => {
    if (kind !== 'scores') return { kind, name, value: value === null || value === undefined ? null : String(value) };
    const own = (value && typeof value === 'object' ? value : { score: value }) as { score?: unknown; points?: object };
    return { kind, name, value: own.score === undefined || own.score === null ? null : String(own.score), parts: Object.keys(own.points ?? {}).length };
  }));
}

/** What was typed, as the document holds it. */
export function valueOf(kind: Kind, text: string | null): Scalar {
  if (text === null || text.trim() === '') return null;
  const given = outcomeOf(text.trim());
  if (kind === 'segments') return given === true || given === false ? given : null;
  if (kind === 'tiers' || kind === 'groupings') return text.trim();
  return given !== null && typeof given === 'object' ? text.trim() : given;
}

export function withLine(expect: Expected, kind: Kind, name: string, text: string | null): Expected {
  const value = valueOf(kind, text);
  if (kind !== 'scores') return { ...expect, [kind]: { ...expect[kind], [name]: value } };
  // Points of attributes that somebody wrote stay.
  const before = expect.scores?.[name];
  const kept = before && typeof before === 'object' ? before : {};
  return { ...expect, scores: { ...expect.scores, [name]: { ...kept, score: value as number | string | null } } };
}

export function withoutLine(expect: Expected, kind: Kind, name: string): Expected {
  const left = Object.fromEntries(Object.entries((expect[kind] ?? {}) as object).filter(([own]) => own !== name));
  const { [kind]: _, ...rest } = expect;
  return Object.keys(left).length > 0 ? { ...rest, [kind]: left } : rest;
}

/** Everything that can be expected of this model. */
export function expectable(document: ModelDocument): { kind: Kind; name: string }[] {
  const of = (kind: Kind, record: object | undefined) => Object.keys(record ?? {}).map((name) => ({ kind, name }));
  return [...of('tiers', document.tiers), ...of('scores', document.scorecards), ...rulesOf(document).map(({ name }) => ({ kind: 'outcomes' as const, name })), ...of('segments', document.segments), ...of('indicators', document.indicators), ...of('groupings', document.groupings)];
}

/** The same customer, expecting nothing that is so: a run then says what is. */
export function asking(one: TestCase, lines: { kind: Kind; name: string }[]): TestCase {
  let expect: Expected = {};
  for (const { kind, name } of lines) expect = withLine(expect, kind, name, kind === 'scores' ? String(NEVER) : null);
  return { ...one, expect };
}

/** What a run of `asking` told, as expectations. */
export function answered(one: TestCase, asked: { kind: Kind; name: string }[], result: CaseResult): TestCase {
  const got = new Map(result.differences.map((one) => [one.path, one.got ?? null]));
  let expect = one.expect;
  for (const { kind, name } of asked) {
    const path = `expect.${kind}.${name}${kind === 'scores' ? '.score' : ''}`;
    // A score that is no number of its own is not expected.
    if (kind === 'scores' && !got.has(path)) continue;
    expect = withLine(expect, kind, name, got.get(path) ?? null);
  }
  return { ...one, expect };
}

/** What comes first to mind of a customer: their tiers and what the rules give. */
export function usual(document: ModelDocument): { kind: Kind; name: string }[] {
  return expectable(document).filter((one) => one.kind === 'tiers' || one.kind === 'outcomes');
}

/** Whoever is as this customer is now: their indicators, as far as they are known. */
export function inputsOf(profile: Profile, document: ModelDocument): Record<string, Scalar> {
  const of = profile.values.filter((value) => value.kind === 'indicator' && value.name in (document.indicators ?? {}));
  return Object.fromEntries(of.filter((value) => value.value != null).map((value) => [value.name, outcomeOf(value.value!) as Scalar]));
}

/** What happened to a customer, as a case writes it; the oldest first. */
export function eventsOf(lines: EventLine[]): Record<string, Scalar>[] {
  const plain = (value: string | null | undefined) => (value == null ? undefined : (outcomeOf(value) as Scalar));
  return lines.filter((line) => !line.retracted).map((line): Record<string, Scalar> => Object.fromEntries(Object.entries({ time: line.time, kind: line.kind, order_id: line.order ?? undefined, amount: plain(line.amount), currency: line.currency ?? undefined, quantity: plain(line.quantity), ...line.fields }).filter(([, value]) => value !== undefined)) as Record<string, Scalar>).reverse();
}
