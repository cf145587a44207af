import { useMemo } from 'react';
import type { Calibrated } from '../api/validation';
import { words } from '../i18n/words';
import { useFormat } from '../session';
import { useLook } from '../theme/theme';
import { axes } from './axes';
import { Chart } from './Chart';

const useWords = words('calibration-chart', {
  promised: ['预期', 'Promised'],
  observed: ['实际', 'Observed'],
  people: ['客户', 'Customers'],
});

/** What was promised against what came, bin by bin, with the interval of what came. */
export function CalibrationChart({ label, bins, height = 340 }: { label: string; bins: Calibrated['bins']; height?: number }) {
  const say = useWords();
  const format = useFormat();
  const { palette } = useLook();
  const option = useMemo(() => {
    const look = axes(palette);
    const percent = (value: number) => format.percent(value, 0);
    return {
      grid: { ...look.grid, right: 22, bottom: 22, top: 22 },
      tooltip: { trigger: 'item', formatter: (item: { seriesName: string; dataIndex: number }) => { const bin = bins[item.dataIndex]; return item.seriesName === say('observed') && bin ? `${say('promised')} ${format.percent(bin.predicted)}\n${say('observed')} ${format.percent(bin.observed.value)} (${format.percent(bin.observed.low)} – ${format.percent(bin.observed.high)})\n${say('people')} ${format.count(bin.n)}` : ''; } },
      xAxis: { ...look.value(percent), min: 0, max: 1, interval: 0.2, name: say('promised'), nameLocation: 'middle', nameGap: 24, nameTextStyle: { color: palette.faint, fontSize: 11 } }, yAxis: { ...look.value(percent), min: 0, max: 1, interval: 0.2, name: say('observed'), nameTextStyle: { color: palette.faint, fontSize: 11, align: 'left' } },
      series: [
        { name: 'diagonal', type: 'line', symbol: 'none', silent: true, lineStyle: { type: 'dashed', color: palette.faint }, data: [[0, 0], [1, 1]] },
        ...bins.map((bin) => ({ name: 'interval', type: 'line', symbol: 'none', silent: true, lineStyle: { color: palette.bar, width: 2 }, data: [[bin.predicted, bin.observed.low], [bin.predicted, bin.observed.high]] })),
        { name: say('observed'), type: 'scatter', symbolSize: 9, itemStyle: { color: palette.accent }, data: bins.map((bin) => [bin.predicted, bin.observed.value]) },
      ],
    };
  }, [bins, palette, format.lang]); // eslint-disable-line
  return <Chart label={label} option={option} height={height} table={{ head: [say('promised'), say('people'), say('observed'), '95%'], rows: bins.map((bin) => [format.percent(bin.predicted), format.count(bin.n), format.percent(bin.observed.value), `${format.percent(bin.observed.low)} – ${format.percent(bin.observed.high)}`]) }} />;
}
