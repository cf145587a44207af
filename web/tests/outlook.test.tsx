// @vitest-environment jsdom
// What is to be expected: of one customer, with what there was and what is to come apart; and of everybody, by tier.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Explanation } from '../src/shared/api/contract';
import { operations } from '../src/shared/api/operations';
import type { ModelCard, PredictionReason } from '../src/shared/api/learning';
import { answerWith } from '../src/shared/api/client';
import { FactorBars } from '../src/shared/chart/FactorBars';
import { setLang } from '../src/shared/i18n/language';
import { betterOf, strongest, termsOf, toldOf } from '../src/features/customers/outlook';

const go = vi.fn();
/** Processors may be busy with other things. */
const PATIENT = { timeout: 30_000 };
vi.mock('../src/shared/chart/useChart', () => ({ useChart: () => ({ box: { current: null }, chart: { current: null } }) }));
vi.mock('@tanstack/react-router', async (given) => ({ ...(await given<object>()), Link: ({ to, params, search, children }: { to: string; params?: { name?: string }; search?: { tab?: string }; children: ReactNode }) => <a href={`${to.replace('$name', params?.name ?? '')}${search?.tab ? `?tab=${search.tab}` : ''}`}>{children}</a>, useNavigate: () => go }));
const { HeadOutlook, Outlook } = await import('../src/features/customers/Outlook');
const { Outlook: OutlookOfAll } = await import('../src/features/dashboards/Outlook');

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  for (const one of ['get /predictions', 'get /predictions/{name}']) (operations as Set<string>).add(one);
});
afterEach(() => { cleanup(); go.mockClear(); });
const both = (zh: string, en = zh) => ({ zh, en });
const show = (children: ReactNode, enabled = false) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled, retry: false } } })}>{children}</QueryClientProvider>);
const value = (name: string, of: string | null) => ({ name, title: both(name), value: of });

const clv: PredictionReason = {
  name: 'clv', title: both('终身价值', 'Lifetime value'), kind: 'lifetime', lines: [both('预计再买 4.2 次', 'to buy 4.2 times more')],
  given: [value('clv', '820.5'), value('clv_low', '300'), value('clv_high', '1500'), value('clv_alive', '0.31'), value('clv_purchases', '4.2'), value('clv_to_date', '1200')],
};
const churn: PredictionReason = {
  name: 'churn', title: both('流失概率', 'Churn'), kind: 'propensity', lines: [], given: [value('churn', '0.62')],
  factors: [{ name: 'spend', title: both('消费', 'Spend'), value: '120', amount: -0.2 }, { name: 'recency', title: both('距上次', 'Recency'), value: '88', amount: 0.9 }, { name: 'visits', title: both('到店', 'Visits'), value: null, amount: 0.01 }],
};
const why = { indicators: [['recency', both('距上次', 'Recency'), '88']], predictions: [clv, churn] } as unknown as Explanation;

describe('of one customer', () => {
  it('reads the columns by what they mean; nothing is made up', () => {
    expect(toldOf(clv)).toEqual({ value: 820.5, low: 300, high: 1500, alive: 0.31, purchases: 4.2, toDate: 1200, renews: null, terms: null, sure: null });
    expect(toldOf({ ...clv, given: [value('clv', null)] }).value).toBe(null);
    expect(termsOf({ gradus: 1, predictions: { clv: { lifetime: { margin: '0.3' } } } }, clv)).toEqual({ horizon: '12 months', discount: 0.1, margin: 0.3 });
    expect(termsOf({ gradus: 1, predictions: { clv: { contract: { terms: 'spend', term: '1 year', discount: 0.05 } } } }, clv)).toEqual({ horizon: '3 years', discount: 0.05, margin: 1 });
    expect(termsOf(undefined, clv)).toBe(null);
    expect(strongest(churn, 2).map((one) => one.name)).toEqual(['recency', 'spend']);
  });

  it('shows what there was and what is to come apart, with the interval, and reasons as bars', () => {
    setLang('en', false);
    show(<Outlook why={why} />);
    const [worth, chance] = [...document.querySelectorAll('section')];
    const figures = (box: Element) => [...box.querySelectorAll('.figure')].map((one) => one.textContent);
    expect(figures(worth!)).toEqual(['To dateCN¥1,200.00what there was', 'The next CN¥820.50expected, discounted', 'Chance of being a customer still31.0%', 'Purchases to expect4.2'].map((text) => text.replaceAll('CN¥', '¥')));
    expect(worth!.textContent).toContain('For nine of ten such customers between ¥300.00 and ¥1,500.00');
    expect(worth!.textContent).toContain('to buy 4.2 times more');
    expect(figures(chance!)).toEqual(['Probability62.0%']);
    const rows = within(chance!.querySelector('table')!).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent)).toEqual(['Recency88+0.9', 'Spend120-0.2', 'VisitsUnknown+0.01']);
    expect(rows[0]!.querySelector('a')).toBeTruthy();
    expect(rows.map((row) => row.querySelector('i')?.className)).toEqual(['plus', 'away', 'plus']);
    expect(worth!.querySelector('a')!.getAttribute('href')).toBe('/predictions/clv?tab=card');
  });

  it('judges by colour only what is good or bad news', () => {
    const with_ = (outcome: object) => ({ gradus: 1, predictions: { churn: { propensity: { outcome, horizon: '90 days' } } } }) as never;
    expect(betterOf(undefined, clv)).toBe('more');
    expect(betterOf(undefined, churn)).toBe(null);
    expect(betterOf(with_({ kind: 'orders', counts: 'not_happened' }), churn)).toBe('less');
    expect(betterOf(with_({ kind: 'orders' }), churn)).toBe('more');
    expect(betterOf(with_({ kind: 'count', where: "kind = 'complaint'", better: 'less' }), churn)).toBe('less');
    render(<FactorBars label="why" head={['what', null, 'effect']} better="less" bars={[{ name: 'a', title: 'A', effect: 2, said: '+2' }, { name: 'b', title: 'B', effect: -1, said: '-1' }]} />);
    // What raises the chance of leaving is red, what lowers it green.
    expect([...document.querySelectorAll('.factors i')].map((one) => one.className)).toEqual(['minus', 'better']);
  });

  it('tells two of one title apart by their names', () => {
    setLang('zh', false);
    show(<Outlook why={{ indicators: [], predictions: [clv, { ...clv, name: 'worth' }, churn] } as unknown as Explanation} />);
    expect([...document.querySelectorAll('h3')].map((one) => one.textContent)).toEqual(['终身价值 (clv)', '终身价值 (worth)', '流失概率']);
  });

  it('teaches where the model foretells nothing', () => {
    setLang('zh', false);
    show(<Outlook why={{ indicators: [], predictions: [] } as unknown as Explanation} />);
    expect(screen.getByText('去建预测').getAttribute('href')).toBe('/predictions');
  });

  it('says the two that are asked for first at the head', () => {
    setLang('zh', false);
    show(<HeadOutlook all={[churn, clv]} />);
    expect([...document.querySelectorAll('.figure')].map((one) => one.textContent)).toEqual(['终身价值¥820.50¥300 – ¥1,500', '流失概率62.0%']);
  });
});

