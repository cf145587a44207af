import { ExperimentOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Simulation } from '../../shared/api/contract';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { useDraft } from '../../shared/draft/useDraft';
import { words } from '../../shared/i18n/words';
import { useJob } from '../../shared/jobs';
import { useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded, NotYet } from '../../shared/ui/states';
import { SimulationResult } from '../../shared/preview/SimulationResult';

const useWords = words('simulate', {
  title: ['试算', 'Simulate'],
  lead: ['用草稿或某个版本对现有客户算一遍：谁升、谁降、花多少钱。不改变任何人的等级；发布之后结果与此完全一致。', 'Grades the present customers under the draft or a version: who rises, who falls, what it costs. Nobody changes; after publishing it is exactly so.'],
  what: ['试算什么', 'What to simulate'],
  draft: ['草稿', 'the draft'],
  version: ['版本 {{n}}', 'version {{n}}'],
  run: ['开始试算', 'Simulate'],
  unsaved: ['草稿有未保存的修改；试算用的是已保存的草稿。', 'The draft has unsaved changes; a simulation uses the saved one.'],
  emptyTitle: ['还没有试算', 'Not simulated yet'],
  emptyText: ['点击“开始试算”。一百万客户大约需要几秒到几分钟，可以离开此页，进度在右上角。', 'Press “Simulate”. A million customers take seconds to minutes; you may leave this page, progress is at the top right.'],
  toPublish: ['提交审批', 'Submit for review'],
});

export default function SimulatePage() {
  const say = useWords();
  const navigate = useNavigate();
  const { changed } = useDraft();
  const versions = useRead('/model/versions').data ?? [];
  const jobs = useRead('/jobs');
  const may = useMay();
  const [what, setWhat] = useState<string>('draft');
  const [jobId, setJobId] = useState<string | null>(null);
  const last = jobs.data?.items.find((job) => job.kind === 'simulate' && job.state === 'done' && job.result)?.id ?? null;
  const job = useJob(jobId ?? last);
  const send = useSend('post', '/simulate', { onDone: (started) => setJobId(started.id) });
  const result = job?.state === 'done' ? (job.result as Simulation | undefined) : undefined;
  const start = may('run_jobs') && <Button type="primary" icon={<ExperimentOutlined />} disabled={!isThere('post', '/simulate')} loading={send.isPending} onClick={() => send.mutate({ body: { version: what } })}>{say('run')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={result && { asOf: result.as_of, at: job?.finished, seconds: result.seconds }} actions={<>
      <Select aria-label={say('what')} style={{ width: 150 }} value={what} onChange={setWhat} options={[{ value: 'draft', label: say('draft') }, ...versions.map((one) => ({ value: String(one.version), label: say('version', { n: one.version }) }))]} />
      {start}
    </>}>
      {changed && what === 'draft' && <p className="warn">{say('unsaved')}</p>}
      {send.error && <p className="bad" role="alert">{send.error.message}</p>}
      {!isThere('post', '/simulate') && <Panel><NotYet /></Panel>}
      {isThere('post', '/simulate') && !result && !jobId && <Panel><Loaded query={jobs}>{() => (last ? <JobProgress job={job} /> : <Empty title={say('emptyTitle')} text={say('emptyText')}>{start || <Link to="/publish">{say('toPublish')}</Link>}</Empty>)}</Loaded></Panel>}
      {jobId && !result && <Panel><JobProgress job={job} /></Panel>}
      {result && <SimulationResult result={result} extra={may('edit_models') && <Button type="primary" onClick={() => void navigate({ to: '/publish' })}>{say('toPublish')}</Button>} />}
    </Page>
  );
}
