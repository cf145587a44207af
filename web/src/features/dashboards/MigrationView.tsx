import { useNavigate } from '@tanstack/react-router';
import type { Summary } from '../../shared/api/contract';
import { flowsOf } from '../../shared/chart/migration';
import { SankeyMigration } from '../../shared/chart/SankeyMigration';
import { useFormat } from '../../shared/session';
import { Figure, Panel } from '../../shared/ui/page';
import { useDashboardWords } from './words';

export function MigrationView({ summary }: { summary: Summary }) {
  const say = useDashboardWords();
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
        return (
          <div className="cols" key={one.scheme}>
            <div className="c12 figures"><Figure label={say('up')} tone="good" value={format.count(one.n_up)} /><Figure label={say('down')} tone="bad" value={format.count(one.n_down)} /><Figure label={say('same')} value={format.count(one.n_same)} /></div>
            <Panel className="c7" title={label}><SankeyMigration label={label} height={340} flows={flows} levels={one.levels.map(([name]) => name)} titles={titles} onOpen={(flow) => void navigate({ to: '/customers', search: { scheme: one.scheme, level: flow.to.replace('$', '') } })} /></Panel>
            <Panel className="c5" title={say('moves')} flush><div className="table-box"><table className="table matrix" aria-label={label}>
              <thead><tr><th scope="col">{say('from')} \ {say('to')}</th>{columns.map((name) => <th key={name} scope="col">{titles[name]}</th>)}</tr></thead>
              <tbody>{rows.map((from, i) => <tr key={from}><th scope="row">{titles[from]}</th>{columns.map((to, j) => { const n = one.counts[i]?.[j] ?? 0; const level = i < one.levels.length && j < one.levels.length; return <td key={to} className={!level || n === 0 ? '' : i === j ? 'same' : j > i ? 'up' : 'down'}>{n ? format.count(n) : ''}</td>; })}</tr>)}</tbody>
            </table></div></Panel>
          </div>
        );
      })}
    </div>
  );
}
