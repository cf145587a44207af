import { HistoryOutlined } from '@ant-design/icons';
import { Button, DatePicker, Select } from 'antd';
import dayjs from 'dayjs';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useRead, useSend } from '../../shared/api/hooks';
import type { SimulatedHistory } from '../../shared/api/validation';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Freshness, Panel } from '../../shared/ui/page';
import { Findings, MayNot } from '../../shared/ui/parts';
import { Drawing, Empty, Loaded } from '../../shared/ui/states';
import { isEdited, isHistory } from './asked';
import { Whose } from './Whose';
import { useSimulateWords } from './words';

const HistoryResult = lazy(() => import('./HistoryResult'));
const EVERY = ['day', 'week', 'month', 'quarter'] as const;

/** The tiers as they would have been over a stretch of the past. */
export function History({ what, choose }: { what: string; choose: ReactNode }) {
  const say = useSimulateWords();
  const may = useMay();
  const format = useFormat();
  const jobs = useRead('/jobs');
  const [from, setFrom] = useState(`${Number(format.today.slice(0, 4)) - 1}-${format.today.slice(5, 7)}-01`);
  const [to, setTo] = useState<string | undefined>();
  const [every, setEvery] = useState<string>('month');
  const [jobId, setJobId] = useState<string | null>(null);
  const last = jobs.data?.items.find((job) => job.kind === 'simulate' && job.state === 'done' && isHistory(job) && !isEdited(job))?.id ?? null;
  const job = useJob(jobId ?? last);
  const send = useSend('post', '/simulate', { onDone: (started) => setJobId(started.id) });
  const result = job?.state === 'done' ? (job.result as unknown as SimulatedHistory) : undefined;
  const start = may('run_jobs') && <Button type="primary" icon={<HistoryOutlined />} loading={send.isPending} onClick={() => send.mutate({ body: { version: what, from, ...(to ? { to } : {}), every, flapping: true } })}>{say('run')}</Button>;
  return (
    <>
      <div className="row">
        {choose}
        <span className="faint">{say('from')}</span><DatePicker allowClear={false} aria-label={say('from')} value={dayjs(from)} onChange={(_, text) => text && setFrom(text as string)} />
        <span className="faint">{say('to')}</span><DatePicker aria-label={say('to')} placeholder={say('newest')} value={to ? dayjs(to) : null} onChange={(_, text) => setTo((text as string) || undefined)} />
        <span className="faint">{say('every')}</span><Select aria-label={say('every')} style={{ width: 130 }} value={every} onChange={setEvery} options={EVERY.map((value) => ({ value, label: say(`every_${value}`) }))} />
        {start}
        {result && <Freshness asOf={result.as_of.at(-1)} at={job?.finished} seconds={result.seconds} state={job && <Whose job={job} />} />}
      </div>
      <MayNot permission="run_jobs" />
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
      {!result && !jobId && <Panel><Loaded query={jobs}>{() => (last ? <JobProgress job={job} /> : <Empty title={say('historyEmptyTitle')} text={say('historyEmptyText')}>{start}</Empty>)}</Loaded></Panel>}
      {jobId && !result && <Panel><JobProgress job={job} /></Panel>}
      {result && <Suspense fallback={<Panel><Drawing /></Panel>}><HistoryResult result={result} /></Suspense>}
    </>
  );
}
