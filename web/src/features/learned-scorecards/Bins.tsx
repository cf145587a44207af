import { useMemo } from 'react';
import type { LearnedAttribute } from '../../shared/api/learned';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { StateTag } from '../../shared/ui/parts';
import { strengthOf, TONES } from './strength';
import { useLearnedWords } from './words';

/** One indicator: its bins as a table and a chart; how many, how often, how much evidence, how many points. */
export function Bins({ one }: { one: LearnedAttribute }) {
  const say = useLearnedWords();
  const format = useFormat();
  const { palette } = useLook();
  const n = one.bins.reduce((sum, bin) => sum + bin.n, 0) || 1;
  const option = useMemo(() => {
    const look = axes(palette);
    const labels = one.bins.map((bin) => bin.label[format.lang]);
    return {
      grid: { ...look.grid, top: 34 }, legend: look.legend, tooltip: { trigger: 'axis', formatter: (items: { dataIndex: number }[]) => { const bin = one.bins[items[0]!.dataIndex]!; return `${bin.label[format.lang]}\n${say('customers')} ${format.count(bin.n)}\n${say('eventRate')} ${format.percent(bin.event_rate)}\n${say('woe')} ${format.decimal(bin.woe, 3, true)}`; } },
      xAxis: look.category(labels, labels.some((label) => label.length > 9) ? 28 : 0),
      yAxis: [look.value((value) => format.short(value)), { ...look.value((value) => format.percent(value, 0)), min: 0, splitLine: { show: false } }],
      series: [
        { name: say('customers'), type: 'bar', barMaxWidth: 46, itemStyle: { color: palette.barBefore }, data: one.bins.map((bin) => bin.n) },
        { name: say('eventRate'), type: 'line', yAxisIndex: 1, symbolSize: 7, itemStyle: { color: palette.accent }, data: one.bins.map((bin) => bin.event_rate) },
      ],
    };
  }, [one, palette, format.lang]); // eslint-disable-line
  const most = Math.max(0.01, ...one.bins.map((bin) => Math.abs(bin.woe)));
  const rows = one.bins.map((bin) => [bin.label[format.lang], format.count(bin.n), format.percent(bin.n / n), format.count(bin.n_events), format.percent(bin.event_rate), format.decimal(bin.woe, 3, true), format.decimal(bin.iv, 3, true), one.taken ? format.decimal(bin.points, 1) : '–']);
  const head = [say('bin'), say('customers'), say('share'), say('happened'), say('eventRate'), say('woe'), say('iv'), say('points')];
  return (
    <div className="stack">
      <div className="row"><h3>{one.title[format.lang]}</h3><StateTag state={TONES[strengthOf(one.iv)]}>{say('iv')} {format.decimal(one.iv, 3, true)} · {say(strengthOf(one.iv))}</StateTag><StateTag state="">{say(one.trend)}</StateTag><StateTag state={one.taken ? 'active' : 'waiting'}>{say(one.taken ? 'taken' : 'leftOut')}</StateTag></div>
      {one.why_not && <p className="small warn sentence">{one.why_not[format.lang]}</p>}
      <Chart label={`${say('tabBins')} · ${one.title[format.lang]}`} option={option} height={230} table={{ head, rows }} />
      <div className="table-box" role="region" aria-label={one.title[format.lang]} tabIndex={0}><table className="table small" aria-label={one.title[format.lang]}>
        <thead><tr>{head.map((text, at) => <th key={text} scope="col" className={at ? 'right' : undefined}>{text}</th>)}</tr></thead>
        <tbody>{one.bins.map((bin, at) => (
          <tr key={at}>{rows[at]!.map((text, column) => column === 0 ? <th key={column} scope="row" className={bin.kind === 'missing' || bin.kind === 'special' ? 'faint' : undefined}>{text}</th> : column === 5 ? (
            <td key={column} className="right"><span className="woe" aria-hidden="true"><i style={bin.woe >= 0 ? { left: '50%', width: `${(bin.woe / most) * 50}%`, background: 'var(--good)' } : { right: '50%', width: `${(-bin.woe / most) * 50}%`, background: 'var(--bad)' }} /></span> {text}</td>
          ) : <td key={column} className="right">{column === 7 ? <b>{text}</b> : text}</td>)}</tr>
        ))}</tbody>
      </table></div>
      <p className="faint small">{say('woeHint')}</p>
    </div>
  );
}
