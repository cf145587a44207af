import { Segmented } from 'antd';
import { useMemo, useState } from 'react';
import type { ScoreJudged, Whole } from '../../shared/api/validation';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { useBacktestWords } from './words';

/** What a score promised against what came, bin by bin, with the interval of what came. */
export function Calibration({ score, outcomes }: { score: ScoreJudged; outcomes: Whole[] }) {
  const say = useBacktestWords();
  const format = useFormat();
  const { palette } = useLook();
  const [outcome, setOutcome] = useState(score.calibrations[0]?.outcome);
  const one = score.calibrations.find((own) => own.outcome === outcome) ?? score.calibrations[0];
  const title = (name: string) => outcomes.find((own) => own.outcome === name)?.title[format.lang] ?? name;
  const bins = one?.bins ?? [];
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
  }, [one, palette, format.lang]); // eslint-disable-line
  if (!one) return <p className="faint">{say('noBinary')}</p>;
  return (
    <div className="stack">
      {score.calibrations.length > 1 && <div><Segmented aria-label={say('outcome')} value={one.outcome} onChange={setOutcome} options={score.calibrations.map((own) => ({ value: own.outcome, label: title(own.outcome) }))} /></div>}
      <p className="words sentence">{one.words[format.lang]}</p>
      <div className="cols">
        <section className="c7"><h3>{say('calibration')}</h3><Chart label={`${say('calibration')} · ${title(one.outcome)}`} option={option} height={340} table={{ head: [say('promised'), say('people'), say('observed'), '95%'], rows: bins.map((bin) => [format.percent(bin.predicted), format.count(bin.n), format.percent(bin.observed.value), `${format.percent(bin.observed.low)} – ${format.percent(bin.observed.high)}`]) }} /></section>
        <section className="c5 stack">
          <p className="faint small">{say('calibrationHint')}</p>
          <p className="small">{one.promised_by ? say('promisedBy', { date: one.promised_by }) : say('promisedSelf')}</p>
          <table className="table small"><tbody>
            <tr><th scope="row">{say('expectedError')}</th><td className="right">{format.percent(one.expected_error)}</td></tr>
            <tr><th scope="row">{say('brier')}</th><td className="right">{format.decimal(one.brier, 3, true)}</td></tr>
          </tbody></table>
        </section>
      </div>
    </div>
  );
}
