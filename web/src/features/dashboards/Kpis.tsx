import { App, Button, InputNumber, Modal, Segmented } from 'antd';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Kpi } from '../../shared/api/later';
import { useRead, useSend } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Figure, Panel } from '../../shared/ui/page';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useDashboardWords } from './words';
import { useCatalogue } from '../../shared/catalogue';

export function KpiTable() {
  const say = useDashboardWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { message } = App.useApp();
  const [by, setBy] = useState('tier');
  const [targets, setTargets] = useState<Record<string, number | null> | null>(null);
  const query = useRead('/kpis', { query: { by } }, { keep: true });
  const scheme = useCatalogue('graded')?.tiers[0]?.name;
  const put = useSend('put', '/kpis/targets', { renews: ['/kpis'], onDone: () => { setTargets(null); void message.success(say('saved')); } });
  const shown = (kpi: Kpi, value: number | null | undefined) => (kpi.unit === 'percent' ? format.percent(value) : kpi.unit === 'money' ? format.money(value) : format.decimal(value));
  return (
    <Loaded query={query}>
      {(data) => (
        <div className="stack">
          <div className="spread">
            <Segmented aria-label={say('by')} value={by} onChange={setBy} options={[{ value: 'tier', label: `${say('by')} ${say('byTier')}` }, { value: 'segment', label: `${say('by')} ${say('bySegment')}` }]} />
            {may('edit_models') && <Button onClick={() => setTargets(Object.fromEntries(data.kpis.map((kpi) => [kpi.name, kpi.target ?? null])))}>{say('setTargets')}</Button>}
          </div>
          <div className="figures">{data.kpis.map((kpi) => <Figure key={kpi.name} label={textOf(kpi.title, kpi.name)} value={shown(kpi, kpi.total)} tone={kpi.target == null || kpi.total == null ? undefined : kpi.total >= kpi.target ? 'good' : 'warn'} note={kpi.target == null ? undefined : `${say('target')} ${shown(kpi, kpi.target)} · ${say('reached', { n: format.percent((kpi.total ?? 0) / kpi.target, 0) })}`} />)}</div>
          <Panel flush>
            <div className="table-box"><table className="table matrix" aria-label={say('kpis')}>
              <thead><tr><th scope="col">{say(by === 'tier' ? 'level' : 'segment')}</th>{data.kpis.map((kpi) => <th key={kpi.name} scope="col">{textOf(kpi.title, kpi.name)}</th>)}</tr></thead>
              <tbody>{(data.kpis[0]?.rows ?? []).map((row, index) => <tr key={row.name}><th scope="row"><Link to="/customers" search={by === 'tier' ? { scheme, level: row.name } : { segment: row.name }}>{textOf(row.title, row.name)}</Link></th>{data.kpis.map((kpi) => <td key={kpi.name}>{shown(kpi, kpi.rows[index]?.value)}</td>)}</tr>)}</tbody>
            </table></div>
          </Panel>
          <Modal open={targets !== null} title={say('setTargets')} okText={ui('save')} cancelText={ui('cancel')} confirmLoading={put.isPending} onCancel={() => setTargets(null)} onOk={() => targets && put.mutate({ body: { targets: Object.entries(targets).map(([name, target]) => ({ name, target })) } })}>
            <table className="table"><tbody>{data.kpis.map((kpi) => <tr key={kpi.name}><th scope="row">{textOf(kpi.title, kpi.name)}</th><td><InputNumber aria-label={textOf(kpi.title, kpi.name)} value={targets?.[kpi.name]} onChange={(value) => setTargets({ ...targets, [kpi.name]: value })} /></td></tr>)}</tbody></table>
          </Modal>
        </div>
      )}
    </Loaded>
  );
}
