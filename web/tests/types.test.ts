// The types are the API's document, never an older one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generated } from '../types.mjs';

it('are those of openapi.json; `npm run types` renews them', async () => {
  for (const [name, text] of Object.entries(await generated())) {
    expect(readFileSync(join(import.meta.dirname, '..', name), 'utf8') === text, `web/${name} is stale: run \`npm run types\` in web/`).toBe(true);
  }
});
