// @vitest-environment jsdom
// Predictions: from a wish to the document, what a prediction gives and where that can be used, and its model card.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App } from 'antd';
import { cleanup, fireEvent, render, renderHook, screen, within } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelDocument } from '../src/shared/api/document';
import type { ModelCard } from '../src/shared/api/learning';
import { catalogueOf, isWord, predictedOf, valuesOf } from '../src/shared/catalogue';
import { sayCondition } from '../src/shared/condition/say';
import { completions } from '../src/shared/formula/Editor';
import { setLang } from '../src/shared/i18n/language';
import { columnsOf, kindOf } from '../src/shared/predictions/kinds';
import { placeOfPath } from '../src/shared/rules/places';
import { answersOf, freeName, predictionOf, segmentOf, titled } from '../src/features/predictions/start';
import { restOf } from '../src/features/predictions/Field';
import { usePredictionWords } from '../src/features/predictions/words';

vi.mock('../src/shared/chart/useChart', () => ({ useChart: () => ({ box: { current: null }, chart: { current: null } }) }));
vi.mock('@tanstack/react-router', async (given) => ({ ...(await given<object>()), Link: ({ to, search, params, children, ...rest }: { to: string; search?: Record<string, string>; params?: { name?: string }; children: ReactNode }) => <a href={`${to.replace('$name', params?.name ?? '')}${search ? `?${new URLSearchParams(search)}` : ''}`} {...rest}>{children}</a>, useNavigate: () => vi.fn() }));
const { CardView } = await import('../src/features/predictions/CardView');
const { CLUSTER_FIELDS, ClustersForm, PROPENSITY_FIELDS, PropensityForm } = await import('../src/features/predictions/LearnedForms');
const { NewPrediction } = await import('../src/features/predictions/NewPrediction');

