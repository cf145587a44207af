import { useRead } from '../../shared/api/hooks';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { downloadCsv } from '../../shared/ui/download';
import { Panel } from '../../shared/ui/page';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Button } from 'antd';
import { useDashboardWords } from './words';

/** Who first bought in a month, and how many of them are active in each month after. */
export function CohortTable() {
  const say = useDashboardWords();
  const ui = useUi();
  const format = useFormat();
  const { palette } = useLook();
  const query = useRead('/cohorts', { query: { by: 'month' } });
  return (
    <Loaded query={query} rows={10}>
      {({ cohorts }) => {
        const most = Math.max(0, ...cohorts.map((one) => one.periods.length));
        const head = [say('cohort'), say('size'), ...Array.from({ length: most }, (_, index) => say('period', { n: index }))];
        return (
          <Panel title={say('cohortLabel')} flush extra={<Button size="small" onClick={() => downloadCsv('cohorts', head, cohorts.map((one) => [one.cohort, one.size, ...one.periods.map((period) => period.active)]))}>{ui('csv')}</Button>}>
            <div className="table-box"><table className="table matrix" aria-label={say('cohortLabel')}>
              <thead><tr>{head.map((one, index) => <th key={index} scope="col">{one}</th>)}</tr></thead>
              <tbody>{cohorts.map((one) => <tr key={one.cohort}><th scope="row">{one.cohort}</th><td>{format.count(one.size)}</td>{Array.from({ length: most }, (_, index) => { const period = one.periods[index]; return <td key={index} style={period ? { background: `color-mix(in srgb, ${palette.accent} ${Math.round(period.active * 60)}%, ${palette.card})` } : undefined}>{period ? format.percent(period.active, 0) : ''}</td>; })}</tr>)}</tbody>
            </table></div>
          </Panel>
        );
      }}
    </Loaded>
  );
}
