// @vitest-environment jsdom
// Whoever has been signed in for long shows that it is still they, and what they did goes on.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { setLang } from '../src/shared/i18n/language';

const said = vi.hoisted(() => ({ sent: [] as [string, string, unknown][], answers: [] as { status: number; body: unknown }[] }));
vi.mock('@tanstack/react-router', () => ({ Link: ({ children }: { children: ReactNode }) => <a>{children}</a>, useNavigate: () => () => {} }));

const { onProof } = await import('../src/shared/api/client');
const { sendTo } = await import('../src/shared/api/hooks');
const { default: ProofDialog } = await import('../src/features/setup/ProofDialog');
const { SavedViews } = await import('../src/shared/ui/SavedViews');

const problem = (status: number, code: string, more = {}) => ({ status, body: { type: '', title: '', status, detail: 'show first that it is you', code, message: '', instance: '', request_id: 'r', errors: [], ...more } });
const REFUSED = problem(403, 'reauthentication_required', { proofs: ['password', 'totp'] });

beforeAll(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  window.matchMedia = ((query: string) => ({ matches: false, media: query, addListener() {}, removeListener() {}, addEventListener() {}, removeEventListener() {} })) as never;
});
beforeEach(() => {
  said.sent.length = 0;
  said.answers.length = 0;
  setLang('en', false);
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = request.method === 'GET' ? '' : await request.clone().text();
    said.sent.push([request.method, new URL(request.url).pathname.replace('/api/v1', ''), text ? JSON.parse(text) : undefined]);
    const { status, body } = said.answers.shift() ?? { status: 204, body: null };
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' } });
  });
});
afterEach(cleanup);

const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><App>{children}</App></QueryClientProvider>);
const key = { name: 'nightly', scopes: ['see_grades'], networks: [] };

it('sends what was refused once more when they have shown it, and only then', async () => {
  const asked: string[][] = [];
  onProof(async (ways) => { asked.push(ways); return true; });
  said.answers.push(REFUSED, { status: 201, body: { key: {}, token: 'gra_x' } });
  expect((await sendTo('post', '/keys', { body: key })).token).toBe('gra_x');
  expect(asked).toEqual([['password', 'totp']]);
  expect(said.sent).toEqual([['POST', '/keys', key], ['POST', '/keys', key]]);
  onProof(async () => false);
  said.answers.push(REFUSED);
  await expect(sendTo('post', '/keys', { body: key })).rejects.toThrow('show first that it is you');
  expect(said.sent).toHaveLength(3);
});

it('asks once for what is refused at once', async () => {
  let n = 0;
  onProof(async () => { n += 1; await new Promise((done) => setTimeout(done, 20)); return true; });
  said.answers.push(REFUSED, REFUSED);
  await Promise.all([sendTo('post', '/keys', { body: key }), sendTo('post', '/keys', { body: key })]);
  expect(n).toBe(1);
  expect(said.sent).toHaveLength(4);
});

it('takes a password or a code, and says when it is wrong', async () => {
  const done = vi.fn();
  said.answers.push(problem(401, 'invalid_credentials'));
  show(<ProofDialog ways={['password', 'totp']} done={done} />);
  await userEvent.type(screen.getByLabelText('Password', { selector: 'input[type="password"]' }), 'wrong');
  await userEvent.click(screen.getByRole('button', { name: 'Confirm and go on' }));
  await screen.findByText('That is not right; try again');
  expect(done).not.toHaveBeenCalled();
  await userEvent.click(screen.getByText('Code'));
  await userEvent.type(screen.getByLabelText('Six digits, or a recovery code'), ' 123456 ');
  await userEvent.click(screen.getByRole('button', { name: 'Confirm and go on' }));
  await waitFor(() => expect(done).toHaveBeenCalledWith(true));
  expect(said.sent).toEqual([['POST', '/session/presence', { password: 'wrong' }], ['POST', '/session/presence', { totp: '123456' }]]);
});

it('goes to the provider anew, and comes back to the screen', async () => {
  const leave = vi.fn();
  said.answers.push({ status: 200, body: { provider: { title: { zh: '企业账号', en: 'Acme' } } } }, { status: 200, body: { url: 'https://login.example.com/x' } });
  show(<ProofDialog ways={['provider']} done={() => {}} leave={leave} />);
  await userEvent.click(await screen.findByRole('button', { name: 'Sign in anew with Acme' }));
  await waitFor(() => expect(leave).toHaveBeenCalledWith('https://login.example.com/x'));
  expect(sessionStorage.getItem('gradus.next')).toBe(location.pathname + location.search);
});

it('removes a saved view and brings it back', async () => {
  const view = { id: 'v1', kind: 'dashboard', name: 'Weekly', content: { tab: 'kpis' }, by: 'u' };
  const session = { user: { id: 'u', name: 'U', role: 'viewer', role_title: {}, language: 'en', second_factor: false, second_factor_demanded: false }, permissions: ['see_grades'], scope: { kind: 'everyone' }, workspace: { title: {}, time_zone: 'UTC', currency: 'CNY', clock: { kind: 'system', now: '2026-01-01T00:00:00Z' }, language: 'en', has_data: true, has_model: true, sample: null } };
  const answers: Record<string, { status: number; body: unknown }> = { 'GET /session': { status: 200, body: session }, 'GET /views': { status: 200, body: { items: [view] } }, 'POST /views/v1/restore': { status: 200, body: view } };
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = `${request.method} ${new URL(request.url).pathname.replace('/api/v1', '')}`;
    said.sent.push([path, '', undefined]);
    const { status, body } = answers[path] ?? { status: 204, body: null };
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
  });
  const open = vi.fn();
  show(<SavedViews kind="dashboard" content={{}} onOpen={open} />);
  await userEvent.click(await screen.findByText('Saved views'));
  await userEvent.click(await screen.findByText('Weekly'));
  expect(open).toHaveBeenCalledWith({ tab: 'kpis' });
  await userEvent.click(screen.getByText('Saved views'));
  await userEvent.click(await screen.findByLabelText('Remove the view “Weekly”'));
  await userEvent.click(await screen.findByText('Undo'));
  await screen.findByText('The view “Weekly” is back');
  const paths = said.sent.map(([path]) => path);
  expect(paths.filter((path) => path.includes('/views/'))).toEqual(['DELETE /views/v1', 'POST /views/v1/restore']);
}, 60_000);
