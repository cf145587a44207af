import { useMemo } from 'react';
import { useFormat } from '../session';
import { levelColour } from '../theme/palette';
import { useLook } from '../theme/theme';
import { words } from '../i18n/words';
import { Chart } from './Chart';

const useWords = words('sankey', {
  from: ['从', 'From'],
  to: ['到', 'To'],
  customers: ['人数', 'Customers'],
});

export interface Flow { from: string; to: string; count: number }

/** How customers move between levels. Names are ordered from low to high; whatever else occurs comes after. */
export function SankeyMigration({ label, flows, levels, titles, onOpen, height = 280 }: { label: string; flows: Flow[]; levels: string[]; titles?: Record<string, string>; onOpen?: (flow: Flow) => void; height?: number }) {
  const say = useWords();
  const format = useFormat();
  const { palette, isDark } = useLook();
  const shown = useMemo(() => flows.filter((flow) => flow.count > 0), [flows]);
  const title = (name: string) => titles?.[name] ?? name;
  const option = useMemo(() => {
    const known = [...levels, ...new Set(shown.flatMap((flow) => [flow.from, flow.to]).filter((name) => !levels.includes(name)))];
    const colour = (name: string) => (levels.includes(name) ? levelColour(levels.indexOf(name), levels.length, isDark) : palette.barBefore);
    const node = (side: string) => known.filter((name) => shown.some((flow) => (side === 'a' ? flow.from : flow.to) === name)).reverse()
      .map((name) => ({ name: `${side}:${name}`, itemStyle: { color: colour(name) } }));
    return {
      tooltip: { formatter: (item: { dataType: string; data: { source: string; target: string; value: number }; name: string; value: number }) => item.dataType === 'edge'
        ? `${title(item.data.source.slice(2))} → ${title(item.data.target.slice(2))}  ${format.count(item.data.value)}`
        : `${title(item.name.slice(2))}  ${format.count(item.value)}` },
      series: [{
        type: 'sankey', left: 4, right: 120, top: 8, bottom: 8, nodeGap: 10, nodeWidth: 14, layoutIterations: 0, draggable: false,
        data: [...node('a'), ...node('b')],
        links: shown.map((flow) => ({ source: `a:${flow.from}`, target: `b:${flow.to}`, value: flow.count })),
        lineStyle: { color: 'source', opacity: 0.28, curveness: 0.5 },
        // Of levels that hardly anybody is in, names would lie on one another: the table and the tooltip have them.
        labelLayout: { hideOverlap: true },
        label: { color: palette.ink, fontSize: 12, width: 150, overflow: 'truncate', formatter: (item: { name: string; value: number }) => `${title(item.name.slice(2))} ${format.short(item.value)}` },
      }],
    };
    // Titles and formats follow the language, which remounts nothing: they are part of the key below.
  }, [shown, levels, isDark, palette, format.lang]); // eslint-disable-line
  return (
    <Chart
      label={label}
      option={option}
      height={height}
      table={{ head: [say('from'), say('to'), say('customers')], rows: shown.map((flow) => [title(flow.from), title(flow.to), flow.count]) }}
      onDrill={(clicked) => {
        const data = clicked.data as { source?: string; target?: string; value?: number };
        if (data?.source && data.target) onOpen?.({ from: data.source.slice(2), to: data.target.slice(2), count: data.value ?? 0 });
      }}
      onRow={onOpen ? (index) => onOpen(shown[index]!) : undefined}
    />
  );
}
