// What the rules of a scheme need of one another, so that every step of editing leaves a document the engine takes.
import type { Benefit, Keep, Level, Text, TierScheme } from '../../shared/api/document';

/** How the levels above the lowest are reached: all of them in the same way. */
export type Reach = 'from' | 'top_percent' | 'quota' | 'quota_percent' | 'grid';

export function reachOf(scheme: TierScheme): Reach {
  if (scheme.grid) return 'grid';
  const above = Object.values(scheme.levels).slice(1);
  if (above.some((level) => level.quota !== undefined)) return 'quota';
  if (above.some((level) => level.quota_percent !== undefined)) return 'quota_percent';
  if (above.some((level) => level.top_percent !== undefined)) return 'top_percent';
  return 'from';
}

/** The same levels, reached in another way; each begins with a number that can be meant. */
export function withReach(levels: Record<string, Level>, reach: Exclude<Reach, 'grid'>): Record<string, Level> {
  const n = Object.keys(levels).length;
  return Object.fromEntries(Object.entries(levels).map(([name, level], index) => {
    const { title, benefits, from } = level;
    const own: Level = { ...(title !== undefined ? { title } : {}), ...(benefits !== undefined ? { benefits } : {}) };
    if (index > 0) {
      // The higher, the fewer.
      const percent = Math.max(1, Math.round(50 / 2 ** (index - 1)));
      if (reach === 'from') own.from = from ?? Math.round((100 * index) / n);
      else if (reach === 'quota') own.quota = 1000 * 2 ** (n - 1 - index);
      else own[reach] = percent;
    }
    return [name, own];
  }));
}

/** True if a decision depends on those before it (crates/model/src/document/tier.rs). */
export function remembers(scheme: TierScheme): boolean {
  return scheme.promote === 'at_once' || scheme.keep !== undefined || (scheme.freeze?.length ?? 0) > 0 || scheme.decide === 'anniversary' || scheme.decide === 'tier_anniversary' || Object.values(scheme.levels).some((level) => level.demote !== undefined);
}

/** A scheme that remembers says from which day on; one that does not has no use for it. Places are settled anew at each
 * review, so what keeps a level goes with them. */
export function settled(scheme: TierScheme, today: string): TierScheme {
  const next = { ...scheme };
  const reach = reachOf(next);
  if (reach === 'quota' || reach === 'quota_percent') {
    delete next.keep;
    delete next.freeze;
    delete next.promote;
    if (next.decide === 'anniversary' || next.decide === 'tier_anniversary') next.decide = 'yearly';
  }
  if (!remembers(next)) delete next.start;
  else next.start ??= yearBefore(today);
  return next;
}

/** The first day of the month a year before. */
export function yearBefore(today: string): string {
  return `${Number(today.slice(0, 4)) - 1}-${today.slice(5, 7)}-01`;
}

/** Rules without an entry are left out of the document. */
export function withKeep(keep: Keep | undefined, change: Keep): Keep | undefined {
  const next = Object.fromEntries(Object.entries({ ...keep, ...change }).filter(([, value]) => value !== undefined && value !== false)) as Keep;
  return Object.keys(next).length ? next : undefined;
}

export const titleOf = (benefit: Benefit): Text => (typeof benefit === 'object' && 'title' in benefit ? benefit.title : (benefit as Text));
/** A benefit that only has a name is written as a text. */
export function written(benefit: { title: Text; key?: string; cost?: number | string | null; per?: string }): Benefit {
  const { title, key, cost, per } = benefit;
  if (key === undefined && (cost === undefined || cost === null)) return title;
  return { title, ...(key !== undefined ? { key } : {}), ...(cost !== undefined && cost !== null ? { cost, ...(per && per !== 'year' ? { per: per as 'month' } : {}) } : {}) };
}
