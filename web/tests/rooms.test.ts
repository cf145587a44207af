// shared <- features <- app: a screen does not know another screen, and nothing comes from outside the host.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'));

it.each(files)('%s sees only what it may', (name) => {
  const text = readFileSync(join(src, name), 'utf8');
  const [room, feature] = name.split('/');
  for (const match of text.matchAll(/from '(\.[^']*)'|import\('(\.[^']*)'\)/g)) {
    const target = relative(src, join(src, dirname(name), match[1] ?? match[2]!)).split('/');
    if (room === 'shared') expect(target[0], match[0]).toBe('shared');
    if (room === 'features') {
      expect(['shared', 'features'], match[0]).toContain(target[0]);
      if (target[0] === 'features') expect(target[1], match[0]).toBe(feature);
    }
  }
  expect(text).not.toMatch(/https?:\/\/(?!localhost)/);
  expect(text).not.toMatch(/dangerouslySetInnerHTML|\beval\(|new Function\(/);
});
