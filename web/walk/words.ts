// What the screens say, read from their sources, so that a walk asks for the very words that people see.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const src = join(import.meta.dirname, '../src');
const places = new Map<string, Record<string, [string, string]>>();
for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))) {
  for (const match of readFileSync(join(src, file), 'utf8').matchAll(/= words\('([\w-]+)', (\{[\s\S]*?\n\})\);|= words\('([\w-]+)', (\{.*\})\);/g)) {
    places.set((match[1] ?? match[3])!, new Function(`return ${match[2] ?? match[4]}`)() as Record<string, [string, string]>);
  }
}

/** `word('tiers.add')` in the language of the walk. */
export function wordsIn(lang: 'zh' | 'en') {
  return (path: string, values: Record<string, string | number> = {}): string => {
    const [place, key] = path.split('.') as [string, string];
    const pair = places.get(place)?.[key];
    if (!pair) throw new Error(`no screen says ${path}`);
    return pair[lang === 'zh' ? 0 : 1].replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ''));
  };
}
