// @vitest-environment jsdom
// What every rule editor has beside it: the customer who is tried out, and findings whose example can be tried.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { setLang } from '../src/shared/i18n/language';
import { placeOfPath } from '../src/shared/rules/places';
import type { RuleLook } from '../src/shared/rules/useRuleLook';

vi.mock('../src/shared/preview/CustomerPicker', () => ({ CustomerPicker: ({ onChange }: { onChange: (customer: string) => void }) => <button type="button" onClick={() => onChange('7')}>pick</button> }));
const { TryPanel } = await import('../src/shared/rules/TryPanel');
const { RuleFindings } = await import('../src/shared/rules/RuleFindings');
const { schemeOf } = await import('../src/shared/rules/RuleEffect');

beforeAll(() => {
  // What antd asks of a browser and jsdom does not have.
  vi.stubGlobal('matchMedia', () => ({ matches: false, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
});
afterEach(cleanup);
const both = (text: string) => ({ zh: text, en: text });
const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>{children}</QueryClientProvider>);
const data = {
  as_of: '', customers: 10, needs_fold: false, seconds: 0, outcomes: [], met: ['decision_tables.deal.rows[1]'], gives: 'card',
  parts: [{ kind: 'row', path: 'decision_tables.deal.rows[0]', title: both('first row'), count: 4 }, { kind: 'row', path: 'decision_tables.deal.rows[1]', title: both('second row'), count: 6 }],
  reads: [{ name: 'spend', title: both('Spend'), value: '12' }],
};
const look = (over: Partial<RuleLook>): RuleLook => ({ there: true, probe: null, setProbe: vi.fn(), query: { data } as unknown as RuleLook['query'], counts: new Map(), met: new Set(), ...over });

describe('trying a customer', () => {
  it('asks for whom one picks, and says what decides and where it stands', () => {
    setLang('en', false);
    const setProbe = vi.fn();
    const onShow = vi.fn();
    const { unmount } = show(<TryPanel look={look({ setProbe })} />);
    fireEvent.click(screen.getByRole('button', { name: 'pick' }));
    expect(setProbe).toHaveBeenLastCalledWith({ customer: '7' });
    unmount();
    show(<TryPanel look={look({ probe: { customer: '7' }, met: new Set(data.met) })} onShow={onShow} />);
    const said = screen.getByRole('list', { name: 'Decided by' });
    expect(said.textContent).toContain('second row');
    expect(said.textContent).not.toContain('first row');
    expect(screen.getByRole('status').textContent).toContain('Spend 12');
    fireEvent.click(screen.getByRole('button', { name: 'Show' }));
    expect(onShow).toHaveBeenCalledWith('decision_tables.deal.rows[1]');
  });

  it('takes values, of which an empty one is unknown', () => {
    const setProbe = vi.fn();
    show(<TryPanel look={look({ probe: { inputs: { spend: 5 } }, setProbe })} />);
    const field = screen.getByLabelText('Spend (empty: unknown)');
    expect((field as HTMLInputElement).value).toBe('5');
    fireEvent.change(field, { target: { value: '12.5' } });
    expect(setProbe).toHaveBeenLastCalledWith({ inputs: { spend: 12.5 } });
    fireEvent.change(field, { target: { value: ' ' } });
    expect(setProbe).toHaveBeenLastCalledWith({ inputs: {} });
  });
});

describe('a finding with a counterexample', () => {
  const finding = { severity: 'warning', code: 'row-shadowed', path: 'decision_tables.deal.rows[1]', message: both('never counts'), hint: both('put it first'), example: both('Spend = 3'), example_inputs: { spend: '3' } };
  it('can be tried out', () => {
    const setProbe = vi.fn();
    show(<RuleFindings findings={[finding]} look={look({ setProbe })} />);
    screen.getByText('For example: Spend = 3');
    fireEvent.click(screen.getByRole('button', { name: 'Try these values' }));
    expect(setProbe).toHaveBeenLastCalledWith({ inputs: { spend: '3' } });
  });

  it('offers nothing where the server cannot try it', () => {
    show(<RuleFindings findings={[finding]} look={look({ there: false })} />);
    expect(screen.queryByRole('button', { name: 'Try these values' })).toBeNull();
  });
});

it('finds the tiers that a rule bears on, also through a flow and a table with several results', () => {
  const document = {
    gradus: 1, decision_tables: { deal: { outputs: { rate: {}, gift: {} }, rows: [] } }, flows: { review: { steps: { base: { use: 'deal_rate' } } } },
    tiers: { other: { by: 'spend', levels: {} }, level: { by: 'review', levels: {} } },
  };
  expect(schemeOf(document, 'deal')).toBe('level');
  expect(schemeOf(document, 'nothing')).toBe(undefined);
});

it('knows the screen of each part of the model', () => {
  expect(placeOfPath('decision_tables.deal.rows[3].when[0]')).toEqual({ to: '/tables/$name', params: { name: 'deal' } });
  expect(placeOfPath('cross_tables.care.cells[0][1]')).toEqual({ to: '/cross-tables/$name', params: { name: 'care' } });
  expect(placeOfPath('rule_sets.gift.otherwise')).toEqual({ to: '/rule-sets' });
  // There is one of it, so it has no name.
  expect(['next', 'next.k', 'next.exclude[1]'].map(placeOfPath)).toEqual([{ to: '/next' }, { to: '/next' }, { to: '/next' }]);
  expect(placeOfPath('next_best.k')).toBe(null);
  expect(placeOfPath('validation')).toBe(null);
});
