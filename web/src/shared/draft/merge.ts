// Two people changed one draft at the same time: what each of them changed since it was read, put together.
import type { Path } from './path';

/** Something that is not the same in both: changed by one of them, or by both in different ways. */
export interface Difference { path: Path; by: 'mine' | 'theirs' | 'both'; base: unknown; mine: unknown; theirs: unknown }
export type Side = 'mine' | 'theirs';

type Plain = Record<string, unknown>;
const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The order of names counts: levels and layers are in order. */
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
/** The names of one, and those that only the other has behind whatever they stand behind there. */
function keysOf(one: Plain, other: Plain): string[] {
  const keys = Object.keys(one);
  let behind = -1;
  for (const key of Object.keys(other)) {
    const at = keys.indexOf(key);
    behind = at < 0 ? behind + 1 : at;
    if (at < 0) keys.splice(behind, 0, key);
  }
  return keys;
}
const inOrderOf = (one: unknown, other: Plain) => { const keys = isPlain(one) ? Object.keys(one).filter((key) => key in other) : []; return same(keys, Object.keys(other).filter((key) => keys.includes(key))); };

/** Where the two differ, as deep as both have something there. */
export function differences(base: unknown, mine: unknown, theirs: unknown, path: Path = []): Difference[] {
  if (same(mine, theirs)) return [];
  if (isPlain(mine) && isPlain(theirs)) return keysOf(theirs, mine).flatMap((key) => differences(isPlain(base) ? base[key] : undefined, mine[key], theirs[key], [...path, key]));
  return [{ path, by: same(base, theirs) ? 'mine' : same(base, mine) ? 'theirs' : 'both', base, mine, theirs }];
}

/** Both put together; `choose` says whose counts where both changed the same thing. */
export function merged(base: unknown, mine: unknown, theirs: unknown, choose: (path: Path) => Side, path: Path = []): unknown {
  if (same(mine, theirs)) return theirs;
  if (isPlain(mine) && isPlain(theirs)) {
    const keys = inOrderOf(base, theirs) ? keysOf(mine, theirs) : keysOf(theirs, mine);
    const entries = keys.map((key) => [key, merged(isPlain(base) ? base[key] : undefined, mine[key], theirs[key], choose, [...path, key])] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  if (same(base, mine)) return theirs;
  if (same(base, theirs)) return mine;
  return choose(path) === 'mine' ? mine : theirs;
}
