import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Simulation } from '../api/contract';
import { SankeyMigration } from '../chart/SankeyMigration';
import { textOf } from '../i18n/language';
import { words } from '../i18n/words';
import { useFormat } from '../session';
import { Panel } from '../ui/page';
import { LevelTag } from '../ui/parts';
import { useCatalogue } from '../catalogue';

const useWords = words('simulation', {
  impact: ['影响', 'Impact'],
  moves: ['迁移：现在 → 之后', 'Moves: now → then'],
  matrix: ['迁移矩阵', 'Migration matrix'],
  from: ['从 \\ 到', 'from \\ to'],
  tiers: ['各级人数、收入与权益成本', 'Customers, revenue and benefit cost by tier'],
  level: ['等级', 'Tier'], now: ['现在', 'Now'], then: ['之后', 'Then'], change: ['变化', 'Change'], revenue: ['收入', 'Revenue'], revenueNow: ['现在收入', 'Revenue now'], cost: ['权益成本', 'Benefit cost'],
  segments: ['对分群的影响', 'Effect on segments'],
  segment: ['分群', 'Segment'],
  edges: ['离门槛最近的客户', 'Customers at the edges'],
  distance: ['相差', 'Distance'],
  customer: ['客户', 'Customer'],
  notGraded: ['未定级', 'Not graded'], newcomer: ['新客户', 'New'], gone: ['不再出现', 'Gone'],
  entered: ['进入', 'Enter'], left: ['离开', 'Leave'],
});

const ENDS = { $not_graded: 'notGraded', $new: 'newcomer', $gone: 'gone' } as const;
/** No level is not graded; nothing at all was, or is, not there. */
const end = (level: string | null | undefined, absent: string) => (level === null || level === undefined ? absent : level || '$not_graded');

