import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import type { Corner, Opens, Satisfaction } from '../../shared/api/learned';
import { HeatMap } from '../../shared/chart/HeatMap';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { addressOf } from '../../shared/who';
import type { Address } from './asked';
import { useSatisfactionWords } from './words';

/** The customers of a cell, a corner or a topic: by filters where some say it, else by the list of this screen. */
export function useOpenCell(address: Address) {
  const navigate = useNavigate();
  return (cell: { band?: string; group?: string; corner?: string; topic?: string }, opens?: Opens | null) => void navigate(opens ? { to: '/customers', search: addressOf(opens) as never } : { to: '/satisfaction/customers', search: { ...address, ...cell } as never });
}

/** Each cell opens its customers; the highest satisfaction stands at the top, those who did not answer at the foot. */
export function Grid({ found, address }: { found: Satisfaction; address: Address }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const open = useOpenCell({ ...address, measure: found.question.measure });
  const grid = found.grid!;
  const name = say(found.question.of_customers ? 'ratedGrid' : 'grid');
  const named = grid.rows.flatMap((row, at) => (row.name === null ? [] : [at])).reverse();
  const rows = [...named, ...grid.rows.flatMap((row, at) => (row.name === null ? [at] : []))];
  const columns = grid.columns.flatMap((column, at) => (column.n > 0 ? [at] : []));
  // Most did not answer: their cells would drown the others.
  const most = Math.max(1, ...named.flatMap((row) => columns.map((column) => grid.cells[row]![column]!.n)));
  return (
    <Panel className="c7" title={name}>
      <div className="stack">
        <HeatMap
          label={name} rows={rows.map((at) => grid.rows[at]!.title[format.lang])} columns={columns.map((at) => grid.columns[at]!.title[format.lang])}
          cells={rows.map((row) => columns.map((column) => { const cell = grid.cells[row]![column]!; return { value: grid.rows[row]!.name === null ? Math.min(cell.n, most / 8) : cell.n, lines: [format.count(cell.n), cell.share === null ? '' : format.percent(cell.share, 0)] }; }))}
          onOpen={(row, column) => { const cell = grid.cells[rows[row]!]![columns[column]!]!; open({ band: grid.rows[rows[row]!]!.name ?? 'unanswered', group: grid.columns[columns[column]!]!.name ?? '$none' }, cell.opens); }}
        />
        <p className="faint small">{say('gridHint', { loyalty: grid.title[format.lang] })}</p>
      </div>
    </Panel>
  );
}

/** What a list is called: of who answered, or of who was rated. */
export const cornerTitle = (corner: 'satisfied_leaving' | 'dissatisfied_loyal', rated: boolean) => (!rated ? corner : corner === 'satisfied_leaving' ? 'well_leaving' : 'badly_loyal') as 'satisfied_leaving' | 'dissatisfied_loyal' | 'well_leaving' | 'badly_loyal';

/** Satisfied but leaving, dissatisfied but loyal: whom to call, and what for. */
export function Lists({ found, address }: { found: Satisfaction; address: Address }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const open = useOpenCell({ ...address, measure: found.question.measure });
  const rated = !!found.question.of_customers;
  const corners: { key: 'satisfied_leaving' | 'dissatisfied_loyal'; one: Corner | null }[] = [{ key: 'satisfied_leaving', one: found.satisfied_leaving }, { key: 'dissatisfied_loyal', one: found.dissatisfied_loyal }];
  return (
    <Panel className="c5" title={say('lists')}>
      <div className="stack ways">{corners.map(({ key, one }) => (
        <section key={key} className="way stack">
          <h3>{say(cornerTitle(key, rated))}</h3>
          {one && <p className="small sentence">{one.words[format.lang]}{one.share && <span className="faint"> · {say('ofBand', { share: format.percent(one.share.value), low: format.percent(one.share.low), high: format.percent(one.share.high) })}</span>}</p>}
          <p className="faint small">{say(`${cornerTitle(key, rated)}_do`)}</p>
          <div>{!one ? <span className="faint small">{say('cannotTell')}</span> : one.n > 0 ? <Button size="small" onClick={() => open({ corner: key })} aria-label={`${say(cornerTitle(key, rated))}: ${say('openList', { n: format.count(one.n) })}`}>{say('openList', { n: format.count(one.n) })}</Button> : <span className="faint small">{say('nobody')}</span>}</div>
        </section>
      ))}</div>
    </Panel>
  );
}
