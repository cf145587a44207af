// @vitest-environment jsdom
// A job is watched from its first moment to its last: what it is, each step, that it is over.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answerWith } from '../src/shared/api/client';
import { setLang } from '../src/shared/i18n/language';
import { useJob } from '../src/shared/jobs';
import { JobProgress } from '../src/shared/ui/JobProgress';

window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} })) as never;
class Told {
  static last: Told;
  heard: Record<string, (event: { data: string }) => void> = {};
  onerror?: () => void;
  closed = false;
  constructor(readonly url: string) { Told.last = this; }
  addEventListener(kind: string, hear: (event: { data: string }) => void) { this.heard[kind] = hear; }
  close() { this.closed = true; }
  tell(kind: string, data: object) { act(() => this.heard[kind]!({ data: JSON.stringify(data) })); }
}
const job = { id: 'a1', kind: 'backtest', state: 'running', progress: { step: '', done: 0, total: null }, by: 'x', input: {}, created: '2026-01-01T00:00:00Z' };
let state = 'running';
const sent: string[] = [];
beforeEach(() => {
  setLang('en', false);
  state = 'running';
  sent.length = 0;
  vi.stubGlobal('EventSource', Told);
  answerWith(async (request) => {
    const path = new URL(request.url).pathname;
    sent.push(`${request.method} ${path}`);
    return new Response(JSON.stringify({ ...job, state: path.endsWith('/cancel') ? 'cancelled' : state }), { status: 200, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(() => { cleanup(); vi.unstubAllGlobals(); });

function Watched({ onEnd }: { onEnd: (state: string) => void }) {
  return <JobProgress job={useJob('a1', (one) => onEnd(one.state))} />;
}
const show = (onEnd = (_: string) => {}) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><Watched onEnd={onEnd} /></QueryClientProvider>);

it('shows what it is at once, each step as it is told, and that it is over', async () => {
  const over = vi.fn();
  show(over);
  await screen.findByText('Back-test');
  Told.last.tell('progress', { step: 'fold', done: 30, total: 120 });
  screen.getByText('Reading events, computing indicators');
  expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25');
  // The name of a file is a step, too: it is shown without its folders, not looked up as a word.
  Told.last.tell('progress', { step: '/data/in/orders.csv', done: 1, total: 2 });
  screen.getByText('orders.csv');
  state = 'done';
  Told.last.tell('over', {});
  await waitFor(() => expect(over).toHaveBeenCalledWith('done'));
  expect(Told.last.closed).toBe(true);
});

it('has a word for every kind of job that the server starts', () => {
  const crate = join(import.meta.dirname, '../../crates/workspace/src');
  const sources = readdirSync(crate, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rs')).map((name) => readFileSync(join(crate, name), 'utf8'));
  const started = sources.flatMap((text) => [...text.matchAll(/\.start\(\s*workspace,\s*who,\s*"(\w+)"/g)].map((match) => match[1]!));
  // Chosen just before: `let kind = if … { "link" } else { "unlink" };`
  const chosen = sources.filter((text) => /\.start\(\s*workspace,\s*who,\s*kind\b/.test(text)).flatMap((text) => [...text.matchAll(/let kind = if [^{]+\{ "(\w+)" \} else \{ "(\w+)" \}/g)].flatMap((match) => [match[1]!, match[2]!]));
  expect(started.length).toBeGreaterThan(10);
  expect(chosen).toEqual(expect.arrayContaining(['link', 'unlink', 'import']));
  const said = readFileSync(join(import.meta.dirname, '../src/shared/jobs.ts'), 'utf8');
  expect([...new Set([...started, ...chosen])].filter((kind) => !new RegExp(`^ {2}${kind}: \\[`, 'm').test(said))).toEqual([]);
});

it('can be cut off before it has told of any step', async () => {
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel this job' }));
  await waitFor(() => expect(sent).toContain('POST /api/v1/jobs/a1/cancel'));
});