const level = (name: string, n: number, total: number, risk: number) => ({ level: name, title: both(name), n, n_known: n, total, mean: total / n, n_at_risk: risk });
const card = {
  name: 'clv', title: both('终身价值', 'Lifetime value'), kind: 'lifetime', state: 'fitted', horizon: '12 months', discount: 0.1, gives: [], data: [], training: [], metrics: [], parameters: [], factors: [], sure: both(''), cautions: [],
  now: { as_of: '2011-12-10', n_customers: 100, n_known: 90, total: 45_000, mean: 500, to_date: 80_000, n_at_risk: 30, at_risk: [{ name: 'clv_alive', below: 0.5 }], bins: [], tiers: [{ scheme: 'member', title: both('会员等级', 'Membership'), levels: [level('silver', 60, 15_000, 25), level('gold', 30, 30_000, 5)] }] },
} as ModelCard;

describe('of everybody', () => {
  it('has value and risk by tier, and every figure opens its customers', async () => {
    setLang('en', false);
    // Figures of everybody come with the card, not with the list.
    answerWith(async (request) => Response.json(request.url.endsWith('/clv') ? card : { items: [{ ...card, now: null }] }));
    show(<OutlookOfAll />, true);
    const risk = await screen.findByText('Customers at risk', {}, PATIENT);
    expect(risk.closest('button')!.textContent).toBe('Customers at risk3033.3% of them');
    fireEvent.click(risk.closest('button')!);
    expect(go).toHaveBeenLastCalledWith({ to: '/customers', search: { ranges: 'clv_alive<0.5' } });
    fireEvent.click(screen.getByText('Expected value of the next 12 months').closest('button')!);
    expect(go).toHaveBeenLastCalledWith({ to: '/customers', search: { sort: '-clv', columns: 'clv' } });
    fireEvent.click(document.querySelector('[aria-label^="Customers at risk by Membership: As table"]')!);
    fireEvent.click([...document.querySelectorAll('button')].find((one) => one.textContent === 'gold')!);
    expect(go).toHaveBeenLastCalledWith({ to: '/customers', search: { scheme: 'member', level: 'gold', ranges: 'clv_alive<0.5' } });
  });

  it('shows tiers also where the figures come after the card, and where the chosen scheme is gone', async () => {
    setLang('en', false);
    const tiersOf = (...schemes: string[]) => ({ ...card, now: { ...card.now!, tiers: schemes.map((scheme) => ({ ...card.now!.tiers[0]!, scheme, title: both(scheme) })) } });
    let whole: ModelCard = { ...card, now: null };
    answerWith(async (request) => Response.json(request.url.endsWith('/clv') ? whole : { items: [{ ...card, now: null }] }));
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    render(<QueryClientProvider client={client}><OutlookOfAll /></QueryClientProvider>);
    const anew = async (next: ModelCard) => { whole = next; await client.refetchQueries({ queryKey: ['/predictions/{name}'] }); };
    await screen.findByText(/^Refused:/, {}, PATIENT);
    await anew(tiersOf('member', 'credit'));
    await screen.findByText('Expected value by member', {}, PATIENT);
    fireEvent.click(screen.getByText('credit'));
    await screen.findByText('Expected value by credit', {}, PATIENT);
    await anew(tiersOf('member', 'other'));
    await screen.findByText('Expected value by member', {}, PATIENT);
  });

  it('says why one was refused, and teaches where there is none', async () => {
    setLang('zh', false);
    answerWith(async () => Response.json({ items: [{ ...card, state: 'refused', now: null, refusal: { code: 'x', message: both('太少'), hint: both('再等等') } }] }));
    show(<OutlookOfAll />, true);
    expect((await screen.findByText(/不作预测：太少/)).textContent).toContain('再等等');
    cleanup();
    answerWith(async () => Response.json({ items: [] }));
    show(<OutlookOfAll />, true);
    expect((await screen.findByText('去建预测')).getAttribute('href')).toBe('/predictions');
  });
});
