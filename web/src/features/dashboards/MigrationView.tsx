import { Link, useNavigate } from '@tanstack/react-router';
import type { Summary } from '../../shared/api/contract';
import { flowSearch, flowsOf } from '../../shared/chart/migration';
import { SankeyMigration } from '../../shared/chart/SankeyMigration';
import { useFormat } from '../../shared/session';
import { downloadCsv } from '../../shared/ui/download';
import { Figure, Panel } from '../../shared/ui/page';
import { useUi } from '../../shared/ui/words';
import { Button } from 'antd';
import { useDashboardWords } from './words';

/** Where customers went between two gradings; each flow opens them, as they were graded in the later one. */
export function MigrationView({ summary, newest }: { summary: Summary; newest?: string }) {
  const say = useDashboardWords();
  const ui = useUi();
  const format = useFormat();
  const navigate = useNavigate();
  if (summary.migrations.length === 0) return <p className="faint">{say('oneOnly')}</p>;
  return (
    <div className="stack">
      {summary.migrations.map((one) => {
        const { flows, titles } = flowsOf(one, format.lang);
        const rows = [...one.levels.map(([name]) => name), '$not_graded', '$new'];
        const columns = [...one.levels.map(([name]) => name), '$not_graded', '$gone'];
        const label = `${say('moves')} · ${one.title[format.lang]} · ${format.day(one.from_as_of)} → ${format.day(one.to_as_of)}`;
        const csv = () => downloadCsv(`moves-${one.scheme}-${one.to_as_of}`, [say('from'), ...columns.map((name) => titles[name])], rows.map((from, i) => [titles[from], ...columns.map((_, j) => one.counts[i]?.[j] ?? 0)]));
        // Who is gone is in no list any more.
        const search = (from: string, to: string) => { const found = flowSearch(one, from, to); return found && one.to_as_of !== newest ? { ...found, as_of: one.to_as_of } : found; };
        const openFlow = (flow: { from: string; to: string }) => { const found = search(flow.from, flow.to); if (found) void navigate({ to: '/customers', search: found }); };
        return (
          <div className="cols" key={one.scheme}>
            <div className="c12 figures"><Figure label={say('up')} tone="good" value={format.count(one.n_up)} onOpen={() => void navigate({ to: '/moves', search: { kind: 'tier', name: one.scheme, as_of: one.to_as_of } })} /><Figure label={say('down')} tone="bad" value={format.count(one.n_down)} onOpen={() => void navigate({ to: '/moves', search: { kind: 'tier', name: one.scheme, as_of: one.to_as_of } })} /><Figure label={say('same')} value={format.count(one.n_same)} /></div>
            <Panel className="c7" title={label} extra={<Link to="/moves" search={{ kind: 'tier', name: one.scheme, as_of: one.to_as_of }}>{say('whyMoved')}</Link>}><SankeyMigration label={label} height={340} flows={flows} levels={one.levels.map(([name]) => name)} titles={titles} onOpen={openFlow} /></Panel>
            <Panel className="c5" title={say('moves')} flush extra={<Button size="small" onClick={csv}>{ui('csv')}</Button>}><div className="table-box" role="region" aria-label={label} tabIndex={0}><table className="table matrix" aria-label={label}>
              <thead><tr><th scope="col">{say('from')} \ {say('to')}</th>{columns.map((name) => <th key={name} scope="col">{titles[name]}</th>)}</tr></thead>
              <tbody>{rows.map((from, i) => <tr key={from}><th scope="row">{titles[from]}</th>{columns.map((to, j) => {
                const n = one.counts[i]?.[j] ?? 0;
                const level = i < one.levels.length && j < one.levels.length;
                const found = n ? search(from, to) : undefined;
                return <td key={to} className={!level || n === 0 ? '' : i === j ? 'same' : j > i ? 'up' : 'down'}>{n === 0 ? '' : found ? <Link to="/customers" search={found}>{format.count(n)}</Link> : <span title={say('goneNoList')} tabIndex={0}>{format.count(n)}</span>}</td>;
              })}</tr>)}</tbody>
            </table></div></Panel>
          </div>
        );
      })}
    </div>
  );
}
