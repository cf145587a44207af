import { Link, useNavigate } from '@tanstack/react-router';
import { Select } from 'antd';
import { useMemo, useState } from 'react';
import type { HistoryLevel, Moves, SchemeHistory, SimulatedHistory } from '../../shared/api/validation';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { SankeyMigration } from '../../shared/chart/SankeyMigration';
import { useFormat } from '../../shared/session';
import { levelColour } from '../../shared/theme/palette';
import { useLook } from '../../shared/theme/theme';
import { Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { useSimulateWords } from './words';

const HOWS = ['up', 'down', 'entered', 'left'] as const;
type Search = { simulation: string; scheme: string; step?: string; by?: string; how?: string; from?: string; to?: string };

/** What a version would have done, step by step; whatever is counted opens its customers. */
export default function HistoryResult({ result }: { result: SimulatedHistory }) {
  const say = useSimulateWords();
  const { lang } = useFormat();
  const [name, setName] = useState(result.schemes[0]?.scheme);
  const scheme = result.schemes.find((one) => one.scheme === name) ?? result.schemes[0];
  if (!scheme) return null;
  const choose = result.schemes.length > 1 && <Select size="small" aria-label={say('scheme')} style={{ minWidth: 150 }} value={scheme.scheme} onChange={setName} options={result.schemes.map((one) => ({ value: one.scheme, label: one.title[lang] }))} />;
  return (
    <>
      <Panel title={`${say('inShort')} · ${scheme.title[lang]}`} extra={choose}><Short scheme={scheme} /></Panel>
      <div className="cols">
        <Panel className="c7" title={say('levels')}><Levels scheme={scheme} id={result.id} /></Panel>
        <Panel className="c5" title={say('moves')}><MoveBars scheme={scheme} id={result.id} /></Panel>
        <Panel className="c12" title={say('chain')} flush><Chain scheme={scheme} id={result.id} /></Panel>
        <Went key={scheme.scheme} scheme={scheme} id={result.id} />
        <Panel className="c5" title={say('flapping')}><FlappingTable scheme={scheme} id={result.id} /></Panel>
      </div>
    </>
  );
}

const sum = (values: (number | null)[]) => values.reduce<number>((all, one) => all + (one ?? 0), 0);

function Short({ scheme }: { scheme: SchemeHistory }) {
  const say = useSimulateWords();
  const format = useFormat();
  const told = scheme.flapping.find((one) => one.of === 'with_rules');
  const force = scheme.flapping.find((one) => one.of === 'in_force');
  const costs = scheme.steps.map((one) => one.benefit_cost);
  const before = scheme.steps.map((one) => one.benefit_cost_before);
  return (
    <p className="words">
      {told && say('shortMoves', { from: scheme.steps[0]?.as_of ?? '', to: scheme.steps.at(-1)?.as_of ?? '', n: format.count(told.customers_moved), times: format.count(told.moves), flapped: format.count(told.customers_back_and_forth) })}{' '}
      {force ? say('shortForce', { n: format.count(force.customers_moved), flapped: format.count(force.customers_back_and_forth) }) : say('shortSame')}{' '}
      {costs.some((one) => one !== null) && before.some((one) => one !== null) && say('shortCost', { cost: format.shortMoney(sum(costs)), before: format.shortMoney(sum(before)) })}
    </p>
  );
}

/** A level's line as simulated, and dashed as it was. */
function Levels({ scheme, id }: { scheme: SchemeHistory; id?: string | null }) {
  const say = useSimulateWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { palette, isDark } = useLook();
  const levels = (scheme.steps[0]?.levels ?? []).filter((one) => one.level !== '' || scheme.steps.some((step) => step.levels.some((own) => own.level === '' && own.count > 0)));
  const of = (step: SchemeHistory['steps'][number], level: string) => step.levels.find((one) => one.level === level);
  const graded = levels.filter((one) => one.level !== '').length;
  const colour = (index: number, level: string) => (level === '' ? palette.faint : levelColour(index, graded, isDark));
  const option = useMemo(() => {
    const look = axes(palette);
    const line = (level: HistoryLevel, index: number, was: boolean) => ({
      name: was ? `${level.title[format.lang]} ${say('inForce')}` : level.title[format.lang], type: 'line', symbolSize: was ? 0 : 6, showSymbol: !was, silent: was,
      lineStyle: { color: colour(index, level.level), type: was ? 'dashed' : 'solid', width: was ? 1.2 : 2 }, itemStyle: { color: colour(index, level.level) },
      data: scheme.steps.map((step) => (was ? of(step, level.level)?.before : of(step, level.level)?.count) ?? null),
    });
    const any = scheme.steps.some((step) => step.levels.some((one) => one.before !== null));
    return {
      grid: { ...look.grid, top: 30 }, legend: { ...look.legend, data: levels.map((one) => one.title[format.lang]) }, tooltip: { trigger: 'axis', valueFormatter: (value: number | null) => format.count(value) },
      xAxis: look.category(scheme.steps.map((one) => one.as_of)), yAxis: look.value((value) => format.short(value)),
      series: [...levels.map((one, index) => line(one, index, false)), ...(any ? levels.map((one, index) => line(one, index, true)) : [])],
    };
  }, [scheme, palette, isDark, format.lang]); // eslint-disable-line
  return (
    <>
      <Chart label={say('levels')} option={option} height={280} onDrill={id ? ({ seriesName, dataIndex }) => {
        const level = levels.find((one) => one.title[format.lang] === seriesName);
        if (level) void navigate({ to: '/simulate/moved', search: { simulation: id, scheme: scheme.scheme, step: scheme.steps[dataIndex]!.as_of, to: level.level || '$not_graded' } });
      } : undefined} table={{ head: [say('date'), ...levels.map((one) => one.title[format.lang])], rows: scheme.steps.map((step) => [step.as_of, ...levels.map((one) => of(step, one.level)?.count ?? 0)]) }} />
      <p className="faint small">{say('levelsHint')}</p>
    </>
  );
}

function MoveBars({ scheme, id }: { scheme: SchemeHistory; id?: string | null }) {
  const say = useSimulateWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { palette } = useLook();
  const steps = scheme.steps.slice(1);
  const option = useMemo(() => {
    const look = axes(palette);
    const dot = (of: (one: Moves) => number) => steps.map((one) => (one.moves_before ? of(one.moves_before) : null));
    return {
      grid: { ...look.grid, top: 30 }, legend: look.legend, tooltip: { trigger: 'axis', valueFormatter: (value: number | null) => (value === null ? '–' : format.count(Math.abs(value))) },
      xAxis: look.category(steps.map((one) => one.as_of)), yAxis: look.value((value) => format.short(Math.abs(value))),
      series: [
        { name: say('up'), type: 'bar', stack: 'moves', itemStyle: { color: palette.good }, data: steps.map((one) => one.moves.up) },
        { name: say('down'), type: 'bar', stack: 'moves', itemStyle: { color: palette.bad }, data: steps.map((one) => -one.moves.down) },
        { name: `${say('up')} ${say('inForce')}`, type: 'scatter', symbol: 'rect', symbolSize: [14, 2], silent: true, itemStyle: { color: palette.ink }, data: dot((one) => one.up) },
        { name: `${say('down')} ${say('inForce')}`, type: 'scatter', symbol: 'rect', symbolSize: [14, 2], silent: true, itemStyle: { color: palette.ink }, data: dot((one) => -one.down) },
      ],
    };
  }, [scheme, palette, format.lang]); // eslint-disable-line
  return <Chart label={say('moves')} option={option} height={300} onDrill={id ? ({ seriesName, dataIndex }) => void navigate({ to: '/simulate/moved', search: { simulation: id, scheme: scheme.scheme, step: steps[dataIndex]!.as_of, how: seriesName === say('down') ? 'down' : 'up' } }) : undefined} table={{ head: [say('date'), say('up'), say('down')], rows: steps.map((one) => [one.as_of, one.moves.up, one.moves.down]) }} />;
}

/** Every date with every level and move, what is in force beside it in brackets. */
function Chain({ scheme, id }: { scheme: SchemeHistory; id?: string | null }) {
  const say = useSimulateWords();
  const format = useFormat();
  const levels = scheme.steps[0]?.levels ?? [];
  const graded = levels.filter((one) => one.level !== '').length;
  const money = scheme.steps.some((one) => one.benefit_cost !== null);
  const open = (n: number, search: Omit<Search, 'simulation' | 'scheme'>) => (id && n > 0 ? <Link to="/simulate/moved" search={{ simulation: id, scheme: scheme.scheme, ...search }}>{format.count(n)}</Link> : format.count(n));
  return (
    <>
      <div className="table-box" role="region" aria-label={say('chain')} tabIndex={0}><table className="table" aria-label={say('chain')}>
        <thead><tr><th scope="col">{say('date')}</th>{levels.map((one, at) => <th key={one.level} scope="col" className="right">{one.level === '' ? say('notGraded') : <LevelTag title={one.title[format.lang]} index={at} of={graded} />}</th>)}{HOWS.map((how) => <th key={how} scope="col" className="right">{say(how)}</th>)}{money && <th scope="col" className="right">{say('cost')}</th>}</tr></thead>
        <tbody>{scheme.steps.map((step, at) => (
          <tr key={step.as_of}>
            <th scope="row" className="nowrap">{step.as_of}</th>
            {step.levels.map((one) => <td key={one.level} className="right">{open(one.count, { step: step.as_of, to: one.level || '$not_graded' })}{one.before !== null && <span className="faint"> ({open(one.before, { step: step.as_of, by: 'in_force', to: one.level || '$not_graded' })})</span>}</td>)}
            {HOWS.map((how) => <td key={how} className="right">{at === 0 ? '' : <>{open(step.moves[how], { step: step.as_of, how })}{step.moves_before && <span className="faint"> ({open(step.moves_before[how], { step: step.as_of, by: 'in_force', how })})</span>}</>}</td>)}
            {money && <td className="right">{at === 0 ? '' : <>{format.shortMoney(step.benefit_cost)}{step.benefit_cost_before !== null && <span className="faint"> ({format.shortMoney(step.benefit_cost_before)})</span>}</>}</td>}
          </tr>
        ))}</tbody>
      </table></div>
      <p className="faint small" style={{ padding: '6px 12px' }}>{say('chainHint')}</p>
    </>
  );
}

const moved = (step: SchemeHistory['steps'][number]) => step.moves.up + step.moves.down;

/** One step's moves as a flow; which step is chosen above it. */
function Went({ scheme, id }: { scheme: SchemeHistory; id?: string | null }) {
  const say = useSimulateWords();
  const format = useFormat();
  const navigate = useNavigate();
  // The last step may be some days only: the one that moved most says most.
  const [at, setAt] = useState(() => scheme.steps.reduce((best, one, index) => (index > 0 && moved(one) >= moved(scheme.steps[best]!) ? index : best), Math.min(1, scheme.steps.length - 1)));
  const step = scheme.steps[at];
  if (!step?.matrix || at < 1) return null;
  const levels = step.levels.filter((one) => one.level !== '');
  const end = (name: string) => name || '$not_graded';
  const titles = Object.fromEntries([...levels.map((one) => [one.level, one.title[format.lang]]), ['$not_graded', say('notGraded')]]) as Record<string, string>;
  const label = say('went', { from: scheme.steps[at - 1]!.as_of, to: step.as_of });
  return (
    <Panel className="c7" title={label} extra={<Select size="small" aria-label={say('pick')} style={{ width: 130 }} value={at} onChange={setAt} options={scheme.steps.slice(1).map((one, index) => ({ value: index + 1, label: one.as_of })).reverse()} />}>
      <SankeyMigration label={label} height={280} levels={levels.map((one) => one.level)} titles={titles} flows={step.matrix.map((one) => ({ from: end(one.from), to: end(one.to), count: one.count }))} onOpen={id ? (flow) => void navigate({ to: '/simulate/moved', search: { simulation: id, scheme: scheme.scheme, step: step.as_of, from: flow.from, to: flow.to } }) : undefined} />
    </Panel>
  );
}

function FlappingTable({ scheme, id }: { scheme: SchemeHistory; id?: string | null }) {
  const say = useSimulateWords();
  const ui = useUi();
  const format = useFormat();
  return (
    <>
      <table className="table" aria-label={say('flapping')}>
        <thead><tr><th scope="col">{say('whose')}</th><th scope="col" className="right">{say('moved')}</th><th scope="col" className="right">{say('backForth')}</th><th scope="col" className="right">{say('backTimes')}</th></tr></thead>
        <tbody>{scheme.flapping.map((one) => {
          const by = one.of === 'with_rules' ? 'simulated' : one.of === 'in_force' ? 'in_force' : null;
          const open = (n: number, how: string) => (by && id && n > 0 ? <Link to="/simulate/moved" search={{ simulation: id, scheme: scheme.scheme, by, how }} aria-label={`${say(one.of)} ${say(how === 'moved' ? 'moved' : 'backForth')}: ${ui('nCustomers', { n: format.count(n) })}`}>{format.count(n)}</Link> : format.count(n));
          return <tr key={one.of}><th scope="row">{say(one.of)}</th><td className="right">{open(one.customers_moved, 'moved')}</td><td className="right strong">{open(one.customers_back_and_forth, 'back_and_forth')}</td><td className="right">{format.count(one.back_and_forth)}</td></tr>;
        })}</tbody>
      </table>
      <p className="faint small">{say('flappingHint')}</p>
    </>
  );
}
