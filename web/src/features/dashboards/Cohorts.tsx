import { Button, Segmented, Tooltip } from 'antd';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useRead, type Read } from '../../shared/api/hooks';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { useDebounced } from '../../shared/ui/debounce';
import { downloadCsv } from '../../shared/ui/download';
import { Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useDashboardWords } from './words';

type Table = Read<'/cohorts'>;
type Period = Table['cohorts'][number]['periods'][number];
type Measure = 'active' | 'n_active' | 'value' | 'per_head';

/** Who first bought in a month or quarter, how many of them bought again in each one after, and for how much. */
export function CohortTable({ by, onBy }: { by: 'month' | 'quarter'; onBy: (by: 'month' | 'quarter') => void }) {
  const say = useDashboardWords();
  const [measure, setMeasure] = useState<Measure>('active');
  const query = useRead('/cohorts', { query: { by } }, { keep: true, long: true, staleTime: 60_000 });
  const slow = useDebounced(query.isPending, 2500) && query.isPending;
  // Without a purchase in the model there is nothing to count: the place says what would be right.
  if (query.error?.code === 'no-purchases') return <Panel><Empty title={say('noPurchases')} text={say('noPurchasesText')}><Link to="/indicators">{say('toIndicators')}</Link></Empty></Panel>;
  const measures: Measure[] = query.data?.value === null ? ['active', 'n_active'] : ['active', 'n_active', 'value', 'per_head'];
  return (
    <div className="stack">
      <div className="row">
        <Segmented aria-label={say('by')} value={by} onChange={onBy} options={[{ value: 'month', label: say('byMonth') }, { value: 'quarter', label: say('byQuarter') }]} />
        <Segmented aria-label={say('measure')} value={measure} onChange={setMeasure} options={measures.map((one) => ({ value: one, label: say(`m_${one}`) }))} />
      </div>
      {slow && <p className="faint" role="status">{say('cohortsSlow')}</p>}
      <Loaded query={query} rows={10} empty={(data) => data.cohorts.length === 0 && <Panel><Empty title={say('noCohorts')} text={say('noCohortsText')} /></Panel>}>
        {(data) => <Cells data={data} by={by} measure={measures.includes(measure) ? measure : 'active'} />}
      </Loaded>
    </div>
  );
}

function Cells({ data, by, measure }: { data: Table; by: 'month' | 'quarter'; measure: Measure }) {
  const say = useDashboardWords();
  const ui = useUi();
  const format = useFormat();
  const { palette, isDark } = useLook();
  const { cohorts } = data;
  const most = Math.max(0, ...cohorts.map((one) => one.periods.length));
  const numbers = Array.from({ length: most }, (_, index) => index);
  const valueOf = (period: Period, size: number): number | null => (measure === 'per_head' ? (size && period.value !== null && period.value !== undefined ? period.value / size : null) : period[measure] ?? null);
  const shown = (value: number | null) => (value === null ? '–' : measure === 'active' ? format.percent(value, 0) : measure === 'n_active' ? format.count(value) : format.short(value));
  // The period of the first purchase is the measure of itself: what comes after sets the scale.
  const later = cohorts.flatMap((one) => one.periods.slice(1).map((period) => valueOf(period, one.size) ?? 0));
  const top = Math.max(1e-9, ...(later.length ? later : [1]));
  const shade = (value: number | null) => `color-mix(in srgb, ${palette.accent} ${Math.round(4 + (isDark ? 44 : 52) * Math.sqrt(Math.min(1, Math.max(0, (value ?? 0) / top))))}%, ${palette.card})`;
  const periodWord = (n: number) => say(by === 'month' ? 'period' : 'periodQuarter', { n });
  // All cohorts together, over those that are old enough for the period; what still runs is left out.
  const all = numbers.map((index) => {
    const old = cohorts.filter((one) => one.periods[index] && !one.periods[index]!.runs);
    const size = old.reduce((sum, one) => sum + one.size, 0);
    const sum = (of: (period: Period) => number) => old.reduce((total, one) => total + of(one.periods[index]!), 0);
    if (size === 0) return null;
    return measure === 'active' ? sum((one) => one.n_active) / size : measure === 'n_active' ? sum((one) => one.n_active) : measure === 'value' ? sum((one) => one.value ?? 0) : sum((one) => one.value ?? 0) / size;
  });
  const csv = () => downloadCsv(`cohorts-${by}-${data.as_of}`, [say('cohort'), say('size'), say('periodNumber'), say('periodName'), say('m_n_active'), say('m_active'), data.value?.title[format.lang] ?? say('m_value'), say('running')],
    cohorts.flatMap((one) => one.periods.map((period, index) => [one.cohort, one.size, index, period.period, period.n_active, period.active, period.value ?? '', period.runs ? say('running') : ''])));
  const title = say('cohortLabel');
  return (
    <Panel title={title} flush extra={<Button size="small" onClick={csv}>{ui('csv')}</Button>}>
      <div className="table-box" role="region" aria-label={title} tabIndex={0}>
        <table className="table matrix cohorts" aria-label={title}>
          <thead><tr><th scope="col">{say('cohort')}</th><th scope="col">{say('size')}</th>{numbers.map((index) => <th key={index} scope="col">{periodWord(index)}</th>)}</tr></thead>
          <tbody>
            {cohorts.map((one) => (
              <tr key={one.cohort}>
                <th scope="row"><Link to="/customers" search={{ by, cohort: one.cohort }}>{one.cohort}</Link></th>
                <td>{format.count(one.size)}</td>
                {numbers.map((index) => {
                  const period = one.periods[index];
                  if (!period) return <td key={index} />;
                  const value = valueOf(period, one.size);
                  const label = `${one.cohort} ${periodWord(index)} (${period.period}): ${shown(value)}${period.runs ? ` · ${say('running')}` : ''}`;
                  const text = `${period.period} · ${format.count(period.n_active)} / ${format.count(one.size)}${period.value === null || period.value === undefined ? '' : ` · ${format.shortMoney(period.value)}`}${period.runs ? ` · ${say('running')}` : ''}${period.n_active === 0 ? ` · ${say('nobodyThere')}` : ''}`;
                  return (
                    <td key={index} className={period.runs ? 'runs' : undefined} style={{ background: index === 0 ? palette.sunk : shade(value) }}>
                      <Tooltip title={text}>{period.n_active === 0 ? <span aria-label={label} tabIndex={0}>{shown(value)}</span> : <Link to="/customers" search={{ by, cohort: one.cohort, period: String(index) }} aria-label={label}>{shown(value)}</Link>}</Tooltip>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
          <tfoot><tr><th scope="row">{say('allCohorts')}</th><td>{format.count(cohorts.reduce((sum, one) => sum + one.size, 0))}</td>{all.map((value, index) => <td key={index}>{shown(value)}</td>)}</tr></tfoot>
        </table>
      </div>
      <p className="table-foot">
        <span>{say('purchaseIs', { name: data.purchase.title[format.lang] })}{data.value && ` · ${say('valueIs', { name: data.value.title[format.lang] })}`}</span>
        {data.n_without > 0 && <span>{say('withoutPurchase', { n: format.count(data.n_without) })}</span>}
        {data.n_earlier > 0 && <span>{say('earlierCohorts', { n: format.count(data.n_earlier) })}</span>}
        <span>{say('runningHint')}</span>
      </p>
    </Panel>
  );
}
