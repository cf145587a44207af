import { useMemo } from 'react';
import type { ClustersLearned } from '../../shared/api/learning';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { series } from '../../shared/theme/palette';
import { useLook } from '../../shared/theme/theme';
import { useClusterWords } from './words';

/** Shapes as well as colours, so that groups are told apart without colour. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'arrow', 'roundRect', 'circle'];

/** Where customers lie, by the two directions that tell them apart best. */
export function Scatter({ result, title }: { result: ClustersLearned; title: (group: string) => string }) {
  const say = useClusterWords();
  const format = useFormat();
  const { palette } = useLook();
  const { scatter, clusters } = result;
  const named = clusters.map((one) => title(one.name)).join('\n');
  const option = useMemo(() => {
    const look = axes(palette);
    const number = (value: number) => format.decimal(value, 1);
    return {
      grid: { ...look.grid, top: 32 }, legend: look.legend, tooltip: { trigger: 'item', formatter: (item: { seriesName: string }) => item.seriesName },
      xAxis: { ...look.value(number), scale: true }, yAxis: { ...look.value(number), scale: true },
      series: clusters.map((one, at) => ({ name: title(one.name), type: 'scatter', symbol: SYMBOLS[at % SYMBOLS.length], symbolSize: 5, itemStyle: { color: series[at % series.length], opacity: 0.6 }, data: scatter!.points.filter((point) => point[2] === at).map(([x, y]) => [x, y]) })),
    };
  }, [result, named, palette, format.lang]); // eslint-disable-line
  return (
    <>
      <Chart label={say('scatter')} option={option} height={330} table={{ head: [say('group'), say('x'), say('y')], rows: scatter!.points.slice(0, 200).map(([x, y, at]) => [title(clusters[at]?.name ?? ''), format.decimal(x, 2), format.decimal(y, 2)]) }} />
      {/* Several features have a part in each direction: too many words to stand along an axis. */}
      <p className="small">→ {say('across')}{scatter!.x[format.lang]}<br />↑ {say('up')}{scatter!.y[format.lang]}</p>
      <p className="faint small">{say('scatterHint', { kept: format.percent(scatter!.kept, 0) })}</p>
    </>
  );
}