/** What publishing would do, in words, as moves, as a matrix, in money. */
export function SimulationResult({ result, extra }: { result: Simulation; extra?: ReactNode }) {
  const say = useWords();
  const format = useFormat();
  const catalogue = useCatalogue('graded');
  const navigate = useNavigate();
  const moved = result.matrix.map((one) => ({ ...one, from: end(one.from, '$new'), to: end(one.to, '$gone') }));
  const levelOf = (scheme: string, name: string) => textOf(catalogue?.tiers.find((one) => one.name === scheme)?.levels.find((one) => one.name === name)?.title, name, format.lang);
  const schemes = [...new Set(moved.map((one) => one.scheme))];
  return (
    <>
      <Panel title={say('impact')} extra={extra}><p className="words strong">{result.moved_in_words[format.lang]}</p></Panel>
      {schemes.map((name) => {
        const scheme = catalogue?.tiers.find((one) => one.name === name);
        const matrix = moved.filter((one) => one.scheme === name);
        const known = scheme?.levels.map((one) => one.name) ?? [];
        const levels = known.length ? known : [...new Set(matrix.flatMap((one) => [one.from, one.to]))];
        const rest = [...new Set(matrix.flatMap((one) => [one.from, one.to]))].filter((one) => !levels.includes(one));
        const titles = Object.fromEntries([...(scheme?.levels ?? []).map((one) => [one.name, textOf(one.title, one.name, format.lang)]), ...rest.map((one) => [one, one in ENDS ? say(ENDS[one as keyof typeof ENDS]) : one])]) as Record<string, string>;
        const tiers = result.tiers.filter((one) => one.scheme === name);
        const all = [...levels, ...rest];
        const count = (from: string, to: string) => matrix.filter((one) => one.from === from && one.to === to).reduce((sum, one) => sum + one.count, 0);
        // Kept for a week, so that each cell opens its customers.
        const cell = (from: string, to: string) => ({ simulation: result.id!, scheme: name, from, to });
        const shown = (from: string, to: string) => {
          const n = count(from, to);
          if (n === 0) return '';
          return result.id ? <Link to="/simulate/moved" search={cell(from, to)} aria-label={`${titles[from]} → ${titles[to]}: ${format.count(n)}`}>{format.count(n)}</Link> : format.count(n);
        };
        return (
          <div className="cols" key={name}>
            <Panel className="c6" title={`${say('moves')} · ${textOf(scheme?.title, name, format.lang)}`}><SankeyMigration label={say('moves')} flows={matrix} levels={levels} titles={titles} onOpen={result.id ? (flow) => void navigate({ to: '/simulate/moved', search: cell(flow.from, flow.to) }) : undefined} /></Panel>
            <Panel className="c6" title={say('matrix')} flush>
              <div className="table-box"><table className="table matrix" aria-label={say('matrix')}>
                <thead><tr><th scope="col">{say('from')}</th>{all.map((to) => <th key={to} scope="col">{titles[to] ?? to}</th>)}</tr></thead>
                <tbody>{all.map((from, i) => <tr key={from}><th scope="row">{titles[from] ?? from}</th>{all.map((to, j) => { const n = count(from, to); return <td key={to} className={i === j ? 'same' : n === 0 ? '' : j > i && j < levels.length ? 'up' : 'down'}>{shown(from, to)}</td>; })}</tr>)}</tbody>
              </table></div>
            </Panel>
            <Panel className="c12" title={say('tiers')} flush>
              <div className="table-box"><table className="table">
                <thead><tr><th scope="col">{say('level')}</th><th scope="col" className="right">{say('now')}</th><th scope="col" className="right">{say('then')}</th><th scope="col" className="right">{say('change')}</th><th scope="col" className="right">{say('revenueNow')}</th><th scope="col" className="right">{say('revenue')}</th><th scope="col" className="right">{say('cost')}</th></tr></thead>
                <tbody>{tiers.map((one) => <tr key={one.level}><th scope="row"><LevelTag title={titles[one.level] ?? textOf(one.title, one.level, format.lang)} index={Math.max(0, levels.indexOf(one.level))} of={levels.length} /></th><td className="right">{format.count(one.before)}</td><td className="right">{format.count(one.count)}</td><td className={`right ${one.count > one.before ? 'good' : one.count < one.before ? 'bad' : ''}`}>{format.signed(one.count - one.before)}</td><td className="right">{one.revenue_before == null ? '–' : format.shortMoney(one.revenue_before)}</td><td className="right">{one.revenue == null ? '–' : format.shortMoney(one.revenue)}</td><td className="right">{one.benefit_cost == null ? '–' : format.shortMoney(one.benefit_cost)}</td></tr>)}</tbody>
              </table></div>
            </Panel>
          </div>
        );
      })}
      <div className="cols">
        <Panel className="c6" title={say('segments')} flush>
          <table className="table"><thead><tr><th scope="col">{say('segment')}</th><th scope="col" className="right">{say('now')}</th><th scope="col" className="right">{say('then')}</th><th scope="col" className="right">{say('entered')}</th><th scope="col" className="right">{say('left')}</th></tr></thead>
            <tbody>{result.segments.map((one) => {
              const open = (n: number, from: string, to: string) => (n > 0 && result.id ? <Link to="/simulate/moved" search={{ simulation: result.id, segment: one.name, from, to }}>{format.count(n)}</Link> : format.count(n));
              return <tr key={one.name}><th scope="row">{textOf(one.title, one.name, format.lang)}</th><td className="right">{format.count(one.before)}</td><td className="right">{format.count(one.after)}</td><td className="right">{open(one.entered, 'out', 'in')}</td><td className="right">{open(one.left, 'in', 'out')}</td></tr>;
            })}</tbody></table>
        </Panel>
        <Panel className="c6" title={say('edges')} flush>
          <table className="table"><thead><tr><th scope="col">{say('customer')}</th><th scope="col">{say('level')}</th><th scope="col" className="right">{say('distance')}</th></tr></thead><tbody>{result.edges.slice(0, 10).map((one) => <tr key={one.customer}><th scope="row"><Link to="/customers/$customer" params={{ customer: one.customer }}>{one.label}</Link></th><td>{levelOf(one.scheme, one.level)}</td><td className="right">{format.signed(one.distance)}</td></tr>)}</tbody></table>
        </Panel>
      </div>
    </>
  );
}
