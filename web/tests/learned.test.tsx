// @vitest-environment jsdom
// Satisfaction, weights by comparison, learned scorecards and what is bought next: what the server says is shown as it is,
// every count opens its customers, and what is taken into the draft can be taken back.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, renderHook, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerWith } from '../src/shared/api/client';
import type { ModelDocument, Scorecard } from '../src/shared/api/document';
import { draft } from '../src/shared/draft/store';
import { setLang } from '../src/shared/i18n/language';
import { addressOf } from '../src/shared/who';
import { NextOf } from '../src/features/customers/Next';
import { outcomesOf } from '../src/features/learned-scorecards/outcomes';
import LearnedResult from '../src/features/learned-scorecards/Result';
import { sayResult, strengthOfAuc } from '../src/features/learned-scorecards/said';
import { strengthOf } from '../src/features/learned-scorecards/strength';
import { useLearnedWords } from '../src/features/learned-scorecards/words';
import NextResult from '../src/features/next/Result';
import { Told } from '../src/features/satisfaction';
import { bandEnds } from '../src/features/satisfaction/Answers';
import { askedOf } from '../src/features/satisfaction/asked';
import { fromWeights, matrixOf, nearest, pressed, rounded, stepOf, valueOf, withStep } from '../src/features/scorecards/weights/comparisons';
import { WeightHelper } from '../src/features/scorecards/weights/WeightHelper';
import { learned, next, nextOf, satisfaction } from './fixtures/learned';

const went = vi.hoisted(() => vi.fn());
vi.mock('@tanstack/react-router', () => ({
  Link: ({ to, children }: { to: string; children: ReactNode }) => <a href={to}>{children}</a>,
  useNavigate: () => went, useSearch: () => ({}), useBlocker: () => {},
}));
vi.mock('../src/shared/api/operations', () => ({ operations: { has: () => true } }));
// Nothing draws on a canvas here; charts are read as tables.
vi.mock('../src/shared/chart/useChart', () => ({ useChart: () => ({ box: { current: null }, chart: { current: null } }) }));
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} })) as never;
globalThis.ResizeObserver ??= class { observe() {} unobserve() {} disconnect() {} } as never;

// Typing goes letter by letter through tables; processors may be busy with other things.
vi.setConfig({ testTimeout: 90_000 });
const PATIENT = { timeout: 8_000 };
const session = { user: { id: 'u', name: 'U' }, permissions: ['edit_models', 'run_jobs', 'see_grades', 'export_data'], scope: { kind: 'everyone' }, workspace: { title: 'W', time_zone: 'UTC', currency: 'GBP', clock: { kind: 'fixed', now: '2011-12-10T12:00:00Z' } } };
const model: ModelDocument = { gradus: 1, indicators: { recency_days: { kind: 'days_since' } }, tiers: {} };
const sent: { method: string; path: string; body: unknown }[] = [];
let answers: Record<string, unknown> = {};
let refused: Record<string, { status: number } & Record<string, unknown>> = {};
beforeEach(() => {
  setLang('en', false);
  sent.length = 0;
  refused = {};
  went.mockClear();
  answers = { '/session': session, '/model/draft': { document: model, revision: 3, base_version: 1, findings: [] }, '/instants': [], '/model/versions': { items: [] }, '/catalogue': { columns: [], kinds: [], functions: [] } };
  answerWith(async (request) => {
    const path = new URL(request.url).pathname.replace('/api/v1', '');
    const body = request.method === 'GET' ? undefined : await request.clone().json().catch(() => undefined);
    sent.push({ method: request.method, path, body });
    const answer = answers[path];
    const given = typeof answer === 'function' ? (answer as (body: unknown) => unknown)(body) : answer;
    const no = refused[path];
    if (no) return new Response(JSON.stringify(no), { status: no.status, headers: { 'Content-Type': 'application/json' } });
    return new Response(JSON.stringify(given ?? { title: 'none', status: 404, code: 'not_found' }), { status: given ? 200 : 404, headers: { 'Content-Type': 'application/json' } });
  });
});
afterEach(cleanup);
const show = (children: ReactNode) => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['/session', {}], session);
  return render(<QueryClientProvider client={client}><App>{children}</App></QueryClientProvider>);
};

