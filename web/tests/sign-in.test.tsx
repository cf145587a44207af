// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setLang } from '../src/shared/i18n/language';

const said = vi.hoisted(() => ({ sent: [] as unknown[], answers: {} as Record<string, { status: number; body: unknown }> }));
vi.mock('@tanstack/react-router', () => ({ Link: ({ children, to }: { children: ReactNode; to: string }) => <a href={to}>{children}</a>, useNavigate: () => (to: unknown) => said.sent.push(to) }));

const { ProviderButton, takeNext } = await import('../src/features/setup/ProviderButton');
const { default: Return } = await import('../src/features/setup/Return');

beforeEach(() => {
  said.sent.length = 0;
  vi.stubGlobal('fetch', async (request: Request) => {
    const body = request.method === 'GET' ? undefined : await request.clone().text();
    said.sent.push([request.method, new URL(request.url).pathname, body, request.headers.get('x-gradus')]);
    const { status, body: answer } = said.answers[`${request.method} ${new URL(request.url).pathname}`]!;
    return new Response(JSON.stringify(answer), { status, headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' } });
  });
});
afterEach(cleanup);

const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>{children}</QueryClientProvider>);
const WAYS = 'GET /api/v1/session/provider';

it('offers the company account only where there is one', async () => {
  setLang('en', false);
  said.answers[WAYS] = { status: 200, body: { provider: null } };
  show(<ProviderButton />);
  await waitFor(() => expect(said.sent).toHaveLength(1));
  expect(screen.queryByRole('button')).toBeNull();
});

it('leaves for the provider and remembers where somebody wanted to go', async () => {
  setLang('zh', false);
  said.answers[WAYS] = { status: 200, body: { provider: { title: { zh: '企业账号', en: 'Acme' } } } };
  said.answers['POST /api/v1/session/provider'] = { status: 200, body: { url: 'https://login.example.com/x' } };
  const leave = vi.fn();
  show(<ProviderButton next="/customers" leave={leave} />);
  await userEvent.click(await screen.findByRole('button', { name: '用 企业账号 登录' }));
  await waitFor(() => expect(leave).toHaveBeenCalledWith('https://login.example.com/x'));
  expect(takeNext()).toBe('/customers');
  expect(takeNext()).toBeUndefined();
});

it('hands on what the provider gave, takes it out of the address, and says why nobody is signed in', async () => {
  setLang('en', false);
  history.replaceState(null, '', '/sign-in/return?code=c1&state=s1&iss=https%3A%2F%2Flogin.example.com&session_state=z');
  said.answers['POST /api/v1/session/provider/return'] = { status: 403, body: { code: 'account_disabled', message: '', detail: 'your account is disabled; ask an administrator', title: '', status: 403, type: '', request_id: '', errors: [] } };
  show(<Return />);
  expect(await screen.findByText(/your account is disabled/)).toBeTruthy();
  expect(said.sent).toEqual([['POST', '/api/v1/session/provider/return', JSON.stringify({ state: 's1', code: 'c1', iss: 'https://login.example.com' }), '1']]);
  expect(location.search).toBe('');
  expect(screen.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/sign-in');
});
