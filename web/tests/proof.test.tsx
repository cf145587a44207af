// @vitest-environment jsdom
// Whether grades were right, and what lifts or keeps a tier: figures become sentences, and figures open their customers.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, renderHook, screen, within } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BacktestDate, Groups, Interval, ScoreJudged, SimulatedHistory, Whole } from '../src/shared/api/validation';
import { setLang } from '../src/shared/i18n/language';
import { GroupsTable } from '../src/features/backtests/GroupsTable';
import { Differs } from '../src/features/challenger/Differs';
import { Members } from '../src/features/backtests/members';
import { mainScore, meaning, strength } from '../src/features/backtests/meaning';
import { useBacktestWords } from '../src/features/backtests/words';
import { moneyIn, sayWay, tellCustomer, useWaysWords, waysOf } from '../src/features/customers/lifting';
import { quartersUpTo } from '../src/features/reviews';
import HistoryResult from '../src/features/simulate/HistoryResult';
import { scaleOf } from '../src/shared/chart/IntervalBar';

const went = vi.hoisted(() => vi.fn());
vi.mock('@tanstack/react-router', () => ({
  Link: ({ to, search, params: _, children, ...rest }: { to: string; search?: Record<string, string>; params?: object; children: ReactNode }) => <a href={`${to}?${new URLSearchParams(search)}`} {...rest}>{children}</a>,
  useNavigate: () => went, useSearch: () => ({}), useBlocker: () => {},
}));
vi.mock('../src/shared/chart/useChart', () => ({ useChart: () => ({ box: { current: null }, chart: { current: null } }) }));
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} })) as never;
afterEach(cleanup);
const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>{children}</QueryClientProvider>);
const both = (zh: string, en = zh) => ({ zh, en });
const about = (value: number, by: number): Interval => ({ value, low: value - by, high: value + by });

const outcomes: Whole[] = [{ title: both('复购率', 'Repurchase'), is_share: true, better: 'more', outcome: 'again', n: 300, n_with: 150, total: null, each: about(0.5, 0.05) }];
const group = (name: string, n: number, share: number) => ({ name, title: both(name), n, outcomes: [{ outcome: 'again', n, n_with: n * share, total: null, each: about(share, 0.1) }] });
const tiers: Groups = { name: 'member', title: both('会员等级', 'Membership'), groups: [group('bronze', 100, 0.3), group('silver', 100, 0.6), group('gold', 100, 0.5)], orders: [{ outcome: 'again', standing: 'contradicted', contradictions: [{ lower: 'silver', higher: 'gold', difference: about(-0.1, 0.05), p: 0.01, words: both('黄金不如白银', 'gold is worse than silver') }], words: both('') }] };
const score = (name: string, auc: number): ScoreJudged => ({ score: name, title: both(name), n_unknown: 0, bands: tiers, lifts: [], separations: [{ outcome: 'again', n: 300, auc: about(auc, 0.02), gini: 2 * auc - 1, ks: 0.4, words: both('') }], calibrations: [] });
const date: BacktestDate = { as_of: '2011-07-10', until: '2011-10-08', judged: { n_customers: 300, outcomes, tiers: [tiers], scores: [score('weak', 0.56), score('value', 0.78)] }, leaks: [], against: null, challenge: null, words: both('') };