describe('satisfaction', () => {
  beforeEach(() => { answers['/satisfaction'] = satisfaction; });

  it('says what could not be told, and opens every count', async () => {
    show(<Told found={satisfaction} address={{ window: '365' }} go={() => {}} />);
    screen.getByText('nothing says who is loyal');
    const grid = screen.getByRole('table', { name: 'Satisfaction by loyalty' });
    // Best at the top, who did not answer at the foot; levels without customers take no room.
    expect(within(grid).getAllByRole('rowheader').map((one) => one.textContent)).toEqual(['promoters (9–10)', 'passives (7–8)', 'detractors (0–6)', 'did not answer']);
    expect(within(grid).queryByText('Empty level')).toBeNull();
    await userEvent.click(within(grid).getByRole('button', { name: /promoters \(9–10\) Gold 59/ }));
    expect(went).toHaveBeenLastCalledWith({ to: '/customers', search: { scheme: 'member', level: 'gold', ranges: 'last_recommend>=9<=10' } });
    await userEvent.click(within(grid).getByRole('button', { name: /did not answer Bronze 620/ }));
    expect(went).toHaveBeenLastCalledWith({ to: '/satisfaction/customers', search: { window: '365', measure: 'nps', band: 'unanswered', group: 'bronze' } });
    await userEvent.click(within(grid).getByRole('button', { name: /passives \(7–8\) No tier 1/ }));
    expect(went).toHaveBeenLastCalledWith({ to: '/satisfaction/customers', search: { window: '365', measure: 'nps', band: 'middle', group: '$none' } });
    await userEvent.click(screen.getByRole('button', { name: 'Satisfied but leaving: Open 12 customers' }));
    expect(went).toHaveBeenLastCalledWith({ to: '/satisfaction/customers', search: { window: '365', measure: 'nps', corner: 'satisfied_leaving' } });
    screen.getByText('Cannot be told yet: choose a segment above that says it.');
    await userEvent.click(screen.getByRole('button', { name: '价格' }));
    expect(went).toHaveBeenLastCalledWith({ to: '/satisfaction/customers', search: { window: '365', measure: 'nps', topic: '价格' } });
  });

  it('compares groups on one scale, and says too few where it is so', () => {
    show(<Told found={satisfaction} address={{}} go={() => {}} />);
    const rows = within(screen.getByRole('table', { name: 'By Membership' })).getAllByRole('row').slice(1).map((row) => row.textContent);
    expect(rows).toEqual(['Bronze7008011.4% answer less+5 -9 – +19', 'Gold29711739.4% answer more+39 +27 – +51', 'No tier33100.0% answer moretoo few to say']);
  });

  it('changes the question, and asks in days', async () => {
    const go = vi.fn();
    show(<Told found={satisfaction} address={{ window: '90' }} go={go} />);
    await userEvent.click((await screen.findAllByRole('button', { pressed: false, name: /Satisfied \(CSAT\)/ }, PATIENT))[0]!);
    expect(go).toHaveBeenLastCalledWith({ measure: 'csat', of_customers: undefined });
    await userEvent.click((await screen.findAllByRole('button', { pressed: false, name: /How customers are rated/ }, PATIENT))[0]!);
    expect(go).toHaveBeenLastCalledWith({ measure: 'csat', of_customers: 'yes' });
    expect(askedOf({ of_customers: 'yes', measure: 'csat' })).toEqual({ of_customers: true, measure: 'csat' });
    expect(askedOf({ window: '90', by: 'member', weigh_by: '' })).toEqual({ window: '90 days', by: 'member' });
  });

  it('calls ratings of customers what they are, and not what customers feel', async () => {
    show(<Told found={{ ...satisfaction, question: { ...satisfaction.question, measure: 'csat', of_customers: true } }} address={{ of_customers: 'yes', measure: 'csat' }} go={() => {}} />);
    expect((await screen.findByRole('button', { pressed: true }, PATIENT)).textContent).toContain('How customers are rated');
    screen.getByText(/What drivers, hosts or staff say of customers/);
    screen.getByText('Well rated');
    await userEvent.click(screen.getByRole('button', { name: 'Well rated but leaving: Open 12 customers' }));
    expect(went).toHaveBeenLastCalledWith({ to: '/satisfaction/customers', search: { of_customers: 'yes', measure: 'csat', corner: 'satisfied_leaving' } });
  });

  it('finds the bands of single answers in the counts', () => {
    expect(bandEnds(satisfaction)).toEqual([6, 8]);
    expect(bandEnds({ answers: [{ answer: 1, n: 0 }, { answer: 2, n: 3 }], overall: { ...satisfaction.overall, low: 0, middle: 0, high: 3 } })).toEqual([1, 1]);
  });

  it('turns filters into the address of the list', () => {
    expect(addressOf({ tier: { scheme: 'member' }, ranges: [] })).toEqual({ scheme: 'member', level: 'not_graded' });
    expect(addressOf({ segment: 'vip', category: { indicator: 'country', value: 'UK' }, ranges: [{ name: 'a', unknown: true }] })).toEqual({ segment: 'vip', indicator: 'country', value: 'UK', ranges: 'a?' });
  });
});

