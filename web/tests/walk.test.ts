// The walk in a browser leaves no screen out: each route of the page is in its list.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fronts, screens } from '../walk/screens';

const router = readFileSync(join(import.meta.dirname, '../src/app/router.tsx'), 'utf8');
const routes = (kind: 'screen' | 'front') => [...router.matchAll(new RegExp(`\\b${kind}\\('([^']+)'`, 'g'))].map((match) => match[1]!);
/** `/customers/$customer` is walked as `/customers/{customer}?tab=events`. */
const fits = (route: string) => {
  const form = new RegExp(`^${route.replace(/\$\w+/g, '[^/]+')}$`);
  return (one: { path: string }) => form.test(one.path.split(/[?#]/)[0]!);
};

describe('the walk', () => {
  it('finds the routes', () => {
    expect(routes('screen').length).toBeGreaterThan(25);
    expect(routes('front').length).toBeGreaterThan(2);
  });

  it.each(routes('screen'))('goes to %s', (route) => {
    expect(screens.filter(fits(route)).length, `add ${route} to web/walk/screens.ts`).toBeGreaterThan(0);
  });

  it.each(routes('front'))('goes to %s before anybody is signed in', (route) => {
    expect(fronts.filter(fits(route)).length, `add ${route} to web/walk/screens.ts`).toBeGreaterThan(0);
  });

  it('gives every picture a name of its own', () => {
    const names = [...screens, ...fronts].map((one) => one.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
