import { SaveOutlined } from '@ant-design/icons';
import { App, Button, Dropdown, Select, Tabs } from 'antd';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { useFresh } from '../../shared/catalogue';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { CohortTable } from './Cohorts';
import { KpiTable } from './Kpis';
import { MigrationView } from './MigrationView';
import { Overview } from './Overview';
import { Value } from './Value';
import { useDashboardWords } from './words';

export default function Dashboards() {
  const say = useDashboardWords();
  const format = useFormat();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: string; as_of?: string };
  const [naming, name] = useState(false);
  const instants = useRead('/instants').data ?? [];
  const saved = useRead('/views', {}, { enabled: isThere('get', '/views') });
  const saveView = useSend('post', '/views', { renews: ['/views'], onDone: () => void message.success(say('viewSaved')) });
  const summary = useRead('/summary', { query: { as_of: search.as_of } }, { keep: true });
  const fresh = useFresh(summary.data?.latest.as_of);
  const go = (next: Partial<typeof search>) => void navigate({ to: '/dashboards', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)) as never, replace: true });
  const options = instants.map((one) => ({ value: one, label: format.day(one) })).reverse();
  const views = saved.data?.items.filter((one) => one.kind === 'dashboard') ?? [];
  return (
    <Page wide title={say('title')} lead={say('lead')} fresh={fresh} actions={<>
      <Select aria-label={say('asOf')} style={{ width: 150 }} placeholder={say('asOf')} allowClear value={search.as_of} onChange={(as_of) => go({ as_of })} options={options} />
      {isThere('post', '/views') && <Dropdown trigger={['click']} menu={{ items: [...views.map((one) => ({ key: one.id, label: one.name, onClick: () => void navigate({ to: '/dashboards', search: one.content as never }) })), { key: '$save', label: say('saveView'), onClick: () => void name(true) }] }}><Button icon={<SaveOutlined />}>{say('views')}</Button></Dropdown>}
    </>}>
      <Loaded query={summary} rows={12} empty={(data) => data.latest.n_customers === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')} /></Panel>}>
        {(data) => (
          <Tabs activeKey={search.tab ?? 'overview'} onChange={(tab) => go({ tab })} destroyOnHidden items={[
            { key: 'overview', label: say('overview'), children: <Overview summary={data} /> },
            { key: 'migration', label: say('migration'), children: <MigrationView summary={data} /> },
            { key: 'value', label: say('value'), children: <Value summary={data} /> },
            { key: 'cohorts', label: say('cohorts'), children: <CohortTable /> },
            { key: 'kpis', label: say('kpis'), children: <KpiTable /> },
          ]} />
        )}
      </Loaded>
      <AskName open={naming} title={say('saveView')} taken={views.map((one) => one.name)} onClose={() => name(false)} onDone={(own) => { name(false); saveView.mutate({ body: { kind: 'dashboard', name: own, content: { ...search } } }); }} />
    </Page>
  );
}
