// @vitest-environment jsdom
// How lists of next items are learned: from what the model says, tried out in a form, kept in the draft, and taken out again.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Next from '../src/features/next';
import { asked, differing, replaced, staying, USUAL, written } from '../src/features/next/settings';
import { answerWith } from '../src/shared/api/client';
import type { ModelDocument, Next as Settings } from '../src/shared/api/document';
import { draft } from '../src/shared/draft/store';
import { setLang } from '../src/shared/i18n/language';
import { next } from './fixtures/learned';

vi.mock('@tanstack/react-router', () => ({
  Link: ({ to, children }: { to: string; children: ReactNode }) => <a href={to}>{children}</a>,
  useNavigate: () => () => {}, useSearch: () => ({}), useBlocker: () => {},
}));
vi.mock('../src/shared/api/operations', () => ({ operations: { has: () => true } }));
vi.mock('../src/shared/chart/useChart', () => ({ useChart: () => ({ box: { current: null }, chart: { current: null } }) }));
// The editor of formulas needs a browser that measures; what it gives is what a plain field gives.
vi.mock('../src/shared/formula/Editor', () => ({ default: ({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) => <input aria-label={label} value={value} onChange={(event) => onChange(event.target.value)} /> }));
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} })) as never;
globalThis.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} } as never;

vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { timeout: 30_000 };
const EVERYTHING = ['see_grades', 'edit_models', 'run_jobs'];
const sent: { method: string; path: string; body: unknown }[] = [];
let saved: ModelDocument;
let published: ModelDocument | null;
let permissions: string[];
let learned: object | null;
const session = () => ({ user: { id: 'u', name: 'U' }, permissions, scope: { kind: 'everyone' }, workspace: { title: 'W', time_zone: 'UTC', currency: 'GBP', has_data: true, clock: { kind: 'fixed', now: '2011-12-10T12:00:00Z' } } });
beforeEach(() => {
  setLang('en', false);
  sent.length = 0;
  saved = { gradus: 1 };
  published = null;
  permissions = EVERYTHING;
  learned = null;
  draft.forget();
  answerWith(async (request) => {
    const path = new URL(request.url).pathname.replace('/api/v1', '');
    const body = request.method === 'GET' ? undefined : await request.clone().json().catch(() => undefined);
    sent.push({ method: request.method, path, body });
    if (request.method === 'PUT' && path === '/model/draft') { saved = (body as { document: ModelDocument }).document; return Response.json({ document: saved, revision: 4, base_version: 1, findings: [] }); }
    const answers: Record<string, unknown> = {
      '/session': session(), '/model/draft': { document: saved, revision: 3, base_version: 1, findings: [] }, '/model/check': { findings: [] }, '/catalogue': { columns: [], kinds: [], functions: [] }, '/jobs': { items: [] }, '/next': learned,
      '/model/versions': { items: published ? [{ version: 1, state: 'published' }] : [] }, '/model/versions/1': { version: 1, document: published },
      '/learn/next': { id: 'n1', kind: 'next', state: 'done', progress: { step: '', done: 0 }, by: 'u', input: {}, created: '', result: {} },
      '/jobs/n1': { id: 'n1', kind: 'next', state: 'done', progress: { step: '', done: 0 }, by: 'u', input: {}, created: '', result: {} },
    };
    return path in answers ? Response.json(answers[path]) : Response.json({ title: 'none', status: 404, code: 'not_found' }, { status: 404 });
  });
});
afterEach(cleanup);

const show = async (own?: Settings, inForce?: Settings) => {
  saved = { gradus: 1, ...(own ? { next: own } : {}) };
  if (inForce) published = { gradus: 1, next: inForce };
  draft.forget();
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['/session', {}], session());
  render(<QueryClientProvider client={client}><App><Next /></App></QueryClientProvider>);
  await waitFor(() => expect(draft.get().revision).toBe(3), PATIENT);
};
// By label and text, not by role: that would ask jsdom for the style of every element of a form of twenty fields.
const panel = (title = 'In the model') => within([...document.querySelectorAll('h2')].find((one) => one.textContent === title)!.closest('section')!);
const field = (name: string) => document.querySelector<HTMLInputElement>(`input[aria-label="${name}"]`)!;
const buttons = (name?: string, within: ParentNode = document) => [...within.querySelectorAll('button')].filter((one) => !name || (one.getAttribute('aria-label') ?? one.textContent) === name);
const press = async (name: string, within: ParentNode = document) => {
  await waitFor(() => expect(buttons(name, within)[0]?.disabled, name).toBe(false), PATIENT);
  fireEvent.click(buttons(name, within)[0]!);
};
const type = (name: string, value: string) => fireEvent.change(field(name), { target: { value } });
const lines = (title?: string) => panel(title).queryAllByText((_, one) => one?.tagName === 'LI' && !one.closest('.findings')).map((one) => one.textContent);
const inPanel = (what: string) => [...panel().getByText('In the model').closest('section')!.querySelectorAll(what)];

