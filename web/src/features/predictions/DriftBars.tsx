import { useMemo } from 'react';
import type { CardDrift } from '../../shared/api/learning';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { StateTag } from '../../shared/ui/parts';
import { useCardWords } from './card-words';

/** Whether customers still are like those from whom it was learned. */
export function DriftBars({ drift }: { drift: CardDrift }) {
  const say = useCardWords();
  const format = useFormat();
  const { palette } = useLook();
  const option = useMemo(() => {
    const look = axes(palette);
    return {
      grid: { ...look.grid, top: 30 }, legend: look.legend, tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.percent(value) },
      xAxis: look.category(drift.bins.map((bin) => bin.label[format.lang]), drift.bins.length > 8 ? 40 : 0), yAxis: look.value((value) => format.percent(value, 0)),
      series: [
        { name: say('then'), type: 'bar', itemStyle: { color: palette.barBefore }, data: drift.bins.map((bin) => bin.base) },
        { name: say('now'), type: 'bar', itemStyle: { color: palette.bar }, data: drift.bins.map((bin) => bin.current) },
      ],
    };
  }, [drift, palette, format.lang]); // eslint-disable-line
  return (
    <div className="stack">
      <p className="small"><StateTag state={{ stable: 'active', watch: 'waiting', shifted: 'failed' }[drift.band]}>{say(drift.band)}</StateTag> {say('psi', { n: format.decimal(drift.psi, 3, true) })} <span className="faint">{say('driftAgainst', { date: format.day(drift.against) })}</span></p>
      <Chart label={say('drift')} option={option} height={220} table={{ head: [say('bin'), say('then'), say('now')], rows: drift.bins.map((bin) => [bin.label[format.lang], format.percent(bin.base), format.percent(bin.current)]) }} />
      <p className="faint small">{drift.words[format.lang]}</p>
    </div>
  );
}
