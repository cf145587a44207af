import { EditOutlined } from '@ant-design/icons';
import { Button, Segmented, Select, Tooltip } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useRead, type Read } from '../../shared/api/hooks';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { downloadCsv } from '../../shared/ui/download';
import { Figure, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useDashboardWords } from './words';

export type KpiTableData = Read<'/kpis'>;
export type Kpi = KpiTableData['kpis'][number];

/** Editing brings the condition builder along; who only looks does not wait for it. */
const KpiEditor = lazy(() => import('./KpiEditor'));

/** A value as its unit says; null is nothing to tell. */
export function useShownKpi() {
  const format = useFormat();
  return (unit: Kpi['unit'], value: number | null | undefined): string => {
    if (value === null || value === undefined) return '–';
    switch (unit) {
      case 'percent': return format.percent(value);
      case 'money': return Math.abs(value) >= 100_000 ? format.shortMoney(value) : format.money(value);
      case 'count': return format.count(value);
      default: return format.decimal(value);
    }
  };
}

/** How far a figure is: met, or not. */
function tone(kpi: Kpi): 'good' | 'warn' | undefined {
  const { target, total } = kpi;
  if (!target || total.value === null || total.value === undefined) return undefined;
  return (target.higher_is_better ? total.value >= target.value : total.value <= target.value) ? 'good' : 'warn';
}

export function KpiTable({ by, scheme, onChange }: { by: 'tier' | 'segment'; scheme?: string; onChange: (next: { group?: string; scheme?: string }) => void }) {
  const say = useDashboardWords();
  const may = useMay();
  const catalogue = useCatalogue('graded');
  const [editing, edit] = useState(false);
  const query = useRead('/kpis', { query: { by, scheme: by === 'tier' ? scheme : undefined } }, { keep: true });
  const tiers = catalogue?.tiers ?? [];
  return (
    <Loaded query={query}>
      {(data) => (
        <div className="stack">
          <div className="spread">
            <div className="row">
              <Segmented aria-label={say('by')} value={by} onChange={(next) => onChange({ group: next })} options={[{ value: 'tier' as const, label: `${say('by')} ${say('byTier')}` }, { value: 'segment' as const, label: `${say('by')} ${say('bySegment')}` }]} />
              {by === 'tier' && tiers.length > 1 && <Select aria-label={say('level')} style={{ minWidth: 160 }} value={data.scheme ?? undefined} onChange={(next) => onChange({ scheme: next })} options={tiers.map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))} />}
            </div>
            {may('edit_models') && <Button icon={<EditOutlined />} onClick={() => edit(true)}>{say('editKpis')}</Button>}
          </div>
          <Totals data={data} />
          <Groups data={data} by={by} />
          {editing && <Suspense fallback={null}><KpiEditor data={data} onClose={() => edit(false)} /></Suspense>}
        </div>
      )}
    </Loaded>
  );
}

function Totals({ data }: { data: KpiTableData }) {
  const say = useDashboardWords();
  const { lang, percent } = useFormat();
  const navigate = useNavigate();
  const shown = useShownKpi();
  return (
    <div className="figures">
      {data.kpis.map((kpi) => {
        const { target, total } = kpi;
        const part = target && total.value != null && target.value !== 0 ? say('reached', { n: percent(total.value / target.value, 0) }) : '';
        const note = kpi.trouble ? kpi.trouble[lang] : target ? `${say(target.higher_is_better ? 'targetAtLeast' : 'targetAtMost', { n: shown(kpi.unit, target.value) })}${part && ` · ${part}`}` : undefined;
        return <Figure key={kpi.name} label={kpi.title[lang]} value={shown(kpi.unit, total.value)} tone={kpi.trouble ? 'warn' : tone(kpi)} note={note} onOpen={total.n_customers ? () => void navigate({ to: '/customers', search: { kpi: kpi.name } }) : undefined} />;
      })}
    </div>
  );
}

function Groups({ data, by }: { data: KpiTableData; by: 'tier' | 'segment' }) {
  const say = useDashboardWords();
  const ui = useUi();
  const { lang, count } = useFormat();
  const shown = useShownKpi();
  const { kpis, groups } = data;
  if (groups.length === 0) return <Panel><Empty title={say(by === 'tier' ? 'noTiers' : 'noSegments')} text={say('noGroupsText')}><Link to={by === 'tier' ? '/tiers' : '/segments'}>{say(by === 'tier' ? 'toTiers' : 'toSegments')}</Link></Empty></Panel>;
  const group = (name: string | null | undefined) => (by === 'segment' ? { segment: name ?? undefined } : { scheme: data.scheme ?? undefined, level: name ?? 'not_graded' });
  const csv = () => downloadCsv(`kpis-${by}-${data.as_of}`, [say(by === 'tier' ? 'level' : 'segment'), ...kpis.map((kpi) => kpi.title[lang])], [
    ...groups.map((one, at) => [one.title[lang], ...kpis.map((kpi) => kpi.rows[at]?.value ?? '')]),
    [say('everybody'), ...kpis.map((kpi) => kpi.total.value ?? '')],
  ]);
  return (
    <Panel title={say(by === 'tier' ? 'kpisByTier' : 'kpisBySegment')} flush extra={<Button size="small" onClick={csv}>{ui('csv')}</Button>}>
      <div className="table-box" role="region" aria-label={say('kpis')} tabIndex={0}>
        <table className="table matrix" aria-label={say('kpis')}>
          <thead><tr>
            <th scope="col">{say(by === 'tier' ? 'level' : 'segment')}</th>
            {kpis.map((kpi) => <th key={kpi.name} scope="col"><Tooltip title={kpi.words[lang]}><span tabIndex={0}>{kpi.title[lang]}</span></Tooltip></th>)}
          </tr></thead>
          <tbody>
            {groups.map((one, at) => (
              <tr key={one.name ?? '$'}>
                <th scope="row"><Link to="/customers" search={group(one.name)}>{one.title[lang]}</Link></th>
                {kpis.map((kpi) => {
                  const figure = kpi.rows[at];
                  const text = shown(kpi.unit, figure?.value);
                  // Where the figure counts somebody it opens them; else it says that there is nobody.
                  return <td key={kpi.name}><Tooltip title={figure?.n_customers ? ui('nCustomers', { n: count(figure.n_customers) }) : say('nobodyCounted')}>{figure?.n_customers ? <Link to="/customers" search={{ ...group(one.name), kpi: kpi.name }} aria-label={`${one.title[lang]} ${kpi.title[lang]} ${text}`}>{text}</Link> : <span className="faint" tabIndex={0}>{text}</span>}</Tooltip></td>;
                })}
              </tr>
            ))}
          </tbody>
          <tfoot><tr><th scope="row">{say('everybody')}</th>{kpis.map((kpi) => <td key={kpi.name}>{kpi.total.n_customers ? <Link to="/customers" search={{ kpi: kpi.name }}>{shown(kpi.unit, kpi.total.value)}</Link> : shown(kpi.unit, kpi.total.value)}</td>)}</tr></tfoot>
        </table>
      </div>
    </Panel>
  );
}