describe('a back-test', () => {
  it('is told in sentences: order, how well customers are told apart, what contradicts', () => {
    setLang('zh', false);
    const say = renderHook(() => useBacktestWords()).result.current;
    const told = meaning(date, say, 'zh', (value) => `${Math.round(value * 100)}%`);
    expect(told).toEqual(['会员等级：0 项结果的次序成立、1 项相反。', '按复购率看，value能把客户分开：两类客户各取一位，凭分数认对的机会是 78%。', '黄金不如白银。']);
  });

  it('does not count luck as merit: the lower end of the interval decides', () => {
    expect([0.9, 0.72, 0.6, 0.53].map(strength)).toEqual(['mStrong', 'mGood', 'mWeak', 'mNone']);
    expect(mainScore(date.judged.scores)?.score).toBe('value');
    expect(mainScore([])).toBeUndefined();
  });

  it('shows the highest tier first, each with its interval, and says where the order is wrong', () => {
    setLang('en', false);
    show(<GroupsTable kind="tier" groups={tiers} outcomes={outcomes} />);
    const rows = within(screen.getByRole('table', { name: 'Membership' })).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent)).toEqual(['gold10050.0% 40.0% – 60.0%', 'silver10060.0% 50.0% – 70.0%', 'bronze10030.0% 20.0% – 40.0%', 'out of ordergold is worse than silver']);
  });

  it('opens the customers of a group, as long as they were kept', () => {
    setLang('en', false);
    show(<GroupsTable kind="tier" groups={tiers} outcomes={outcomes} />);
    expect(screen.queryByRole('button', { name: '100' })).toBeNull();
    cleanup();
    show(<Members value={{ job: 'ab12', as_of: '2011-07-10' }}><GroupsTable kind="tier" groups={tiers} outcomes={outcomes} /></Members>);
    fireEvent.click(screen.getAllByRole('button', { name: '100' })[1]!);
    expect(went).toHaveBeenLastCalledWith({ to: '/backtests/customers', search: { job: 'ab12', as_of: '2011-07-10', kind: 'tier', name: 'member', group: 'silver' } });
  });

  it('puts estimates on one scale', () => {
    expect(scaleOf([about(0.5, 0.1), null], 0)).toEqual({ low: 0, high: 0.6 });
    expect(scaleOf([])).toEqual({ low: 0, high: 1 });
    expect(scaleOf([about(2, 0)])).toEqual({ low: 1, high: 3 });
  });
});

const standing = { scheme: 'member', title: both('会员等级', 'Membership'), level: 'silver', provisional: false, value: '40', levels: [{ level: 'bronze', title: both('青铜', 'Bronze') }, { level: 'silver', title: both('白银', 'Silver') }, { level: 'gold', title: both('黄金', 'Gold') }], axes: [] };
const goal = { scheme: 'member', level: 'gold', keeps: false, by: '2011-12-31', out_of_reach: null, words: both('') };
const order = (times: number, amount: number | null) => ({ kind: 'order_line', title: both('订单', 'order'), times, amount });
const money = (amount: number) => `£${amount}`;

describe('what lifts or keeps a tier', () => {
  it('is said for the employee and for the customer, one of several ways', () => {
    const [one] = waysOf({ standings: [standing], goals: [{ ...goal, ways: [[order(1, 717)], [order(2, null)], [order(1, 300), { kind: 'survey', title: both('问卷', 'survey'), times: 1, amount: null }]] }] });
    setLang('zh', false);
    const zh = renderHook(() => useWaysWords()).result.current;
    expect(one!.goals[0]!.ways.map((way) => sayWay(way, zh, 'zh', money))).toEqual(['一笔 £717 的订单', '2 笔任意金额的订单', '一笔 £300 的订单，并且问卷一次']);
    expect(tellCustomer(one!, zh, 'zh', money)).toBe('在“会员等级”里，您现在是“白银”。2011-12-31 前再有一笔 £717 的订单，或者2 笔任意金额的订单，或者一笔 £300 的订单，并且问卷一次，就能升为“黄金”。');
    // What is done too early is too long ago by then.
    const late = waysOf({ standings: [standing], goals: [{ ...goal, not_before: '2011-12-20', ways: [[order(1, 717)]] }] })[0]!;
    expect(tellCustomer(late, zh, 'zh', money)).toBe('在“会员等级”里，您现在是“白银”。2011-12-31 前再有一笔 £717 的订单，就能升为“黄金”。（请在 2011-12-20 当天或之后完成。）');
    cleanup();
    setLang('en', false);
    const en = renderHook(() => useWaysWords()).result.current;
    expect(tellCustomer(waysOf({ standings: [standing], goals: [{ ...goal, ways: [[order(1, 717)]] }] })[0]!, en, 'en', money)).toBe('In “Membership” you are “Silver” now. By 2011-12-31, one order of £717 takes you to “Gold”.');
    expect(tellCustomer(late, en, 'en', money)).toBe('In “Membership” you are “Silver” now. By 2011-12-31, one order of £717 takes you to “Gold”. (Not before 2011-12-20, please.)');
  });

  it('writes amounts as the page does, also in the words of the server', () => {
    expect(moneyIn('one order of GBP 1,488', 'GBP', money)).toBe('one order of £1488');
    expect(moneyIn('2 笔各 381.50 GBP 的订单', 'GBP', money)).toBe('2 笔各 £381.5 的订单');
    expect(moneyIn('EUR 5 for 3 GBPs', 'GBP', money)).toBe('EUR 5 for 3 GBPs');
  });

  it('tells what comes by itself from what is out of reach', () => {
    const [one] = waysOf({ standings: [standing], goals: [{ ...goal, keeps: true, level: 'silver', ways: [] }, { ...goal, ways: [], out_of_reach: both('太远', 'too far') }] });
    expect(one!.goals.map((own) => own.state)).toEqual(['by_itself', 'out_of_reach']);
    expect(waysOf({ standings: [standing] })[0]!.goals).toEqual([]);
  });
});

