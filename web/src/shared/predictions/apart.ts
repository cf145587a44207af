// Titles are people's words, and two things may have the same: then the name, which is never the same, stands beside.
import type { Both } from '../api/figures';
import type { Lang } from '../api/contract';

export function titledApart<One extends { name: string; title: Both }>(all: readonly One[], lang: Lang): (one: One) => string {
  const times = new Map<string, number>();
  for (const one of all) times.set(one.title[lang], (times.get(one.title[lang]) ?? 0) + 1);
  return (one) => ((times.get(one.title[lang]) ?? 0) > 1 ? `${one.title[lang]} (${one.name})` : one.title[lang]);
}
