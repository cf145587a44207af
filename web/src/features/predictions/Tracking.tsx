import { useMemo, useState } from 'react';
import { Segmented } from 'antd';
import type { Tracking as Tracked } from '../../shared/api/learning';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { useCardWords } from './card-words';

/** What came against what was foretold, period by period; right of the mark is what was not learned from. */
export function Tracking({ tracking }: { tracking: Tracked }) {
  const say = useCardWords();
  const format = useFormat();
  const { palette } = useLook();
  const [sum, setSum] = useState(true);
  const { points } = tracking;
  const option = useMemo(() => {
    const look = axes(palette);
    const at = points.findIndex((one) => one.until > tracking.held_out_from);
    const of = (key: 'actual' | 'expected') => points.map((one) => (sum ? one[`cumulative_${key}`] : one[key]));
    return {
      grid: { ...look.grid, top: 30, right: 18 }, legend: look.legend, tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.decimal(value, 1) },
      xAxis: { ...look.category(points.map((one) => format.day(one.until))), boundaryGap: false }, yAxis: look.value((value) => format.short(value)),
      series: [
        { name: say('actual'), type: 'line', symbolSize: 4, itemStyle: { color: palette.accent }, data: of('actual'), ...(at > 0 ? { markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: palette.faint, type: 'dashed' }, data: [{ xAxis: at - 1 }] } } : {}) },
        { name: say('expected'), type: 'line', symbol: 'none', lineStyle: { type: 'dashed', width: 2 }, itemStyle: { color: palette.ochre }, data: of('expected') },
      ],
    };
  }, [tracking, sum, palette, format.lang]); // eslint-disable-line
  return (
    <div className="stack">
      {tracking.words && <p className="words sentence">{tracking.words[format.lang]}</p>}
      <div><Segmented size="small" aria-label={say('tracking')} value={sum ? 'sum' : 'each'} onChange={(next) => setSum(next === 'sum')} options={[{ value: 'sum', label: say('inSum') }, { value: 'each', label: say('inEach') }]} /></div>
      <Chart label={say('tracking')} option={option} height={260} table={{ head: [say('period'), say('actual'), say('expected'), say('cumulative'), say('cumulativeExpected')], rows: points.map((one) => [format.day(one.until), format.decimal(one.actual, 1), format.decimal(one.expected, 1), format.decimal(one.cumulative_actual, 1), format.decimal(one.cumulative_expected, 1)]) }} />
      <p className="faint small">{say('trackingHint')}</p>
    </div>
  );
}
