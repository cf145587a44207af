import { Select, Tabs } from 'antd';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Summary } from '../../shared/api/contract';
import { useRead } from '../../shared/api/hooks';
import { useFresh } from '../../shared/catalogue';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { SavedViews } from '../../shared/ui/SavedViews';
import { Empty, Loaded } from '../../shared/ui/states';
import { CohortTable } from './Cohorts';
import { KpiTable } from './Kpis';
import { MigrationView } from './MigrationView';
import { Outlook } from './Outlook';
import { useOutlookWords } from './outlook-words';
import { Overview } from './Overview';
import { Region } from './Region';
import { Report } from './Report';
import { Value } from './Value';
import { useDashboardWords } from './words';

export default function Dashboards() {
  const say = useDashboardWords();
  const outlookSay = useOutlookWords();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: string; as_of?: string; by?: string; group?: string; scheme?: string; name?: string };
  const instants = useRead('/instants').data ?? [];
  const summary = useRead('/summary', { query: { as_of: search.as_of } }, { keep: true });
  // What stands on the newest grading alone says so, and offers no other.
  const dated = !['cohorts', 'region', 'kpis', 'outlook'].includes(search.tab ?? '');
  const fresh = useFresh(dated ? summary.data?.latest.as_of : instants.at(-1));
  const asOf = search.as_of && search.as_of !== instants.at(-1) ? search.as_of : undefined;
  const go = (next: Partial<typeof search>) => void navigate({ to: '/dashboards', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)) as never, replace: true });
  const options = instants.map((one) => ({ value: one, label: format.day(one) })).reverse();
  // Figures of everybody are for those who see everybody; cohorts and KPIs are told to each of their own customers.
  const whole = (show: (data: Summary) => ReactNode) => <Loaded query={summary} rows={12} empty={(data) => data.latest.n_customers === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')} /></Panel>}>{show}</Loaded>;
  return (
    <Page wide title={say('title')} lead={say('lead')} fresh={fresh} actions={<>
      {dated && <Select aria-label={say('asOf')} style={{ width: 150 }} placeholder={say('asOf')} allowClear value={search.as_of} onChange={(as_of) => go({ as_of })} options={options} />}
      <SavedViews kind="dashboard" content={{ ...search }} onOpen={(content) => void navigate({ to: '/dashboards', search: content as never })} />
      {may('export_data') && <Report asOf={asOf} />}
    </>}>
      <Tabs activeKey={search.tab ?? 'overview'} onChange={(tab) => go({ tab })} destroyOnHidden items={[
        { key: 'overview', label: say('overview'), children: whole((data) => <Overview summary={data} asOf={asOf} />) },
        { key: 'migration', label: say('migration'), children: whole((data) => <MigrationView summary={data} newest={instants.at(-1)} />) },
        { key: 'value', label: say('value'), children: whole((data) => <Value summary={data} asOf={asOf} />) },
        { key: 'outlook', label: outlookSay('tab'), children: <Outlook /> },
        { key: 'cohorts', label: say('cohorts'), children: <CohortTable by={search.by === 'quarter' ? 'quarter' : 'month'} onBy={(by) => go({ by })} /> },
        { key: 'region', label: say('region'), children: <Region name={search.name} onName={(name) => go({ name })} /> },
        { key: 'kpis', label: say('kpis'), children: <KpiTable by={search.group === 'segment' ? 'segment' : 'tier'} scheme={search.scheme} onChange={go} /> },
      ]} />
    </Page>
  );
}
