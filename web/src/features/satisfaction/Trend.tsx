import { Button, Spin } from 'antd';
import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Satisfaction, SatisfactionAsked } from '../../shared/api/learned';
import { read, useRead } from '../../shared/api/hooks';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { Panel } from '../../shared/ui/page';
import { figure } from './asked';
import { useSatisfactionWords } from './words';

const MOST = 8;

/** The same question as of earlier gradings; each reads the answers anew, so it is asked for. */
export function Trend({ found, asked }: { found: Satisfaction; asked: SatisfactionAsked }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const { palette } = useLook();
  const [wanted, want] = useState(false);
  const { measure } = found.question;
  const instants = [...new Set(useRead('/instants', {}, { staleTime: 60_000 }).data ?? [])].sort().slice(-MOST);
  const queries = useQueries({
    queries: instants.map((as_of) => ({
      queryKey: ['/satisfaction', 'trend', { ...asked, measure, as_of }], enabled: wanted, staleTime: 300_000, retry: false,
      queryFn: ({ signal }: { signal: AbortSignal }) => read('/satisfaction', { query: { ...asked, measure, as_of } as never }, signal),
    })),
  });
  const points = instants.flatMap((as_of, at) => { const one = queries[at]?.data as unknown as Satisfaction | undefined; return one ? [{ day: format.day(as_of), n: one.n_answered, of: one.overall.value }] : []; });
  const busy = wanted && queries.some((one) => one.isFetching);
  const write = figure(measure, format);
  const option = useMemo(() => {
    const look = axes(palette);
    const [low, high] = [Math.min(...points.map((one) => one.of.low)), Math.max(...points.map((one) => one.of.high))];
    return {
      grid: look.grid, tooltip: { trigger: 'axis', formatter: (items: { dataIndex: number }[]) => { const one = points[items[0]!.dataIndex]!; return `${one.day}\n${write(one.of.value)} (${write(one.of.low)} – ${write(one.of.high)})\n${say('answered', { n: format.count(one.n) })}`; } },
      xAxis: look.category(points.map((one) => one.day)), yAxis: { ...look.value((value) => write(value, 0)), min: Math.floor(low / 10) * 10, max: Math.ceil(high / 10) * 10 },
      series: [{ type: 'line', symbolSize: 8, itemStyle: { color: palette.accent }, data: points.map((one) => one.of.value), markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: palette.accent, width: 2, type: 'solid', opacity: 0.4 }, data: points.map((one, at) => [{ coord: [at, one.of.low] }, { coord: [at, one.of.high] }]) } }],
    };
  }, [points.length, measure, palette, format.lang]); // eslint-disable-line
  if (instants.length < 2) return null;
  return (
    <Panel className="c6" title={say('trend')}>
      {!wanted ? <div className="stack"><p className="faint small">{say('trendAsk', { n: instants.length })}</p><div><Button size="small" onClick={() => want(true)}>{say('trendRun')}</Button></div></div> : busy ? <div role="status" className="faint"><Spin size="small" /> {say('computing')}</div> : points.length < 2 ? <p className="faint">{say('trendNone')}</p> : (
        <div className="stack">
          <Chart label={say('trend')} option={option} height={240} table={{ head: [say('date'), say('answeredHead'), say(measure), '95%'], rows: points.map((one) => [one.day, format.count(one.n), write(one.of.value), `${write(one.of.low)} – ${write(one.of.high)}`]) }} />
          <p className="faint small">{say('trendHint')} {!asked.window && say('trendAll')}</p>
        </div>
      )}
    </Panel>
  );
}
