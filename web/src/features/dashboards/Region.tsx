import { Select } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useRead } from '../../shared/api/hooks';
import { useCatalogue, useModelTrouble, type Catalogue } from '../../shared/catalogue';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { Panel } from '../../shared/ui/page';
import { Empty, Failed, Loaded } from '../../shared/ui/states';
import { REGION } from './places';
import { useDashboardWords } from './words';
import { useShownKpi, type KpiTableData } from './Kpis';

const DRAWN = 15;

/** The indicators that are categories; those that sound like places first. */
function categories(catalogue: Catalogue | undefined) {
  const all = (catalogue?.indicators ?? []).filter((one) => one.type === 'text' || one.type === 'category');
  const isPlace = (one: (typeof all)[number]) => REGION.test(one.name) || (typeof one.title === 'object' && REGION.test(`${one.title?.zh ?? ''} ${one.title?.en ?? ''}`));
  return { all, place: all.find(isPlace) };
}

/** Customers and revenue by where they are, if the data say so. */
export function Region({ name, onName }: { name?: string; onName: (name: string) => void }) {
  const say = useDashboardWords();
  const catalogue = useCatalogue('graded');
  const trouble = useModelTrouble();
  const { all, place } = categories(catalogue);
  const chosen = all.find((one) => one.name === name) ?? place;
  const query = useRead('/kpis', { query: { by: 'category', name: chosen?.name } }, { enabled: chosen !== undefined });
  // Without the catalogue one cannot tell what a region is.
  if (!catalogue && trouble) return <Panel><Failed error={trouble} retry={() => {}} /></Panel>;
  if (catalogue && !chosen) return <Panel><Empty title={say('noRegion')} text={say('noRegionText')}><Link to="/imports">{say('toImports')}</Link></Empty></Panel>;
  return (
    <div className="stack">
      <div className="row"><Select aria-label={say('region')} style={{ minWidth: 180 }} value={chosen?.name} onChange={onName} options={all.map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))} /></div>
      <Loaded query={query}>{(data) => (data.groups.length === 0 ? <Panel><Empty title={say('noRegion')} text={say('noRegionText')} /></Panel> : <Regions data={data} name={chosen!.name} title={textOf(chosen!.title, chosen!.name)} />)}</Loaded>
    </div>
  );
}

function Regions({ data, name, title }: { data: KpiTableData; name: string; title: string }) {
  const say = useDashboardWords();
  const format = useFormat();
  const shown = useShownKpi();
  const navigate = useNavigate();
  const { palette } = useLook();
  const open = (value: string | null | undefined) => void navigate({ to: '/customers', search: { indicator: name, value: value ?? undefined } });
  const drawn = data.groups.slice(0, DRAWN);
  const option = useMemo(() => {
    const look = axes(palette);
    return {
      grid: { ...look.grid, right: 74 }, tooltip: { trigger: 'axis' }, xAxis: look.value((value) => format.short(value)), yAxis: { ...look.category(drawn.map((one) => one.title[format.lang])), inverse: true },
      series: [{ type: 'bar', barMaxWidth: 16, itemStyle: { color: palette.bar }, label: { show: true, position: 'right', color: palette.faint, fontSize: 11, formatter: (item: { value: number }) => format.count(item.value) }, data: drawn.map((one) => one.n_customers) }],
    };
  }, [data, palette, format.lang]); // eslint-disable-line
  const rest = data.groups.length - drawn.length;
  return (
    <div className="cols">
      <Panel className="c5" title={say('regionBy', { name: title })}>
        <Chart label={say('regionBy', { name: title })} option={option} height={Math.max(160, 34 + drawn.length * 24)} onDrill={(clicked) => open(drawn[clicked.dataIndex]?.name)} onRow={(index) => open(data.groups[index]?.name)} table={{ head: [title, say('customers')], rows: data.groups.map((one) => [one.title[format.lang], format.count(one.n_customers)]) }} />
        {rest > 0 && <p className="faint small">{say('otherRegions', { n: rest })}</p>}
      </Panel>
      <Panel className="c7" title={say('kpis')} flush>
        <div className="table-box" style={{ maxHeight: 460 }} role="region" aria-label={say('kpis')} tabIndex={0}>
          <table className="table matrix" aria-label={say('kpis')}>
            <thead><tr><th scope="col">{title}</th>{data.kpis.map((kpi) => <th key={kpi.name} scope="col">{kpi.title[format.lang]}</th>)}</tr></thead>
            <tbody>{data.groups.map((one, at) => <tr key={one.name}><th scope="row"><Link to="/customers" search={{ indicator: name, value: one.name ?? undefined }}>{one.title[format.lang]}</Link></th>{data.kpis.map((kpi) => <td key={kpi.name}>{kpi.rows[at]?.n_customers ? <Link to="/customers" search={{ indicator: name, value: one.name ?? undefined, kpi: kpi.name }}>{shown(kpi.unit, kpi.rows[at]?.value)}</Link> : shown(kpi.unit, kpi.rows[at]?.value)}</td>)}</tr>)}</tbody>
          </table>
        </div>
      </Panel>
    </div>
  );
}