describe('a challenger in shadow', () => {
  const differs = { scheme: 'member', title: both('会员等级', 'Membership'), n_differ: 250, n_higher: 7, n_lower: 243, cuts: [{ level: 'gold', champion: 60, challenger: 65 }, { level: 'silver', champion: null, challenger: 30 }] };
  const titles = (name: string) => ({ gold: '黄金', silver: '白银' })[name] ?? name;
  const said = () => document.querySelector('.sentence')!.textContent;

  it('says in whole sentences whom it would put elsewhere, and by which other cuts', () => {
    setLang('zh', false);
    show(<Differs of={differs} among={1000} levelTitle={titles} />);
    expect(said()).toBe('会员等级：250 位不同（占 25.0%），其中 7 位更高，243 位更低。分界线不同：黄金 60 → 65、白银 – → 30。');
    cleanup();
    setLang('en', false);
    show(<Differs of={differs} among={1000} levelTitle={(name) => name} />);
    expect(said()).toBe('Membership: 250 differ (25.0%); 7 higher, 243 lower. The cuts differ: gold 60 → 65, silver – → 30.');
  });

  it('says so where everybody stays, without cuts and without customers', () => {
    setLang('zh', false);
    show(<Differs of={{ ...differs, n_differ: 0, n_higher: 0, n_lower: 0, cuts: undefined }} among={0} levelTitle={titles} />);
    expect(said()).toBe('会员等级：每位客户都一样。');
  });
});

it('offers the quarters up to today, newest first', () => {
  expect(quartersUpTo('2011-02-10').slice(0, 3)).toEqual(['2011-Q1', '2010-Q4', '2010-Q3']);
});

describe('a simulation over the past', () => {
  const level = (name: string, count: number, before: number) => ({ level: name, title: both(name), count, before });
  const step = (as_of: string, low: number, high: number) => ({ as_of, levels: [level('low', low, low + 1), level('high', high, high - 1)], moves: { up: 3, down: 2, entered: 0, left: 0 }, matrix: [{ from: 'low', to: 'high', count: 3 }], moves_before: { up: 1, down: 0, entered: 0, left: 0 }, benefit_cost: null, benefit_cost_before: null });
  const past: SimulatedHistory = { id: 'ab12', as_of: ['2011-10-31', '2011-11-30'], before_version: 1, version: null, n_reused: 0, seconds: 1, schemes: [{ scheme: 'member', title: both('会员等级', 'Membership'), steps: [step('2011-10-31', 10, 5), step('2011-11-30', 9, 6)], flapping: [{ of: 'with_rules', moves: 5, customers_moved: 4, back_and_forth: 2, customers_back_and_forth: 1 }, { of: 'without_rules', moves: 9, customers_moved: 6, back_and_forth: 5, customers_back_and_forth: 4 }] }] };

  it('opens the customers of every level, move and of those who go back and forth', () => {
    setLang('en', false);
    show(<HistoryResult result={past} />);
    const chain = screen.getByRole('table', { name: 'Tier by tier, date by date' });
    const second = within(chain).getByRole('rowheader', { name: '2011-11-30' }).closest('tr')!;
    const links = within(second).getAllByRole('link').map((one) => `${one.textContent} ${one.getAttribute('href')}`);
    expect(links).toEqual([
      '9 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&to=low', '10 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&by=in_force&to=low',
      '6 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&to=high', '5 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&by=in_force&to=high',
      '3 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&how=up', '1 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&by=in_force&how=up',
      '2 /simulate/moved?simulation=ab12&scheme=member&step=2011-11-30&how=down',
    ]);
    const flapping = screen.getByRole('table', { name: 'Back and forth' });
    expect(within(flapping).getAllByRole('link').map((one) => one.getAttribute('href'))).toEqual(['/simulate/moved?simulation=ab12&scheme=member&by=simulated&how=moved', '/simulate/moved?simulation=ab12&scheme=member&by=simulated&how=back_and_forth']);
    expect(screen.getByText(/4 customers move 5 times; 1 of them go back and forth/)).toBeTruthy();
  });
});