describe('what is written', () => {
  it('is only what differs from the usual, whatever its form', () => {
    expect(written({ ...USUAL })).toEqual({});
    expect(written({ k: 8, hold_out: '1 months', min_confidence: '0.05', item: ' ', exclude: [], again: true, refit: '2 months' })).toEqual({ k: 8, again: true });
    expect(differing({ hold_out: '2 months', min_confidence: 0.1 }, { hold_out: '2个月', min_confidence: '0.10' })).toEqual([]);
    expect(differing({ k: 8 }, { item: 'category' })).toEqual(['item', 'k']);
    // When it is learned anew is no setting of the form, and what a later version writes is not lost.
    expect(replaced({ k: 8, refit: '2 weeks', later: 1 } as Settings, { k: 5, item: 'category' })).toEqual({ item: 'category', refit: '2 weeks', later: 1 });
  });

  it('is asked so that the model in force does not say otherwise', () => {
    expect(asked({}, undefined)).toEqual({});
    expect(asked({ k: 8, item: 'category' }, undefined)).toEqual({ k: 8, item: 'category' });
    expect(asked({ item: 'category', k: 5 }, { item: 'category', k: 8, again: true, min_confidence: '0.2' })).toEqual({ k: 5, again: false, min_confidence: 0.05 });
    expect(asked({}, { method: 'rules' })).toEqual({});
    expect(staying({}, { method: 'rules', k: 8, exclude: ['a'] })).toEqual(['method', 'exclude']);
  });
});

describe('the form', () => {
  it('starts from the draft, and fields left alone are asked as the model has them', async () => {
    await show({ item: 'product.category', k: 8, stretches: 3 }, { k: 12 });
    await waitFor(() => expect(field('Items for each customer').value).toBe('8'), PATIENT);
    await waitFor(() => expect(field('What an item is').value).toBe('product.category'), PATIENT);
    // What nobody wrote is empty, with the usual beside it.
    expect(field('Rounds')).toMatchObject({ value: '', placeholder: '10' });
    type('Stretches to test on', '2');
    // The next grading goes by the model in force, which says something else.
    await screen.findByText(/lasts until the next grading/, {}, PATIENT);
    await press('Learn');
    await waitFor(() => expect(sent.find((one) => one.path === '/learn/next')?.body).toEqual({ item: 'product.category', k: 8, stretches: 2 }), PATIENT);
    await press('Back to what the model says');
    expect(field('Stretches to test on').value).toBe('3');
  });

  it('starts from the model in force where the draft says nothing, and says what learning cannot leave out', async () => {
    await show(undefined, { k: 12, method: 'rules' });
    await waitFor(() => expect(field('Items for each customer').value).toBe('12'), PATIENT);
    await screen.findByText(/The model in force still has it/, {}, PATIENT);
    // Whatever is best in the test, instead of the one that the model names.
    fireEvent.mouseDown(document.querySelector('[aria-label="By which method"]')!.closest('.ant-select')!);
    fireEvent.click(await screen.findByTitle('whichever does best in the test', {}, PATIENT));
    await screen.findByText(/The model in force says these, so learning now cannot leave them out.*: By which method$/, {}, PATIENT);
  });
});

