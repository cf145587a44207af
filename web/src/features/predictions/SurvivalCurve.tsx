import { useMemo } from 'react';
import type { Survival } from '../../shared/api/learning';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { useCardWords } from './card-words';

/** The share to whom it has not happened yet, day by day, with its interval; and what brings it sooner. */
export function SurvivalCurve({ survival }: { survival: Survival }) {
  const say = useCardWords();
  const format = useFormat();
  const { palette } = useLook();
  const { curve, hazards } = survival;
  const option = useMemo(() => {
    const look = axes(palette);
    const line = (data: [number, number][], own: object) => ({ type: 'line', step: 'end', symbol: 'none', data, ...own });
    return {
      grid: { ...look.grid, right: 20, bottom: 22 }, tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.percent(value) },
      xAxis: { ...look.value(), name: say('days'), nameLocation: 'middle', nameGap: 24, nameTextStyle: { color: palette.faint, fontSize: 11 } }, yAxis: { ...look.value((value) => format.percent(value, 0)), min: 0, max: 1, interval: 0.2 },
      series: [
        line(curve.map((one) => [one.days, one.share]), { name: say('share'), itemStyle: { color: palette.accent }, lineStyle: { width: 2 } }),
        line(curve.map((one) => [one.days, one.low]), { name: `${say('share')} (−)`, lineStyle: { type: 'dotted', width: 1 }, itemStyle: { color: palette.faint } }),
        line(curve.map((one) => [one.days, one.high]), { name: `${say('share')} (+)`, lineStyle: { type: 'dotted', width: 1 }, itemStyle: { color: palette.faint } }),
      ],
    };
  }, [survival, palette, format.lang]); // eslint-disable-line
  const intervals = hazards.map((one) => (one.low === null || one.high === null ? null : { value: one.ratio, low: one.low, high: one.high }));
  const scale = scaleOf(intervals, 1);
  return (
    <div className="stack">
      <p className="words sentence">{survival.words[format.lang]}</p>
      <Chart label={say('survival')} option={option} height={240} table={{ head: [say('days'), say('share'), '95%', say('atRiskStill')], rows: curve.map((one) => [format.count(one.days), format.percent(one.share), `${format.percent(one.low)} – ${format.percent(one.high)}`, format.count(one.n_at_risk)]) }} />
      <p className="faint small">{say('followed', { n: format.count(survival.n), from: survival.from, until: survival.until, events: format.count(survival.n_events) })}</p>
      {hazards.length > 0 && <>
        <table className="table small" aria-label={say('hazards')}>
          <thead><tr><th scope="col">{say('hazards')}</th><th scope="col" /><th scope="col" className="right">{say('ratio')}</th></tr></thead>
          <tbody>{hazards.slice(0, 8).map((one, at) => <tr key={one.name}><th scope="row">{one.title[format.lang]}</th><td>{intervals[at] && <IntervalBar of={intervals[at]} {...scale} mark={1} width={110} />}</td><td className="right nowrap">{format.decimal(one.ratio, 2, true)} {intervals[at] && <span className="faint">{format.decimal(one.low, 2, true)} – {format.decimal(one.high, 2, true)}</span>}</td></tr>)}</tbody>
        </table>
        <p className="faint small">{say('hazardHint')}</p>
      </>}
    </div>
  );
}
