export type Path = readonly (string | number)[];

export function get(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** A copy with the value at the path; `undefined` removes the key. What did not change is shared. */
export function set<T>(value: T, path: Path, next: unknown): T {
  if (path.length === 0) return next as T;
  const [key, ...rest] = path as [string | number, ...(string | number)[]];
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    if (rest.length === 0 && next === undefined) copy.splice(Number(key), 1);
    else copy[Number(key)] = set(copy[Number(key)], rest, next);
    return copy as T;
  }
  const copy: Record<string, unknown> = { ...((value ?? {}) as Record<string, unknown>) };
  if (rest.length === 0 && next === undefined) delete copy[key];
  else copy[key] = set(copy[key], rest, next);
  return copy as T;
}

/** Gives a key another name in the same place. */
export function renameKey<T>(record: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key === from ? to : key, value]));
}

export function moveKey<T>(record: Record<string, T>, key: string, by: number): Record<string, T> {
  const entries = Object.entries(record);
  const at = entries.findIndex(([name]) => name === key);
  const to = at + by;
  if (at < 0 || to < 0 || to >= entries.length) return record;
  const [entry] = entries.splice(at, 1);
  entries.splice(to, 0, entry!);
  return Object.fromEntries(entries);
}
