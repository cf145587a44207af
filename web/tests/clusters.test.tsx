// @vitest-environment jsdom
// The cluster studio: numbers of groups side by side, profiles against everybody, and what becomes of them in the draft.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App } from 'antd';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelDocument } from '../src/shared/api/document';
import type { ClustersLearned } from '../src/shared/api/learning';
import { setLang } from '../src/shared/i18n/language';
import { KTable } from '../src/features/clusters/KTable';
import { Profiles } from '../src/features/clusters/Profiles';
import { firstFeatures, namesOfGroups, predictionOf, taken } from '../src/features/clusters/take';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
});
afterEach(cleanup);
const both = (zh: string, en = zh) => ({ zh, en });
const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}><App>{children}</App></QueryClientProvider>);

const tried = (k: number, silhouette: number, stability: number) => ({ k, inertia: 1, silhouette, gap: 0.2, gap_error: 0.01, stability, smallest: 40 });
const result: ClustersLearned = {
  as_of: '2011-12-10', n: 100, n_left_out: 3, seconds: 1, k: 2, advised: 3, stable: true, by_gap: 3,
  features: [{ name: 'orders', title: both('订单数', 'Orders'), mean: 4, deviation: 2 }, { name: 'spend', title: both('金额', 'Spend'), mean: 100, deviation: 50 }],
  tried: [tried(2, 0.4, 0.9), tried(3, 0.55, 0.6)],
  clusters: [
    { name: 'c1', title: both('低频', 'Seldom'), n: 70, share: 0.7, typical: [{ feature: 'orders', title: both('订单数', 'Orders'), mean: 2, others: 8, difference: -1.2 }] },
    { name: 'c2', title: both('高频', 'Often'), n: 30, share: 0.3, typical: [{ feature: 'orders', title: both('订单数', 'Orders'), mean: 8, others: 2, difference: 1.2 }, { feature: 'spend', title: both('金额', 'Spend'), mean: 160, others: 70, difference: 0.4 }] },
  ],
  scatter: null, words: both('两类', 'two groups'), cautions: [], prediction: { clusters: { features: ['orders', 'spend'], scale: 'log', seed: 7 } },
};
const model: ModelDocument = {
  gradus: 1,
  indicators: { recent: { kind: 'days_since' }, spend90: { kind: 'sum', window: '90 days' }, spend: { kind: 'sum' }, orders: { kind: 'orders' }, city: { kind: 'most_frequent' } },
  segments: { old: { base: 'everyone', where: 'orders > 3' } },
};

describe('what was found', () => {
  it('becomes a prediction that gives the same again, with the names that people gave', () => {
    expect(namesOfGroups(result, { c2: both('常客', 'Regulars') })).toEqual({ c1: both('低频', 'Seldom'), c2: both('常客', 'Regulars') });
    expect(predictionOf(result, {}).clusters).toEqual({ features: ['orders', 'spend'], scale: 'log', seed: 7, k: 2, names: { c1: both('低频', 'Seldom'), c2: both('高频', 'Often') } });
  });

  it('becomes segments beside those that are there, and leaves the draft that it came from', () => {
    const next = taken(model, 'kind', predictionOf(result, {}), true);
    expect(Object.keys(next.segments!)).toEqual(['old', 'kind_c1', 'kind_c2']);
    expect(next.segments!.kind_c2).toEqual({ title: both('高频', 'Often'), base: 'everyone', where: { value: 'kind', equals: 'c2' } });
    expect(model.predictions).toBe(undefined);
    // Taken once more: its title and whom it is asked of stay.
    const again = taken({ ...next, predictions: { kind: { title: 'Mine', among: 'orders > 0', clusters: { features: [] } } } }, 'kind', predictionOf(result, {}), false);
    expect(again.predictions!.kind).toMatchObject({ title: 'Mine', among: 'orders > 0', clusters: { k: 2 } });
  });

  it('is asked of how recent, how often and how much to begin with', () => {
    expect(firstFeatures(model)).toEqual(['recent', 'orders', 'spend']);
    expect(firstFeatures(null)).toEqual([]);
  });
});

describe('the tables', () => {
  it('show each number of groups, advise one, mark what is not stable, and open another', () => {
    setLang('en', false);
    const onK = vi.fn();
    show(<KTable result={result} onK={onK} busy={false} />);
    const rows = within(document.querySelector<HTMLElement>('table')!).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent)).toEqual(['2 0.4000.200 ± 0.0100.9040shown', '3 advised0.5500.200 ± 0.0100.6040Show 3 groups']);
    expect(rows[1]!.querySelector('.warn')?.textContent).toBe('0.60');
    fireEvent.click(screen.getByText('Show 3 groups'));
    expect(onK).toHaveBeenCalledWith(3);
  });

  it('tell each group beside everybody, in numbers and signs and not by colour alone', () => {
    setLang('en', false);
    show(<Profiles result={result} title={(group) => group} />);
    const rows = within(document.querySelector<HTMLElement>('table')!).getAllByRole('row');
    expect(rows.map((row) => row.textContent)).toEqual(['Featurec1c2Everybody', 'Customers70 70%30 30%100', 'Orders2 ▼1.28 ▲1.24', 'Spend–160 ▲0.4100']);
  });

  it('tell how well each group stands apart and is found again, where that was measured', () => {
    setLang('en', false);
    const [seldom, often] = result.clusters;
    show(<Profiles result={{ ...result, clusters: [{ ...seldom!, silhouette: 0.52, stability: 0.96 }, { ...often!, silhouette: null, stability: 0.6 }] }} title={(group) => group} />);
    const rows = within(document.querySelector<HTMLElement>('table')!).getAllByRole('row');
    // All together beside them.
    expect(rows.slice(2, 4).map((row) => row.textContent)).toEqual(['Silhouette0.52–0.40', 'Stability0.960.600.90']);
    expect([...document.querySelectorAll('.warn')].map((one) => one.textContent)).toEqual(['0.60']);
  });
});
