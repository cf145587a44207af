import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Part, Summary } from '../../shared/api/contract';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { rangesText, type Range } from '../../shared/ranges';
import { useFormat } from '../../shared/session';
import { levelColour } from '../../shared/theme/palette';
import { useLook } from '../../shared/theme/theme';
import { Panel } from '../../shared/ui/page';
import { useDashboardWords } from './words';

/** `asOf` names an earlier grading: its figures open its own lists. */
export function Overview({ summary, asOf }: { summary: Summary; asOf?: string }) {
  const say = useDashboardWords();
  const { lang } = useFormat();
  const navigate = useNavigate();
  const open = (search: Record<string, string>) => void navigate({ to: '/customers', search: asOf ? { ...search, as_of: asOf } : search });
  const { latest, history } = summary;
  return (
    <div className="cols">
      {latest.scores.slice(0, 2).map((score) => score.histogram && <Panel key={score.name} className="c6" title={`${say('distribution')} · ${score.title[lang]}`}><Score score={score} onOpen={(range) => open({ ranges: rangesText([range]) })} /></Panel>)}
      {latest.tiers.map((tier) => <Panel key={tier.name} className="c6" title={`${say('tiers')} · ${tier.title[lang]}`}><Parts label={tier.title[lang]} head={say('level')} parts={tier.levels} ordered onOpen={(part) => open({ scheme: tier.name, level: part.name })} /></Panel>)}
      {history.filter((one) => one.points.length > 1).map((one) => <Panel key={one.scheme} className="c12" title={`${say('trend')} · ${one.title[lang]}`}><Trend history={one} /></Panel>)}
      {latest.segments.length > 0 && <Panel className="c6" title={say('segments')}><Parts label={say('segments')} head={say('segment')} parts={latest.segments.map((one) => one.members)} onOpen={(part) => open({ segment: part.name })} /></Panel>}
      {latest.groupings.map((one) => <Panel key={one.name} className="c6" title={say('grouping', { name: one.title[lang] })}><Parts label={one.title[lang]} head={one.title[lang]} parts={one.groups.slice(0, 15)} onOpen={(part) => open({ grouping: one.name, group: part.name })} /></Panel>)}
    </div>
  );
}

function Score({ score, onOpen }: { score: Summary['latest']['scores'][number]; onOpen: (range: Range) => void }) {
  const say = useDashboardWords();
  const format = useFormat();
  const { palette } = useLook();
  const { low, high, counts } = score.histogram!;
  const step = (high - low) / counts.length;
  const bounds = counts.map((_, index): [number, number] => [low + index * step, low + (index + 1) * step]);
  const option = useMemo(() => {
    const look = axes(palette);
    return { grid: look.grid, tooltip: { trigger: 'axis' }, xAxis: look.category(bounds.map(([from]) => format.decimal(from, 1))), yAxis: look.value((value) => format.short(value)), series: [{ type: 'bar', barCategoryGap: 1, itemStyle: { color: palette.bar }, data: counts }] };
  }, [score, palette, format.lang]); // eslint-disable-line
  const drill = (index: number) => { const range = score.ranges?.[index]; if (range) onOpen(range); };
  return <Chart label={score.title[format.lang]} option={option} height={220} onDrill={(clicked) => drill(clicked.dataIndex)} onRow={score.ranges?.length ? drill : undefined} table={{ head: [say('from'), say('to'), say('customers')], rows: counts.map((count, index) => [format.decimal(bounds[index]![0], 1), format.decimal(bounds[index]![1], 1), count]) }} />;
}

function Parts({ label, head, parts, ordered, onOpen }: { label: string; head: string; parts: Part[]; ordered?: boolean; onOpen: (part: Part) => void }) {
  const say = useDashboardWords();
  const format = useFormat();
  const { palette, isDark } = useLook();
  const option = useMemo(() => {
    const look = axes(palette);
    return {
      // Room for the number at the end of the longest bar, of millions too.
      grid: { ...look.grid, right: 74 }, tooltip: { trigger: 'axis', formatter: (items: { dataIndex: number }[]) => { const part = parts[items[0]!.dataIndex]!; return `${part.title[format.lang]}  ${format.count(part.count)}  ${format.percent(part.share)}`; } },
      xAxis: look.value((value) => format.short(value)), yAxis: look.category(parts.map((part) => part.title[format.lang])),
      series: [{ type: 'bar', barMaxWidth: 18, label: { show: true, position: 'right', color: palette.faint, fontSize: 11, formatter: (item: { value: number }) => format.count(item.value) }, data: parts.map((part, index) => ({ value: part.count, itemStyle: { color: ordered ? levelColour(index, parts.length, isDark) : palette.bar } })) }],
    };
  }, [parts, palette, isDark, format.lang]); // eslint-disable-line
  return <Chart label={label} option={option} height={Math.max(140, 34 + parts.length * 27)} onDrill={(clicked) => onOpen(parts[clicked.dataIndex]!)} onRow={(index) => onOpen(parts[index]!)} table={{ head: [head, say('customers'), say('share'), say('revenue')], rows: parts.map((part) => [part.title[format.lang], format.count(part.count), format.percent(part.share), format.percent(part.value_share)]) }} />;
}

function Trend({ history }: { history: Summary['history'][number] }) {
  const say = useDashboardWords();
  const format = useFormat();
  const { palette, isDark } = useLook();
  const days = history.points.map((point) => format.day(point.as_of));
  const option = useMemo(() => {
    const look = axes(palette);
    return { grid: { ...look.grid, top: 30 }, legend: look.legend, tooltip: { trigger: 'axis' }, xAxis: { ...look.category(days), boundaryGap: false }, yAxis: look.value((value) => format.short(value)), series: history.levels.map(([, title], index) => ({ name: title[format.lang], type: 'line', stack: 'all', symbol: 'none', lineStyle: { width: 0 }, areaStyle: { opacity: 0.85 }, itemStyle: { color: levelColour(index, history.levels.length, isDark) }, data: history.points.map((point) => point.counts[index]) })) };
  }, [history, palette, isDark, format.lang]); // eslint-disable-line
  return <Chart label={`${say('trend')} ${history.title[format.lang]}`} option={option} height={240} table={{ head: [say('asOf'), ...history.levels.map(([, title]) => title[format.lang]), say('notGraded')], rows: history.points.map((point, index) => [days[index]!, ...point.counts, point.not_graded]) }} />;
}
