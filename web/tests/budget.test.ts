// What a person waits for, in gzip bytes of the built page. `npm run build` first.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const dist = join(import.meta.dirname, '../dist');
const manifest = join(dist, '.vite/manifest.json');
interface Chunk { file: string; imports?: string[]; css?: string[]; isEntry?: boolean; dynamicImports?: string[] }
const KB = 1000;

describe.skipIf(!existsSync(manifest))('the built page', () => {
  const chunks: Record<string, Chunk> = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  const gzip = (file: string) => gzipSync(readFileSync(join(dist, file))).length;
  const weigh = (names: string[]) => {
    const files = new Set<string>();
    const visit = (name: string) => {
      const chunk = chunks[name];
      if (!chunk || files.has(chunk.file)) return;
      files.add(chunk.file);
      for (const css of chunk.css ?? []) files.add(css);
      for (const next of chunk.imports ?? []) visit(next);
    };
    names.forEach(visit);
    return [...files].reduce((sum, file) => sum + gzip(file), 0);
  };
  const entry = Object.keys(chunks).find((name) => chunks[name]!.isEntry)!;
  const own = (names: string[]) => weigh([entry, ...names]) - weigh([entry]);
  const screens = chunks[entry]?.dynamicImports ?? [];

  it.each([`src/features/${'home'}/index.tsx`, 'src/features/setup/SignIn.tsx'])('opens %s with at most 400 kB', (screen) => {
    expect(chunks[screen], screen).toBeDefined();
    const bytes = weigh([entry, screen]);
    console.log(`${screen}: ${Math.round(bytes / KB)} kB`);
    expect(bytes).toBeLessThanOrEqual(400 * KB);
  });

  it.each(screens)('adds at most 400 kB for %s', (screen) => {
    expect(own([screen])).toBeLessThanOrEqual(400 * KB);
  });

  it('is at most 6 MB in the binary, carries no address of another host', () => {
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((name) => join(dist, name)).filter((path) => statSync(path).isFile());
    expect(files.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(6e6);
    expect(readFileSync(join(dist, 'index.html'), 'utf8')).not.toMatch(/https?:\/\//);
  });
});
