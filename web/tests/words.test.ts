// Both languages are complete, and no screen says anything that is not a word.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && name !== 'shared/api/schema.d.ts');
const CJK = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;

/** Without comments and without the lines that are pairs of words. */
function code(text: string) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '').replace(/= words\([\s\S]*?\n\}\);/g, '');
}

/** The pairs as they stand in the sources; importing every screen would take the whole page along. */
const places = files.flatMap((file): [string, Record<string, [string, string]>][] => {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/= words\('([\w-]+)', (\{[\s\S]*?\n\})\);/g)].map((match) => [match[1]!, new Function(`return ${match[2]}`)()]);
});

describe('words', () => {
  it('are found, and each place once', () => {
    expect(places.length).toBeGreaterThan(30);
    expect(new Set(places.map(([place]) => place)).size).toBe(places.length);
  });

  it.each(places)('of %s are there in both languages with the same values', (_, own) => {
    for (const [key, [zh, en]] of Object.entries(own)) {
      expect(zh.trim(), key).not.toBe('');
      expect(en.trim(), key).not.toBe('');
      if (key !== 'language' && key !== 'other') expect(CJK.test(en), `${key}: ${en}`).toBe(false);
      const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
      expect(values(en), key).toEqual(values(zh));
    }
  });

  it.each(files.filter((name) => name.endsWith('.tsx')))('%s has no Chinese outside its words', (name) => {
    const found = code(readFileSync(join(src, name), 'utf8')).split('\n').filter((line) => CJK.test(line) && !/title: \{ zh: /.test(line));
    expect(found).toEqual([]);
  });

  it.each(files)('%s is one word long', (name) => {
    expect(readFileSync(join(src, name), 'utf8').split('\n').length).toBeLessThanOrEqual(300);
  });
});
