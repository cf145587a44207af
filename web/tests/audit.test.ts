// Whatever the workspace writes into the audit log has words on the page.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const workspace = join(import.meta.dirname, '../../crates/workspace/src');
const screen = readFileSync(join(import.meta.dirname, '../src/features/audit/index.tsx'), 'utf8');
const text = readdirSync(workspace, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rs')).map((name) => readFileSync(join(workspace, name), 'utf8')).join('\n');
// `audit(workspace, who, "draft.drop", …)`; where two are chosen from, they stand as a pair before it.
const written = new Set([...text.matchAll(/(?:audit\([^;]*?|, )"((?:account|session|key|draft|version|setting|run|import|simulate|source|quarantine|customer|identity|override|vault|industry)\.[a-z_]+)"/g)].map((match) => match[1]!).filter((action) => !action.endsWith('.yaml')));

it('is found', () => {
  expect(written.size).toBeGreaterThan(20);
});

it.each([...written])('%s', (action) => {
  expect(screen).toContain(`'${action}'`);
  expect(screen).toContain(`${action.replace('.', '_')}: [`);
});