describe('comparisons', () => {
  it('keep reciprocals, move by key, and begin with the present weights', () => {
    const names = ['a', 'b', 'c'];
    const steps = withStep({}, names, 2, 0, 4);
    expect(stepOf(steps, names, 0, 2)).toBe(-4);
    expect(matrixOf(steps, names)).toEqual([[1, 1, 1 / 5], [1, 1, 1], [5, 1, 1]]);
    expect([5, 0.2, 1.1, 100, 1 / 2.4].map(nearest).map(valueOf)).toEqual([5, 1 / 5, 1, 9, 1 / 2]);
    expect(['ArrowUp', 'ArrowLeft', '7', '/', 'End', 'x'].map((key) => pressed(key, 2))).toEqual([3, 1, 6, -2, 8, null]);
    expect(pressed('ArrowUp', 8)).toBe(8);
    expect(fromWeights(names, [0.6, 0.3, 0])).toEqual({ 'a b': 1, 'a c': 0, 'b c': 0 });
  });

  it('are rounded so that weights still add up to one', () => {
    const weights = rounded([1 / 3, 1 / 3, 1 / 3]);
    expect(weights).toEqual([0.334, 0.333, 0.333]);
    expect(rounded([0.12345, 0.87655]).reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
  });

  const card: Scorecard = { combine: 'weighted_sum', attributes: { r: { title: 'Recency', value: 'r', weight: 0.2 }, f: { title: 'Frequency', value: 'f', weight: 0.2 }, m: { title: 'Money', value: 'm', weight: 0.6 } } };
  it('are answered by the server, which names the worst of them; what it says goes into the draft', async () => {
    answers['/weights/ahp'] = ({ matrix }: { matrix: number[][] }) => ({ weights: [{ criterion: 'r', weight: 0.6 }, { criterion: 'f', weight: 0.25 }, { criterion: 'm', weight: 0.15 }], lambda_max: 3.2, consistency_index: 0.1, consistency_ratio: matrix[0]![1] === 2 ? 0.02 : 0.17, consistent: matrix[0]![1] === 2, doubt: { first: 'r', second: 'f', said: matrix[0]![1], implied: 2.1, suggested: 2, words: { zh: '', en: '' } }, words: { zh: '', en: '' } });
    const take = vi.fn();
    show(<WeightHelper name="card-one" card={card} onTake={take} onClose={() => {}} />);
    const cell = screen.getAllByRole('slider', { name: 'Recency and Frequency' })[0]!;
    expect(screen.getAllByRole('slider', { name: 'Recency and Money' })[0]!.getAttribute('aria-valuetext')).toBe('Money matters somewhat more than Recency (3 times)');
    cell.focus();
    await userEvent.keyboard('6');
    expect(cell.getAttribute('aria-valuetext')).toBe('Recency matters much more than Frequency (6 times)');
    await waitFor(() => expect(sent.filter((one) => one.path === '/weights/ahp').at(-1)?.body).toEqual({ criteria: ['r', 'f', 'm'], matrix: [[1, 6, 1 / 3], [1 / 6, 1, 1 / 3], [3, 3, 1]] }), PATIENT);
    await screen.findByText('contradictory', {}, PATIENT);
    screen.getByText(/Recency over Frequency: you said 6, the others together imply 2\.1\./);
    await userEvent.click(screen.getByRole('button', { name: 'Change it to 2' }));
    await screen.findByText('consistent', {}, PATIENT);
    await userEvent.click(screen.getByRole('button', { name: 'Take these weights' }));
    expect(take).toHaveBeenCalledWith({ r: 0.6, f: 0.25, m: 0.15 });
  });

  it('or are left to the data', async () => {
    const job = { id: 'w1', kind: 'learn_weights', state: 'done', progress: { step: '', done: 0 }, by: 'u', input: {}, created: '', result: { card: 'card-two', from: 'entropy', weights: [{ criterion: 'r', title: 'r', weight: 0.5, entropy: 0.8 }, { criterion: 'm', title: 'm', weight: 0.5, entropy: 0.8 }], left_out: [{ feature: 'f', title: { zh: '次数', en: 'Frequency' }, reason: { zh: '不是数值', en: 'no number' } }], n: 300, as_of: '2011-12-10', words: { zh: '', en: '300 customers as of 2011-12-10' } } };
    answers['/learn/weights'] = { ...job, state: 'queued', result: undefined };
    answers['/jobs/w1'] = job;
    show(<WeightHelper name="card-two" card={card} onTake={() => {}} onClose={() => {}} />);
    await userEvent.click(screen.getByText('By how values differ (entropy)'));
    await userEvent.click(screen.getByRole('button', { name: 'Compute from the data' }));
    await screen.findByText('300 customers as of 2011-12-10', {}, PATIENT);
    const rows = within(screen.getByRole('table', { name: 'What follows' })).getAllByRole('row').slice(1).map((row) => row.textContent);
    // What the data say nothing of weighs nothing, and why is said.
    expect(rows).toEqual(['Recency20.0%50.0%0.800', 'Frequency20.0%0.0%–', 'Money60.0%50.0%0.800']);
    screen.getByText('no number');
    expect(sent.find((one) => one.path === '/learn/weights')?.body).toEqual({ card: 'card-two', model: 'draft' });
  });
});

describe('a learned scorecard', () => {
  it('is told in sentences by the lower end of the interval', () => {
    setLang('zh', false);
    const say = renderHook(() => useLearnedWords()).result.current;
    expect(sayResult(learned, say, 'zh')).toEqual(['从 3 个指标里选出 2 个入卡，最要紧的是最近一次购买、订单数。', '在没有用来学习的日期上，分得开（AUC 0.760）。']);
    expect(sayResult({ ...learned, attributes: [], held_out: { ...learned.held_out, auc: null } }, say, 'zh')).toEqual(['没有一个指标能把好坏分开，这张卡没有用处。', '留出的日期上两类客户太少，没法检验。']);
    expect([0.81, 0.74, 0.62, 0.55].map(strengthOfAuc)).toEqual(['sStrong', 'sGood', 'sWeak', 'sNone']);
    expect([0.01, 0.05, 0.2, 0.4, 0.9].map(strengthOf)).toEqual(['ivNone', 'ivWeak', 'ivMedium', 'ivStrong', 'ivSuspicious']);
  });

  it('shows bins as a table, and goes into the draft under a free name', async () => {
    draft.forget();
    draft.load({ ...model, scorecards: { learned_score: { attributes: {} } } }, 3, 1, []);
    show(<LearnedResult result={learned} />);
    const bins = screen.getByRole('table', { name: '最近一次购买' });
    expect(within(bins).getAllByRole('row').slice(1).map((row) => [...row.children].map((cell) => cell.textContent!.trim()))).toEqual([
      ['低于 30', '400', '40.0%', '40', '10.0%', '1.100', '0.110', '120'], ['30 及以上', '600', '60.0%', '360', '60.0%', '-1.200', '0.120', '20'], ['未知', '0', '0.0%', '0', '–', '0.000', '0.000', '60'],
    ]);
    await userEvent.click(screen.getByRole('button', { name: /退货/ }));
    screen.getByText('too little information value');
    const button = screen.getByRole('button', { name: 'Take into the draft' });
    await userEvent.click(button);
    // The name is taken, so another is asked for.
    const dialog = await screen.findByRole('dialog', {}, PATIENT);
    await userEvent.type(within(dialog).getByRole('textbox'), 'churn_card');
    await userEvent.click(within(dialog).getByRole('button', { name: 'OK' }));
    await waitFor(() => expect(went).toHaveBeenCalledWith({ to: '/scorecards/$name', params: { name: 'churn_card' } }), PATIENT);
    expect(draft.get().document?.scorecards?.churn_card).toEqual(learned.scorecard);
    draft.undo();
    expect(draft.get().document?.scorecards).toEqual({ learned_score: { attributes: {} } });
  });

  it('offers outcomes that can be foretold, and no amounts', () => {
    const say = renderHook(() => useLearnedWords()).result.current;
    expect(outcomesOf(model, say).map((one) => one.value)).toEqual(['churn', 'repurchase']);
    expect(outcomesOf({ ...model, validation: { outcomes: { margin: { kind: 'sum', of: 'amount' }, left: { title: 'Left', kind: 'orders', counts: 'not_happened' } } } }, say)).toEqual([{ value: 'left', label: 'Left' }]);
  });
});

describe('what is bought next', () => {
  it('is held against bestsellers, and rules can be searched', async () => {
    show(<NextResult result={next} />);
    const rows = within(screen.getByRole('table', { name: 'Better than bestsellers?' })).getAllByRole('row').slice(1).map((row) => row.textContent);
    expect(rows).toEqual(['Bought together used26.0% 23.0% – 29.0%0.1208.0%300', 'Bestsellers baseline20.0% 17.0% – 23.0%0.0906.0%10']);
    screen.getByText('The hit rate is +6 points above the baseline (+4 to +8), which is more than chance.');
    screen.getByText('Of 80 pairs of customer and item with a rhythm, 20 were expected to be bought again; 18 were.');
    expect(within(screen.getByRole('table', { name: 'Bought together' })).getAllByRole('row')).toHaveLength(2);
    await userEvent.type(screen.getByRole('searchbox', { name: 'Find an item' }), 'nothing');
    expect(within(screen.getByRole('table', { name: 'Bought together' })).getAllByRole('row')).toHaveLength(1);
  });

  it('says to one customer what and why, and what is overdue', async () => {
    answers['/customers/7/next'] = nextOf;
    show(<NextOf customer="7" />);
    await screen.findByText('Offer the tea cup first', {}, PATIENT);
    expect(within(screen.getByRole('table', { name: 'What to offer' })).getAllByRole('row')[1]!.textContent).toContain('32% of those who bought the teapot buy it');
    within(screen.getByRole('table', { name: 'Due to be bought again' })).getByText('overdue');
  });

  it('teaches where nothing was learned yet', async () => {
    answers['/customers/8/next'] = () => null;
    refused = { '/customers/8/next': { title: 'findings', status: 422, code: 'findings', errors: [{ code: 'next-not-learned', severity: 'error', message: { zh: '', en: '' } }] } };
    show(<NextOf customer="8" />);
    await screen.findByText('What customers buy next has not been learned', {}, PATIENT);
  });
});
