import { PlayCircleOutlined } from '@ant-design/icons';
import { Button, DatePicker, Form, Modal, Select, Tabs } from 'antd';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import dayjs from 'dayjs';
import { useState } from 'react';
import type { Job, Run } from '../../shared/api/contract';
import { useListed, useSend } from '../../shared/api/hooks';
import { usePeople } from '../../shared/catalogue';
import { words } from '../../shared/i18n/words';
import { ended, useJob, useJobs, useJobWords } from '../../shared/jobs';
import { useFormat, useMay, useSession } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';

const useWords = words('runs', {
  title: ['评级与任务', 'Runs and jobs'],
  lead: ['一次评级 = 用某个版本，在某个时点，给所有客户打分定级。同一时点同一版本总是同样的结果。', 'A grading run evaluates all customers as of an instant under one version. The same instant and version always give the same grades.'],
  start: ['运行评级', 'Run a grading'],
  runs: ['评级', 'Grading runs'], jobs: ['任务', 'Jobs'],
  asOf: ['截至', 'As of'], model: ['模型', 'Model'], versionN: ['版本 {{n}}', 'version {{n}}'], folder: ['文件夹里的模型', 'the folder’s model'], customers: ['客户', 'Customers'], took: ['用时', 'Took'], finished: ['完成于', 'Finished'], state: ['状态', 'State'], fit: ['拟合参数', 'Fit'],
  kind: ['任务', 'Job'], by: ['操作人', 'By'], started: ['开始', 'Started'], progress: ['进度', 'Progress'],
  what: ['评级哪些时点', 'Which instants'],
  one: ['一个时点', 'One instant'], many: ['一段时间内的多个时点', 'Several instants of a period'],
  from: ['从', 'From'], to: ['到', 'To'], every: ['每', 'Every'],
  day: ['天', 'day'], week: ['周', 'week'], month: ['月', 'month'], quarter: ['季度', 'quarter'],
  text: ['不改变已有的结果；完成后看板与客户页使用最新时点。', 'Nothing stored changes; when it is done, figures and customers show the newest instant.'],
  emptyTitle: ['还没有运行过评级', 'No grading run yet'], emptyText: ['发布一个版本之后运行评级。', 'Publish a version, then run a grading.'],
  noJobs: ['还没有任务', 'No jobs yet'], noJobsText: ['导入、试算、评级、导出的进度会出现在这里，可随时取消。', 'Progress of imports, simulations, gradings and exports shows here; each can be cancelled.'],
  noData: ['先导入数据，再准备模型，然后运行评级。', 'Bring in data, prepare a model, then run a grading.'], toImports: ['去导入数据', 'Bring in data'],
});

export default function Runs() {
  const say = useWords();
  const format = useFormat();
  const may = useMay();
  const [asking, ask] = useState(false);
  const [jobId, setJobId] = useState<string | null>(null);
  const { tab = 'runs' } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const runs = useListed('/runs');
  const hasData = useSession()?.workspace.has_data ?? false;
  const jobs = useJobs();
  const job = useJob(jobId, () => void runs.refetch());
  const button = may('run_jobs') && <Button type="primary" icon={<PlayCircleOutlined />} onClick={() => ask(true)}>{say('start')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      {jobId && <Panel><JobProgress job={job} /></Panel>}
      <Tabs activeKey={tab} onChange={(next) => void navigate({ to: '/runs', search: { tab: next }, replace: true })} items={[
        { key: 'runs', label: say('runs'), children: <Panel flush><Loaded query={runs} empty={(data) => data.items.length === 0 && <Empty title={say('emptyTitle')} text={say(hasData ? 'emptyText' : 'noData')}>{hasData ? button : <Link to="/imports">{say('toImports')}</Link>}</Empty>}>{(data) => (
          <DataTable label={say('runs')} rows={data.items} rowKey={(one) => one.run} more={runs.more} columns={[
            { key: 'as_of', title: say('asOf'), cell: (one) => <b>{format.day(one.as_of)}</b> },
            { key: 'n', title: say('customers'), align: 'right', cell: (one) => format.count(customersOf(one)) },
            { key: 'fit', title: say('fit'), align: 'right', cell: (one) => one.fits.at(-1) ?? '–' },
            { key: 'model', title: say('model'), cell: (one) => <span title={one.model_hash}>{one.version != null ? say('versionN', { n: one.version }) : say('folder')}</span> },
            { key: 'took', title: say('took'), align: 'right', cell: (one) => format.seconds(one.finished ? (Date.parse(one.finished) - Date.parse(one.started)) / 1000 : null) },
            { key: 'finished', title: say('finished'), cell: (one) => format.minute(one.finished) },
            { key: 'state', title: say('state'), cell: (one) => <State state={one.finished ? 'done' : 'running'} /> },
          ]} />
        )}</Loaded></Panel> },
        { key: 'jobs', label: say('jobs'), children: <Panel flush><Loaded query={jobs} empty={(data) => data.items.length === 0 && <Empty title={say('noJobs')} text={say('noJobsText')} />}>{(data) => <Jobs jobs={data.items} />}</Loaded></Panel> },
      ]} />
      {asking && <Ask onClose={() => ask(false)} onStarted={(id) => { ask(false); setJobId(id); }} />}
    </Page>
  );
}