describe('in the model', () => {
  it('the settings go into the draft from the form, can be taken back, and are saved', async () => {
    await show();
    await screen.findByText(/each grading renews lists that are too old by itself/, {}, PATIENT);
    type('Items for each customer', '8');
    await press('Put these settings into the draft');
    expect(draft.get().document).toEqual({ gradus: 1, next: { k: 8 } });
    await screen.findByText('Unsaved changes', {}, PATIENT);
    expect(lines()).toEqual(['What an item is: found by itself', 'Items for each customer: 8', 'By which method: whichever does best in the test', 'Held out for the test: 1 month']);
    screen.getByText('in the draft only');
    expect(buttons('Change to those of the form')).toEqual([]);
    await press('Undo (Ctrl+Z)');
    expect(draft.get().document).toEqual({ gradus: 1 });
    // What was chosen in the form is still there.
    expect(field('Items for each customer').value).toBe('8');
    await press('Redo (Ctrl+Y)');
    await press('Save draft');
    await waitFor(() => expect(sent.find((one) => one.method === 'PUT')?.body).toEqual({ document: { gradus: 1, next: { k: 8 } } }), PATIENT);
    await screen.findByText('No unsaved changes', {}, PATIENT);
  });

  it('go there even where all is as usual', async () => {
    await show();
    await press('Put these settings into the draft');
    expect(draft.get().document).toEqual({ gradus: 1, next: {} });
  });

  it('become those of the form where they differ; when it is learned anew stays', async () => {
    await show({ k: 8, refit: '2 weeks' }, { k: 8, refit: '2 weeks' });
    await screen.findByText('in force', {}, PATIENT);
    expect(screen.queryByText(/Not as in the form/)).toBeNull();
    type('Items for each customer', '5');
    type('What an item is', 'product.category');
    await screen.findByText('Not as in the form: What an item is, Items for each customer', {}, PATIENT);
    await press('Change to those of the form');
    expect(draft.get().document?.next).toEqual({ item: 'product.category', refit: '2 weeks' });
    await screen.findByText('changed in the draft', {}, PATIENT);
    expect(lines()[0]).toBe('What an item is: product.category');
  });

  it('are learned anew after a span that stays unwritten where it is usual', async () => {
    await show({ k: 8 });
    await waitFor(() => expect(field('Learned anew after').value).toBe('1'), PATIENT);
    type('Learned anew after', '2');
    expect(draft.get().document?.next).toEqual({ k: 8, refit: '2 months' });
    type('Learned anew after', '1');
    expect(draft.get().document?.next).toEqual({ k: 8 });
  });

  it('are taken out once somebody confirms, and this can be undone', async () => {
    await show({ k: 8 });
    await press('Take out of the model');
    const text = await screen.findByText(/gradings no longer renew the lists/, {}, PATIENT);
    await press('Take out of the model', text.closest('[role="dialog"]')!);
    await waitFor(() => expect(draft.get().document).toEqual({ gradus: 1 }), PATIENT);
    draft.undo();
    expect(draft.get().document?.next).toEqual({ k: 8 });
  });

  it('are seen and not changed by whoever may only look', async () => {
    permissions = ['see_grades'];
    learned = next;
    await show({ k: 8, exclude: ['a', 'b'], by_customer: true, min_confidence: 0.1, history: '12 months', refit: '2 weeks' });
    await waitFor(() => expect(lines()).toEqual([
      'What an item is: found by itself', 'Items for each customer: 8', 'By which method: whichever does best in the test', 'Shown to nobody: a, b', 'Purchases of how long: 12 months', 'Held out for the test: 1 month',
      'Rules look at all that a customer has: yes', 'Confidence at least: 10.0%', 'Learned anew after: 2 weeks',
    ]), PATIENT);
    await screen.findByText('Better than bestsellers?', {}, PATIENT);
    expect(screen.queryByText('How it is learned')).toBeNull();
    expect(buttons('Learn')).toEqual([]);
    expect(inPanel('button, input')).toEqual([]);
  });

  it('can be tried out, but not kept, by whoever may only start jobs', async () => {
    permissions = ['see_grades', 'run_jobs'];
    await show();
    type('Items for each customer', '8');
    expect(inPanel('button, input')).toEqual([]);
    await press('Learn');
    await waitFor(() => expect(sent.find((one) => one.path === '/learn/next')?.body).toEqual({ k: 8 }), PATIENT);
  });

  it('are said in Chinese, too, and what is wrong stands there', async () => {
    setLang('zh', false);
    await show({ k: 8, method: 'due', again: true, refit: '1 quarter' });
    await waitFor(() => expect(lines('模型里的做法')).toEqual(['什么算一件商品：自动寻找', '每位客户几件：8', '用哪种方法：到期再买', '买过的也可以推荐：是', '留出多久来检验：1 个月']), PATIENT);
    draft.found([{ severity: 'error', code: 'next-number', path: 'next.k', message: { zh: '超出范围', en: 'out of range' }, hint: { zh: '1 至 50', en: 'from 1 to 50' } }] as never);
    await panel('模型里的做法').findByText('超出范围', {}, PATIENT);
  });
});
