import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Summary } from '../../shared/api/contract';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { HeatMap } from '../../shared/chart/HeatMap';
import { useOpen } from '../../shared/useOpen';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { Figure, Panel } from '../../shared/ui/page';
import { useDashboardWords } from './words';

export function Value({ summary, asOf }: { summary: Summary; asOf?: string }) {
  const say = useDashboardWords();
  const format = useFormat();
  const navigate = useNavigate();
  const open = useOpen(asOf);
  const { palette } = useLook();
  const { value, rfm } = summary.latest;
  const option = useMemo(() => {
    const look = axes(palette);
    const axis = { min: 0, max: 1, axisLabel: { color: palette.faint, fontSize: 11, formatter: (one: number) => format.percent(one, 0) }, splitLine: { lineStyle: { color: palette.line } } };
    return { grid: { ...look.grid, top: 26 }, legend: look.legend, tooltip: { trigger: 'axis' }, xAxis: { type: 'value', ...axis }, yAxis: { type: 'value', ...axis }, series: [
      { name: value?.title[format.lang], type: 'line', symbol: 'none', areaStyle: { opacity: 0.12 }, itemStyle: { color: palette.accent }, data: value?.lorenz },
      { name: say('equal'), type: 'line', symbol: 'none', lineStyle: { type: 'dashed', width: 1 }, itemStyle: { color: palette.faint }, data: [[0, 0], [1, 1]] },
    ] };
  }, [value, palette, format.lang]); // eslint-disable-line
  // Sums have no list of their own; they open everybody, those with the most first.
  const byValue = () => void navigate({ to: '/customers', search: { sort: `-${value?.name}`, columns: value?.name, ...(asOf ? { as_of: asOf } : {}) } });
  return (
    <div className="cols">
      {value && <>
        <div className="c12 figures"><Figure label={`${say('total')} · ${value.title[format.lang]}`} value={format.shortMoney(value.total)} onOpen={byValue} /><Figure label={say('mean')} value={format.money(value.mean)} onOpen={byValue} /><Figure label={say('gini')} value={format.decimal(value.gini)} /><Figure label={say('top20')} value={format.percent(value.top20_share)} onOpen={byValue} /></div>
        {value.lorenz.length > 0 && <Panel className="c6" title={say('lorenz')}><Chart label={say('lorenz')} option={option} height={320} table={{ head: [say('shareCustomers'), say('shareRevenue')], rows: value.lorenz.map(([x, y]) => [format.percent(x), format.percent(y)]) }} /></Panel>}
      </>}
      {rfm && <Panel className="c6" title={`${say('rfm')} · ${rfm.recency[format.lang]} × ${rfm.frequency[format.lang]}`}>
        <HeatMap label={say('rfm')} rows={[4, 3, 2, 1, 0].map((r) => (r === 4 ? say('recent') : r === 0 ? say('old') : ''))} columns={[0, 1, 2, 3, 4].map((f) => (f === 0 ? say('seldom') : f === 4 ? say('often') : ''))} cells={[4, 3, 2, 1, 0].map((r) => rfm.cells[r]!.map((cell) => ({ value: cell.count, lines: [format.count(cell.count), cell.mean_value == null ? '' : format.shortMoney(cell.mean_value)] })))} onOpen={rfm.recency_ranges && ((row, column) => open(rfm.recency_ranges?.[4 - row], rfm.frequency_ranges?.[column]))} />
      </Panel>}
    </div>
  );
}
