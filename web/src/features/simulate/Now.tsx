import { ExperimentOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Simulation } from '../../shared/api/contract';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { SimulationResult } from '../../shared/preview/SimulationResult';
import { useJob } from '../../shared/jobs';
import { useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Freshness, Panel } from '../../shared/ui/page';
import { Empty, Loaded, NotYet } from '../../shared/ui/states';
import { isHistory, isEdited } from './asked';
import { Whose } from './Whose';
import { useSimulateWords } from './words';

/** Everybody as of now, by the draft or a version, beside what is in force. `begin`: at once, for whoever comes from a proposal. */
export function Now({ what, choose, begin }: { what: string; choose: ReactNode; begin: boolean }) {
  const say = useSimulateWords();
  const navigate = useNavigate();
  const may = useMay();
  const jobs = useRead('/jobs');
  const [jobId, setJobId] = useState<string | null>(null);
  const last = jobs.data?.items.find((job) => job.kind === 'simulate' && job.state === 'done' && !isHistory(job) && !isEdited(job))?.id ?? null;
  // Whoever comes with something new does not want to see what was before it.
  const job = useJob(jobId ?? (begin ? null : last));
  const send = useSend('post', '/simulate', { onDone: (started) => setJobId(started.id) });
  const result = job?.state === 'done' ? (job.result as Simulation | undefined) : undefined;
  const run = () => send.mutate({ body: { version: what } });
  const begun = useRef(false);
  useEffect(() => {
    if (!begin || begun.current) return;
    begun.current = true;
    run();
  });
  const start = may('run_jobs') && <Button type="primary" icon={<ExperimentOutlined />} disabled={!isThere('post', '/simulate')} loading={send.isPending} onClick={run}>{say('run')}</Button>;
  return (
    <>
      <div className="row">{choose}{start}{result && <Freshness asOf={result.as_of} at={job?.finished} seconds={result.seconds} state={job && <Whose job={job} />} />}</div>
      {send.error && <p className="bad" role="alert">{send.error.message}</p>}
      {!isThere('post', '/simulate') && <Panel><NotYet /></Panel>}
      {isThere('post', '/simulate') && !result && !jobId && <Panel><Loaded query={jobs}>{() => (last || (begin && !send.error) ? <JobProgress job={job} /> : <Empty title={say('emptyTitle')} text={say('emptyText')}>{start || <Link to="/publish">{say('toPublish')}</Link>}</Empty>)}</Loaded></Panel>}
      {jobId && !result && <Panel><JobProgress job={job} /></Panel>}
      {result && <SimulationResult result={result} extra={may('edit_models') && <Button type="primary" onClick={() => void navigate({ to: '/publish' })}>{say('toPublish')}</Button>} />}
    </>
  );
}
