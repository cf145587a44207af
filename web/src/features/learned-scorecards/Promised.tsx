import { useMemo } from 'react';
import type { Promised as Told } from '../../shared/api/learned';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { useLearnedWords } from './words';

/** What the learned score promised on the date that was held out, against what came. */
export function Promised({ one }: { one: Told }) {
  const say = useLearnedWords();
  const format = useFormat();
  const { palette } = useLook();
  const top = Math.min(1, Math.ceil(Math.max(0.1, ...one.bins.flatMap((bin) => [bin.predicted, bin.observed.high])) * 10) / 10);
  const option = useMemo(() => {
    const look = axes(palette);
    const percent = (value: number) => format.percent(value, 0);
    const name = { nameTextStyle: { color: palette.faint, fontSize: 11 } };
    return {
      grid: { ...look.grid, right: 22, bottom: 22, top: 26 },
      tooltip: { trigger: 'item', formatter: (item: { seriesName: string; dataIndex: number }) => { const bin = one.bins[item.dataIndex]; return item.seriesName === say('observed') && bin ? `${say('promised')} ${format.percent(bin.predicted)}\n${say('observed')} ${format.percent(bin.observed.value)} (${format.percent(bin.observed.low)} – ${format.percent(bin.observed.high)})\n${say('people')} ${format.count(bin.n)}` : ''; } },
      xAxis: { ...look.value(percent), ...name, min: 0, max: top, name: say('promised'), nameLocation: 'middle', nameGap: 24 }, yAxis: { ...look.value(percent), min: 0, max: top, name: say('observed'), nameTextStyle: { ...name.nameTextStyle, align: 'left' } },
      series: [
        { name: 'diagonal', type: 'line', symbol: 'none', silent: true, lineStyle: { type: 'dashed', color: palette.faint }, data: [[0, 0], [top, top]] },
        ...one.bins.map((bin) => ({ name: 'interval', type: 'line', symbol: 'none', silent: true, lineStyle: { color: palette.bar, width: 2 }, data: [[bin.predicted, bin.observed.low], [bin.predicted, Math.min(top, bin.observed.high)]] })),
        { name: say('observed'), type: 'scatter', symbolSize: 9, itemStyle: { color: palette.accent }, data: one.bins.map((bin) => [bin.predicted, bin.observed.value]) },
      ],
    };
  }, [one, palette, format.lang]); // eslint-disable-line
  return (
    <div className="stack">
      <p className="words sentence">{one.words[format.lang]}</p>
      <div className="cols">
        <div className="c7"><Chart label={say('tabCalibration')} option={option} height={320} table={{ head: [say('promised'), say('people'), say('observed'), '95%'], rows: one.bins.map((bin) => [format.percent(bin.predicted), format.count(bin.n), format.percent(bin.observed.value), `${format.percent(bin.observed.low)} – ${format.percent(bin.observed.high)}`]) }} /></div>
        <div className="c5 stack">
          <p className="faint small">{say('calibrationHint')}</p>
          <table className="table small"><tbody>
            <tr><th scope="row">{say('expectedError')}</th><td className="right">{format.percent(one.expected_error)}</td></tr>
            <tr><th scope="row">{say('brier')}</th><td className="right">{format.decimal(one.brier, 3, true)}</td></tr>
          </tbody></table>
        </div>
      </div>
    </div>
  );
}
