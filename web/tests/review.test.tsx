// @vitest-environment jsdom
// What a review proposes goes into the draft on the server, under the revision that was seen, and is simulated; the rules
// that are being edited are walked through the past as they are, unsaved.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { answerWith } from '../src/shared/api/client';
import type { ModelDocument } from '../src/shared/api/document';
import type { Review } from '../src/shared/api/validation';
import { draft } from '../src/shared/draft/store';
import { setLang } from '../src/shared/i18n/language';
import ReviewText from '../src/features/reviews/ReviewText';
import { Flapping } from '../src/features/tiers/Flapping';

const went = vi.hoisted(() => vi.fn());
vi.mock('@tanstack/react-router', () => ({
  Link: ({ to, search, children }: { to: string; search?: Record<string, string>; children: ReactNode }) => <a href={`${to}?${new URLSearchParams(search)}`}>{children}</a>,
  useNavigate: () => went, useSearch: () => ({}), useBlocker: () => {},
}));
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} })) as never;

const sent: { method: string; path: string; body: unknown; match: string | null }[] = [];
const before: ModelDocument = { gradus: 1, tiers: {} };
const proposed: ModelDocument = { gradus: 1, tiers: {}, title: 'better' };
const session = { user: { id: 'u', name: 'U' }, permissions: ['edit_models', 'run_jobs', 'see_grades'], scope: { kind: 'everyone' }, workspace: { title: 'W', time_zone: 'Europe/London', currency: 'GBP', clock: { kind: 'fixed', now: '2011-12-10T12:00:00Z' } } };
let put = 200;
const flapped = { id: 'f1', as_of: ['2011-01-31', '2011-12-10'], before_version: 1, version: null, n_reused: 0, seconds: 1, schemes: [{ scheme: 'member', title: { zh: '会员', en: 'Member' }, steps: [], flapping: [
  { of: 'with_rules', moves: 4, customers_moved: 3, back_and_forth: 1, customers_back_and_forth: 1 }, { of: 'without_rules', moves: 40, customers_moved: 30, back_and_forth: 20, customers_back_and_forth: 12 }, { of: 'in_force', moves: 9, customers_moved: 8, back_and_forth: 2, customers_back_and_forth: 2 }] }] };
beforeEach(() => {
  setLang('en', false);
  put = 200;
  sent.length = 0;
  went.mockClear();
  answerWith(async (request) => {
    const path = new URL(request.url).pathname.replace('/api/v1', '');
    const body = request.method === 'GET' ? undefined : await request.clone().json().catch(() => undefined);
    sent.push({ method: request.method, path, body, match: request.headers.get('If-Match') });
    const answer = path === '/session' ? session
      : path === '/model/draft' && request.method === 'GET' ? { document: before, revision: 7, base_version: 1, findings: [] }
      : path === '/model/draft' ? { revision: 8, findings: [] }
      : path.startsWith('/jobs') ? { id: 'f1', kind: 'simulate', state: 'done', progress: { step: '', done: 0 }, by: 'u', input: {}, created: '', result: flapped }
      : path === '/simulate' ? { id: 'f1', kind: 'simulate', state: 'queued', progress: { step: '', done: 0 }, by: 'u', input: {}, created: '' } : {};
    const status = path === '/model/draft' && request.method === 'PUT' ? put : 200;
    return new Response(JSON.stringify(status === 200 ? answer : { title: 'conflict', status, code: 'conflict' }), { status, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(cleanup);
const show = (children: ReactNode) => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  // The frame around every screen has it before.
  client.setQueryData(['/session', {}], session);
  return render(<QueryClientProvider client={client}><App>{children}</App></QueryClientProvider>);
};
/** Processors may be busy with other things. */
const PATIENT = { timeout: 8_000 };
const both = (zh: string, en: string) => ({ zh, en });
const review: Review = {
  quarter: '2011-Q3', from: '2011-06-30', until: '2011-09-30', is_over: true, model_title: both('客户价值', 'Value'), version: 1, evidence: [both('依据', 'evidence')], summary: { migrations: [] },
  drift: { n_base: 1, n_current: 1, all: [], verdict: both('稳定', 'stable') }, backtest: { model_title: both('', ''), version: 1, against_version: null, horizon: '90 days', outcomes: [], dates: [], across: [], seconds: 0 },
  contradictions: [], proposals: [{ attribute: 'value.returns', change: {}, words: both('建议都给 96 分', 'give both 96 points') }], proposed, pages: { zh: { html: '', markdown: '' }, en: { html: '<html></html>', markdown: '# x' } },
};
async function take() {
  show(<ReviewText review={review} />);
  screen.getByText('give both 96 points');
  const button = await screen.findByRole('button', { name: 'Take into the draft and simulate' });
  await waitFor(() => expect((button as HTMLButtonElement).disabled).toBe(false), PATIENT);
  await userEvent.click(button);
  await userEvent.click(within(await screen.findByRole('dialog', {}, PATIENT)).getByRole('button', { name: 'Take into the draft and simulate' }));
}

it('takes the proposal into the draft, and has it simulated', async () => {
  await take();
  await waitFor(() => expect(went).toHaveBeenCalledWith({ to: '/simulate', search: { begin: 'draft' } }), PATIENT);
  expect(sent.find((one) => one.method === 'PUT')).toMatchObject({ path: '/model/draft', body: { document: proposed }, match: '"7"' });
  expect(draft.get().document).toEqual(proposed);
  // It can be taken back like any other change.
  draft.undo();
  expect(draft.get().document).toEqual(before);
});

it('gives way to somebody else who changed the draft meanwhile', async () => {
  draft.forget();
  put = 412;
  await take();
  await screen.findByText('Somebody has just changed the draft; try once more.', {}, PATIENT);
  expect(went).not.toHaveBeenCalled();
  expect(draft.get().document).toEqual(before);
});

it('walks the edited rules through the past without saving them', async () => {
  show(<Flapping document={proposed} name="member" />);
  const run = await screen.findByRole('button', { name: /Go through the past/ });
  await waitFor(() => expect((run as HTMLButtonElement).disabled).toBe(false), PATIENT);
  await userEvent.click(run);
  const table = await screen.findByRole('table', { name: 'Do customers go back and forth' }, PATIENT);
  expect(sent.find((one) => one.path === '/simulate')?.body).toEqual({ version: 'draft', document: proposed, from: '2010-12-01', every: 'month', flapping: true });
  expect(sent.some((one) => one.method === 'PUT')).toBe(false);
  screen.getByText(/1 customers go back and forth by these rules\. Without the keep rules they would be 12: the rules spare 11\./);
  // Those of the model without rules are a comparison: nobody is kept to be opened.
  expect(within(table).getAllByRole('link').map((one) => one.getAttribute('href'))).toEqual(['simulated&how=moved', 'simulated&how=back_and_forth', 'in_force&how=moved', 'in_force&how=back_and_forth'].map((end) => `/simulate/moved?simulation=f1&scheme=member&by=${end}`));
});