beforeAll(() => {
  // What antd asks of a browser and jsdom does not have.
  vi.stubGlobal('matchMedia', () => ({ matches: false, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
});
afterEach(cleanup);
const both = (zh: string, en = zh) => ({ zh, en });
const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}><App>{children}</App></QueryClientProvider>);

const model: ModelDocument = {
  gradus: 1, indicators: { orders: { kind: 'orders', title: { zh: '订单数', en: 'Orders' } }, city: { kind: 'most_frequent', of: 'city' } },
  predictions: { clv: { title: { zh: '终身价值', en: 'Lifetime value' }, lifetime: {} }, kind: { clusters: { features: ['orders'] } } },
};

describe('what a prediction gives', () => {
  it('has one kind, and the columns of that kind', () => {
    expect(kindOf({ lifetime: {} })).toBe('lifetime');
    expect(kindOf({})).toBe(null);
    expect(kindOf({ lifetime: {}, clusters: { features: [] } })).toBe(null);
    expect(columnsOf('clv', { lifetime: {} }).map((one) => one.name)).toEqual(['clv', 'clv_low', 'clv_high', 'clv_alive', 'clv_purchases', 'clv_to_date']);
    expect(columnsOf('m', { contract: { terms: 'spend', term: '1 year' } }).map((one) => one.name)).toEqual(['m', 'm_low', 'm_high', 'm_alive', 'm_renews', 'm_terms', 'm_to_date']);
    expect(columnsOf('k', { clusters: { features: [] } }).map((one) => [one.name, one.type])).toEqual([['k', 'category'], ['k_sure', 'decimal']]);
    expect(predictedOf(model)[3]!.title).toEqual({ zh: '终身价值（仍活跃概率）', en: 'Lifetime value (chance of being a customer still)' });
  });

  it('stands beside indicators in conditions, formulas and columns', () => {
    const catalogue = catalogueOf(model);
    expect(valuesOf(catalogue).map((one) => one.name)).toEqual(['orders', 'city', 'clv', 'clv_low', 'clv_high', 'clv_alive', 'clv_purchases', 'clv_to_date', 'kind', 'kind_sure']);
    expect(['city', 'kind', 'clv', 'kind_sure'].map((name) => isWord(catalogue, name))).toEqual([true, true, false, false]);
    expect(completions('customer', catalogue, 'zh').find((one) => one.label === 'clv_alive')?.detail).toBe('终身价值（仍活跃概率）');
    expect(sayCondition({ value: 'clv_alive', at_least: 0.5 }, 'zh', catalogue)).toBe('终身价值（仍活跃概率） ≥ 0.5');
    expect(sayCondition('clv > 100 and orders > 2', 'en', catalogue)).toBe('Lifetime value > 100 and Orders > 2');
    expect(placeOfPath('predictions.clv.lifetime.margin')).toEqual({ to: '/predictions/$name', params: { name: 'clv' } });
  });
});

describe('a new prediction', () => {
  it('writes only what was answered', () => {
    expect(predictionOf('value', answersOf('value'))).toMatchObject({ lifetime: {} });
    expect(predictionOf('value', answersOf('value')).lifetime).toEqual({});
    expect(predictionOf('value', { ...answersOf('value'), event: "it's", margin: 0.3, discount: 0.05, horizon: '24 months' }).lifetime).toEqual({ purchases: "kind = 'it''s'", margin: 0.3, discount: 0.05, horizon: '24 months' });
    expect(predictionOf('contract', { ...answersOf('contract'), event: 'renewal' }).contract).toEqual({ terms: "kind = 'renewal'", term: '1 year' });
    expect(predictionOf('churn', answersOf('churn')).propensity).toEqual({ outcome: { title: { zh: '流失', en: 'Churn' }, kind: 'orders', counts: 'not_happened', of_whom: 'active' }, horizon: '90 days' });
    expect(predictionOf('happens', { ...answersOf('happens'), event: 'response' }).propensity!.outcome).toEqual({ kind: 'count', where: "kind = 'response'", counts: 'happened' });
    expect(freeName('clv', ['clv', 'clv_2'])).toBe('clv_3');
    // And a title of its own, in both languages at once.
    const made = predictionOf('value', answersOf('value'));
    expect(titled(made, {}).title).toEqual({ zh: '客户终身价值', en: 'Lifetime value' });
    expect(titled(made, { clv: { title: '客户终身价值', lifetime: {} }, other: { title: { en: 'Lifetime value 2' }, lifetime: {} } }).title).toEqual({ zh: '客户终身价值 3', en: 'Lifetime value 3' });
  });

  it('makes a segment of those whom it points out', () => {
    expect(segmentOf('clv', model.predictions!.clv!)).toEqual({ title: { zh: '“终身价值”选出的客户', en: 'Customers by “Lifetime value”' }, base: 'everyone', where: { value: 'clv_alive', at_least: 0.5 } });
    expect(segmentOf('kind', model.predictions!.kind!).where).toEqual({ value: 'kind', equals: 'c1' });
  });

  it('is begun from what somebody wants to know', async () => {
    setLang('en', false);
    const done = vi.fn();
    const studio = vi.fn();
    show(<NewPrediction open taken={['clv']} onDone={done} onStudio={studio} onClose={() => {}} />);
    const dialog = document.querySelector<HTMLElement>('[role="dialog"]')!;
    const radio = (text: string) => fireEvent.click([...dialog.querySelectorAll('label')].find((one) => one.textContent!.startsWith(text))!.querySelector('input')!);
    const press = (text: string) => fireEvent.click([...dialog.querySelectorAll('button')].find((one) => one.textContent === text)!);
    radio('What kinds of customers');
    press('To the cluster studio');
    expect(studio).toHaveBeenCalled();
    radio('What customers are still worth');
    press('Next');
    fireEvent.change(dialog.querySelector('[aria-label="Share that stays"]')!, { target: { value: '30' } });
    const name = dialog.querySelector<HTMLInputElement>('#prediction-name')!;
    expect(name.value).toBe('clv_2');
    fireEvent.change(name, { target: { value: 'clv' } });
    expect(dialog.textContent).toContain('This name is taken');
    fireEvent.change(name, { target: { value: 'worth' } });
    fireEvent.submit(dialog.querySelector('form')!);
    await vi.waitFor(() => expect(done).toHaveBeenCalled());
    expect(done).toHaveBeenCalledWith('worth', expect.objectContaining({ lifetime: { margin: 0.3 } }));
  });
});

describe('when it is learned anew', () => {
  it('is a field of what is learned and of groups; what is usual stays unwritten', () => {
    setLang('en', false);
    const put = vi.fn();
    const spanOf = (label: string) => screen.getByRole('spinbutton', { name: label });
    show(<ClustersForm name="kind" one={{ features: ['orders'], refit: '1 month' }} put={put} path="predictions.kind.clusters" findings={[]} />);
    expect(spanOf('Found anew after')).toHaveProperty('value', '1');
    expect(document.body.textContent).toContain('a group that goes on keeps its name');
    fireEvent.change(spanOf('Found anew after'), { target: { value: '2' } });
    expect(put).toHaveBeenLastCalledWith('refit', '2 months');
    fireEvent.change(spanOf('Found anew after'), { target: { value: '3' } });
    expect(put).toHaveBeenLastCalledWith('refit', undefined);
    cleanup();
    show(<PropensityForm name="churn" one={{ outcome: { kind: 'orders' }, horizon: '90 days' }} put={put} path="predictions.churn.propensity" findings={[{ severity: 'error', code: 'x', path: 'predictions.churn.propensity.refit', message: both('太长', 'too long'), hint: both('x') }]} />);
    expect(spanOf('Learned anew after')).toHaveProperty('value', '3');
    expect(document.body.textContent).toContain('too long');
    fireEvent.change(spanOf('Learned anew after'), { target: { value: '6' } });
    expect(put).toHaveBeenLastCalledWith('refit', '6 months');
  });

  it('has what the check says of it at its field', () => {
    expect(CLUSTER_FIELDS).toContain('refit');
    expect(PROPENSITY_FIELDS).toContain('refit');
  });
});

describe('findings of a prediction', () => {
  const finding = (path: string) => ({ severity: 'error', code: 'x', path, message: both('x'), hint: both('x') });
  it('stand at their field; the rest is said above', () => {
    const all = [finding('predictions.clv'), finding('predictions.clv.lifetime.margin'), finding('predictions.clv.lifetime'), finding('predictions.clv_2.lifetime')];
    expect(restOf(all, 'predictions.clv', ['lifetime.margin']).map((one) => one.path)).toEqual(['predictions.clv', 'predictions.clv.lifetime']);
  });
});

const card: ModelCard = {
  name: 'churn', title: both('流失', 'Churn'), kind: 'propensity', state: 'fitted', method: both('逻辑回归', 'logistic regression'), as_of: '2011-09-30', horizon: '90 days',
  gives: [], data: [{ title: both('客户', 'Customers'), value: 4200, unit: 'count' }],
  training: [{ as_of: '2011-03-31', until: '2011-06-29', n: 1000, n_with: 250 }, { as_of: '2011-06-30', until: '2011-09-28', n: 1200, n_with: 300, held_out: true }],
  metrics: [{ name: 'auc', title: both('区分度', 'AUC'), value: 0.78, low: 0.75, high: 0.81, unit: 'number' }, { name: 'brier', title: both('Brier', 'Brier'), value: 0.15, unit: 'number' }],
  parameters: [{ name: 'r', value: 0.24, error: 0.01 }], factors: [{ name: 'orders', title: both('订单数', 'Orders'), weight: 0.6, direction: 'down' }],
  sure: both('十次里有八次认对。', 'Right eight times of ten.'), cautions: [both('只有两个日期', 'Two dates only')],
  now: { as_of: '2011-12-10', n_customers: 4300, n_known: 4200, total: null, mean: 0.3, to_date: null, n_at_risk: 900, at_risk: [{ name: 'churn', from: 0.5 }], bins: [{ from: 0, to: 0.5, count: 3300, range: { name: 'churn', from: 0, below: 0.5 } }], tiers: [] },
};

describe('a model card', () => {
  it('says how sure, from which dates, and how good with its interval', () => {
    setLang('en', false);
    show(<CardView card={card} />);
    expect(screen.getByText('Right eight times of ten.')).toBeTruthy();
    const rows = (name: string) => within(document.querySelector<HTMLElement>(`table[aria-label="${name}"]`)!).getAllByRole('row').slice(1).map((row) => row.textContent);
    expect(rows('How good it is')).toEqual(['AUC0.78 0.75 – 0.81', 'Brier0.15–']);
    expect(rows('Dates it was learned from')).toEqual(['2011-03-312011-06-291,000250 (25.0%)learned from', '2011-06-302011-09-281,200300 (25.0%)held out']);
    expect(rows('What weighs most')).toEqual(['Ordersmore of it, less likely60%']);
    expect(document.body.textContent).toContain('± 0.01');
    expect(document.body.textContent).toContain('More likely than not900');
  });

  it('of groups says what is typical of each, what parts them, and whether what it reads has moved', () => {
    setLang('en', false);
    const typical = [{ title: both('订单数', 'Orders'), mean: 4, difference: 0.2, others: 4 }, { title: both('消费', 'Spend'), mean: 900, difference: -1.34, others: 2000 }];
    show(<CardView card={{
      ...card, kind: 'clusters', metrics: [], training: [], now: null, sure: both(''), cautions: [], fitted_at: '2011-10-01', factors: [{ name: 'spend', title: both('消费', 'Spend'), weight: 0.7, direction: 'mixed' }],
      data: [{ title: both('给出', 'gives'), value: both('概率', 'a probability'), unit: 'text' }], groups: [{ name: 'c1', title: both('少而小', 'Seldom and little'), n: 600, share: 0.6, typical }],
      inputs_drift: [{ name: 'spend', title: both('消费', 'Spend'), psi: 0.31, band: 'shifted', words: both('变了', 'it moved') }], left_out: [[both('国家', 'Country'), both('都一样', 'the same for all')]],
    }} />);
    const rows = (name: string) => within(document.querySelector<HTMLElement>(`table[aria-label="${name}"]`)!).getAllByRole('row').map((row) => row.textContent);
    // The furthest from everybody first.
    expect(rows('What is typical of each group')[1]).toBe('Seldom and little c1600 60.0%Spend 900 (everybody 2,000) ▼1.3Orders 4 (everybody 4) ▲0.2');
    // Nothing is more or less likely here.
    expect(rows('What parts the groups')[1]).toBe('Spend70%');
    expect(rows('Whether what it reads has moved').slice(1)).toEqual(['Spendit moved0.310shifted']);
    // Of groups whose standing was not measured nothing is said.
    expect(rows('What is typical of each group')[0]).toBe('GroupCustomersFurthest from everybody');
    expect(document.body.textContent).toContain('learned 2011-10-01');
    expect(document.body.textContent).toContain('givesa probability');
    expect(document.body.textContent).toContain('Country: the same for all');
  });

  it('of groups tells how well each stands apart, where that was measured, and doubts what is not stable', () => {
    setLang('en', false);
    const group = (name: string, more: object) => ({ name, title: both(name), n: 500, share: 0.5, typical: [], ...more });
    show(<CardView card={{ ...card, kind: 'clusters', now: null, groups: [group('c1', { silhouette: 0.482, stability: 0.97 }), group('c2', { silhouette: -0.1, stability: 0.61 }), group('c3', { silhouette: null })] }} />);
    const rows = within(document.querySelector<HTMLElement>('table[aria-label="What is typical of each group"]')!).getAllByRole('row');
    expect(rows.map((row) => row.textContent)).toEqual(['GroupCustomersSilhouetteStabilityFurthest from everybody', 'c1 c1500 50.0%0.4820.97', 'c2 c2500 50.0%-0.1000.61not to be trusted much', 'c3 c3500 50.0%––']);
    expect([...rows[2]!.querySelectorAll('.warn')].map((one) => one.textContent)).toEqual(['-0.100', '0.61not to be trusted much']);
    expect(document.body.textContent).toContain('Stability says whether other customers would give this group');
  });

  it('lists what it reads by how far it moved, and says what to do where something shifted', () => {
    setLang('zh', false);
    const moved = (name: string, psi: number, band: 'stable' | 'watch' | 'shifted', words: string) => ({ name, title: both(name), psi, band, words: both(words) });
    const drift = { psi: 0.02, band: 'stable' as const, against: '2011-11-30', bins: [], words: both('') };
    show(<CardView card={{ ...card, now: null, drift, inputs_drift: [moved('orders', 0.01, 'stable', ''), moved('spend', 0.4, 'shifted', '0–10：5% → 20%'), moved('age', 0.15, 'watch', '9：1% → 3%')] }} />);
    const panel = document.querySelector<HTMLElement>('table[aria-label="它依据的指标变了没有"]')!;
    expect(within(panel).getAllByRole('row').slice(1).map((row) => row.textContent)).toEqual(['spend0–10：5% → 20%0.400明显偏移', 'age9：1% → 3%0.150需留意', 'orders–0.010稳定']);
    expect(document.body.textContent).toContain('3 项里有 1 项明显偏移');
    expect(document.body.textContent).toContain('重新学习并检验一次');
    expect(document.body.textContent).toContain('与 2011-11-30 的评级相比。');
    expect(screen.getByRole('link', { name: '看各项的分布' }).getAttribute('href')).toBe('/drift');
    cleanup();
    show(<CardView card={{ ...card, now: null, inputs_drift: [moved('orders', 0.01, 'stable', '')] }} />);
    expect(document.body.textContent).toContain('没有一项明显偏移。');
    expect(document.body.textContent).toContain('与前一次评级相比。');
  });

  it('that was refused says why and what would help', () => {
    setLang('zh', false);
    show(<CardView card={{ ...card, state: 'refused', metrics: [], now: null, refusal: { code: 'contract-seen', message: both('客户的离开是看得见的'), hint: both('请改用合约') } }} />);
    expect(document.body.textContent).toContain('为什么不作预测: 客户的离开是看得见的');
    expect(document.body.textContent).toContain('请改用合约');
    expect(document.body.textContent).toContain('不作预测');
  });

  it('has a word for each kind and state', () => {
    const say = renderHook(() => usePredictionWords()).result.current;
    for (const key of ['lifetime', 'contract', 'propensity', 'clusters', 'trained', 'fitted', 'refused', 'not_fitted'] as const) expect(say(key)).not.toBe(key);
  });
});