/** Of the counts that the run kept. */
function customersOf(run: Run): number | null {
  const counts = run.counts as Record<string, unknown> | null | undefined;
  return typeof counts?.customers === 'number' ? counts.customers : null;
}

function State({ state }: { state: string }) {
  const jobSay = useJobWords();
  return <StateTag state={state}>{jobSay(state as 'done')}</StateTag>;
}

function Jobs({ jobs }: { jobs: Job[] }) {
  const say = useWords();
  const jobSay = useJobWords();
  const format = useFormat();
  const who = usePeople();
  return (
    <DataTable label={say('jobs')} rows={jobs} rowKey={(one) => one.id} columns={[
      { key: 'kind', title: say('kind'), cell: (one) => <b>{jobSay(one.kind as 'run')}</b> },
      { key: 'by', title: say('by'), cell: (one) => who(one.by) },
      { key: 'started', title: say('started'), cell: (one) => format.minute(one.started ?? one.created) },
      { key: 'took', title: say('took'), align: 'right', cell: (one) => (one.started && one.finished ? format.seconds((Date.parse(one.finished) - Date.parse(one.started)) / 1000) : '–') },
      { key: 'state', title: say('state'), cell: (one) => <State state={one.state} /> },
      { key: 'progress', title: say('progress'), width: '38%', cell: (one) => (!ended(one) || one.state === 'failed' ? <JobProgress job={one} /> : '') },
    ]} />
  );
}

function Ask({ onClose, onStarted }: { onClose: () => void; onStarted: (id: string) => void }) {
  const say = useWords();
  const ui = useUi();
  const { today } = useFormat();
  const [many, setMany] = useState(false);
  const [asOf, setAsOf] = useState<string | undefined>(today);
  const [from, setFrom] = useState<string>();
  const [every, setEvery] = useState('month');
  const send = useSend('post', '/runs', { renews: ['/jobs'], onDone: (job) => onStarted(job.id) });
  const day = (value: string | undefined) => (value ? dayjs(value) : null);
  return (
    <Modal open title={say('start')} okText={say('start')} cancelText={ui('cancel')} confirmLoading={send.isPending} okButtonProps={{ disabled: many && !from }} onCancel={onClose} onOk={() => send.mutate({ body: many ? { as_of: `${from}..${asOf}`, every } : { as_of: asOf } })}>
      <Form layout="vertical">
        <p className="faint">{say('text')}</p>
        <Form.Item label={say('what')}><Select aria-label={say('what')} value={many} onChange={setMany} options={[{ value: false, label: say('one') }, { value: true, label: say('many') }]} /></Form.Item>
        {many && <Form.Item label={say('from')}><DatePicker aria-label={say('from')} value={day(from)} onChange={(_, text) => setFrom(text as string)} /></Form.Item>}
        <Form.Item label={many ? say('to') : say('asOf')}><DatePicker aria-label={many ? say('to') : say('asOf')} value={day(asOf)} onChange={(_, text) => setAsOf(text as string)} /></Form.Item>
        {many && <Form.Item label={say('every')}><Select aria-label={say('every')} value={every} onChange={setEvery} options={(['day', 'week', 'month', 'quarter'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>}
        {send.error && <p className="bad" role="alert">{send.error.message}</p>}
      </Form>
    </Modal>
  );
}
