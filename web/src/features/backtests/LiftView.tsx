import { useMemo, useState } from 'react';
import { Segmented } from 'antd';
import type { ScoreJudged, Whole } from '../../shared/api/validation';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { useMeasure } from './GroupsTable';
import { useMembers } from './members';
import { useBacktestWords } from './words';

/** Lift by tenth, and how much the best of them bring together. */
export function LiftView({ score, outcomes }: { score: ScoreJudged; outcomes: Whole[] }) {
  const say = useBacktestWords();
  const format = useFormat();
  const measure = useMeasure();
  const members = useMembers();
  const { palette } = useLook();
  const [outcome, setOutcome] = useState(score.lifts[0]?.outcome);
  const lift = score.lifts.find((one) => one.outcome === outcome) ?? score.lifts[0];
  const whole = outcomes.find((one) => one.outcome === lift?.outcome);
  const title = (name: string) => outcomes.find((one) => one.outcome === name)?.title[format.lang] ?? name;
  const look = useMemo(() => axes(palette), [palette]);
  const tenths = lift?.tenths ?? [];
  const steps = tenths.map((_, index) => say('tenth', { n: Math.round((100 * (index + 1)) / tenths.length) }));
  const bars = useMemo(() => ({
    grid: look.grid, tooltip: { trigger: 'axis', formatter: (items: { dataIndex: number }[]) => { const one = tenths[items[0]!.dataIndex]!; return `${steps[items[0]!.dataIndex]}\n${say('times')} ${format.decimal(one.lift)}\n${say('each')} ${measure(one.each, whole?.is_share ?? false)}`; } },
    xAxis: look.category(tenths.map((_, index) => `${Math.round((100 * (index + 1)) / tenths.length)}%`)), yAxis: look.value((value) => format.decimal(value, 1)),
    series: [{ type: 'bar', barMaxWidth: 38, itemStyle: { color: palette.bar }, data: tenths.map((one) => one.lift), markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: palette.faint, type: 'dashed' }, data: [{ yAxis: 1 }] } }],
  }), [lift, palette, format.lang]); // eslint-disable-line
  const curve = useMemo(() => ({
    grid: { ...look.grid, right: 22 }, tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.percent(value) },
    xAxis: { ...look.value((value) => format.percent(value, 0)), min: 0, max: 1, interval: 0.2 }, yAxis: { ...look.value((value) => format.percent(value, 0)), min: 0, max: 1, interval: 0.2 },
    series: [
      { name: say('captured'), type: 'line', symbolSize: 6, itemStyle: { color: palette.accent }, areaStyle: { color: palette.accent, opacity: 0.08 }, data: [[0, 0], ...tenths.map((one, index) => [(index + 1) / tenths.length, one.captured])] },
      { name: say('random'), type: 'line', symbol: 'none', silent: true, lineStyle: { type: 'dashed', color: palette.faint }, itemStyle: { color: palette.faint }, data: [[0, 0], [1, 1]] },
    ],
  }), [lift, palette, format.lang]); // eslint-disable-line
  const open = members && lift && ((at: number) => members({ kind: 'tenth', name: score.score, outcome: lift.outcome, group: String(at + 1) }));
  if (!lift) return <p className="faint">{say('noBinary')}</p>;
  const rows = tenths.map((one, index) => [steps[index]!, format.count(one.n), measure(one.each, whole?.is_share ?? false), format.decimal(one.lift), format.percent(one.captured)]);
  const head = [say('group'), say('people'), say('each'), say('times'), say('captured')];
  return (
    <div className="stack">
      {score.lifts.length > 1 && <div><Segmented aria-label={say('outcome')} value={lift.outcome} onChange={setOutcome} options={score.lifts.map((one) => ({ value: one.outcome, label: title(one.outcome) }))} /></div>}
      <p className="words sentence">{lift.words[format.lang]}</p>
      <div className="cols">
        <section className="c6"><h3>{say('lift')}</h3><Chart label={`${say('lift')} · ${title(lift.outcome)}`} option={bars} height={260} table={{ head, rows }} onDrill={open && (({ dataIndex }) => open(dataIndex))} onRow={open} /><p className="faint small">{say('liftHint')} {open && say('openBar')}</p></section>
        <section className="c6"><h3>{say('capture')}</h3><Chart label={`${say('capture')} · ${title(lift.outcome)}`} option={curve} height={260} table={{ head, rows }} onRow={open} /><p className="faint small">{say('captureHint')}</p></section>
      </div>
    </div>
  );
}
