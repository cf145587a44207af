// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CutsDistribution } from '../src/shared/chart/CutsDistribution';
import { StatementWaterfall } from '../src/shared/chart/StatementWaterfall';
import { DraftStore } from '../src/shared/draft/store';
import { setLang } from '../src/shared/i18n/language';
import { DataTable } from '../src/shared/ui/table';
import type { Statement } from '../src/shared/api/contract';

vi.mock('antd', () => ({ InputNumber: ({ value, onChange, ...rest }: { value: number; onChange: (value: number) => void }) => <input {...rest} value={value} onChange={(event) => onChange(Number(event.target.value))} /> }));
vi.mock('../src/shared/theme/theme', () => ({ useLook: () => ({ palette: { bar: 'green', ink: 'black', line: 'grey' }, isDark: false }) }));
afterEach(cleanup);
const show = (children: ReactNode) => render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>{children}</QueryClientProvider>);

const statement: Statement = {
  scorecard: 'value', title: { zh: '价值分', en: 'Value' }, total: 70, completeness: 0.9,
  lines: [
    { kind: 'attribute', name: 'recency', title: { zh: '最近', en: 'Recency' }, value: '12', points: 100, weight: 0.5, amount: 50 },
    { kind: 'attribute', name: 'orders', title: { zh: '次数', en: 'Orders' }, value: null, amount: 26, amount_high: 40 },
    { kind: 'adjustment', name: 'complaint', title: { zh: '投诉', en: 'Complaint' }, amount: -6 },
  ],
};

describe('the statement', () => {
  it('says every line and the total, in the reader\'s language', () => {
    setLang('en', false);
    show(<StatementWaterfall statement={statement} />);
    const table = screen.getByRole('table', { name: 'Value' });
    expect(within(table).getByRole('rowheader', { name: 'Complaint' }).closest('tr')!.textContent).toContain('-6');
    expect(within(table).getByRole('rowheader', { name: 'Orders' }).closest('tr')!.textContent).toContain('unknown');
    expect(within(table).getByRole('rowheader', { name: 'Orders' }).closest('tr')!.textContent).toContain('+26 to +40');
    expect(within(table).getByRole('rowheader', { name: 'Total' }).closest('tr')!.textContent).toContain('Known: 90% of the weight');
  });
});

describe('a cut', () => {
  it('moves with the arrow keys and never past its neighbour', async () => {
    setLang('zh', false);
    const moved = vi.fn();
    show(<CutsDistribution label="分数" bins={[{ from: 0, to: 50, count: 3 }, { from: 50, to: 100, count: 5 }]} cuts={[49, 50]} onCuts={moved} />);
    const first = screen.getByRole('slider', { name: '分界 1' });
    first.focus();
    await userEvent.keyboard('{ArrowLeft}');
    expect(moved).toHaveBeenLastCalledWith([48, 50]);
    await userEvent.keyboard('{PageUp}');
    expect(moved).toHaveBeenCalledTimes(1);
  });
});

describe('the table', () => {
  it('opens a row with Enter and moves with the arrows', async () => {
    const open = vi.fn();
    show(<DataTable label="List" rows={['a', 'b']} rowKey={(row) => row} onOpen={open} columns={[{ key: 'x', title: 'X', cell: (row) => row }]} />);
    const rows = screen.getAllByRole('row').slice(1);
    rows[0]!.focus();
    await userEvent.keyboard('{Enter}');
    expect(open).toHaveBeenLastCalledWith('a');
    await userEvent.keyboard('{ArrowDown}');
    await vi.waitFor(() => expect(document.activeElement).toBe(rows[1]));
    await userEvent.keyboard('{Enter}');
    expect(open).toHaveBeenLastCalledWith('b');
  });
});

describe('the draft', () => {
  it('takes every change back and forth; quick changes of one field are one step', () => {
    const draft = new DraftStore();
    draft.load({ gradus: 1, tiers: {} }, 1, null, []);
    draft.set(['tiers', 't', 'by'], 'a', 0);
    draft.set(['tiers', 't', 'by'], 'ab', 100);
    draft.set(['title'], 'x', 200);
    expect(draft.get().past).toHaveLength(2);
    draft.undo();
    expect(draft.get().document).toEqual({ gradus: 1, tiers: { t: { by: 'ab' } } });
    draft.undo();
    expect(draft.get().document).toEqual({ gradus: 1, tiers: {} });
    expect(draft.get().document).toBe(draft.get().saved);
    draft.redo();
    draft.redo();
    expect(draft.get().document).toEqual({ gradus: 1, title: 'x', tiers: { t: { by: 'ab' } } });
    draft.set(['tiers', 't'], undefined, 9000);
    expect(draft.get().document).toEqual({ gradus: 1, title: 'x', tiers: {} });
    expect(draft.get().future).toHaveLength(0);
  });
});
