import { Alert, Button, Progress } from 'antd';
import type { Finding, Job } from '../api/contract';
import { useSend } from '../api/hooks';
import { ended, sayStep, useJobWords } from '../jobs';
import { useLang } from '../session';
import { Findings } from './parts';
import { useUi } from './words';

/** What a failed job says. */
export interface JobProblem { code: string; zh: string; en: string; findings?: Finding[] }

export function JobProgress({ job, title }: { job: Job | undefined; title?: string }) {
  const say = useJobWords();
  const ui = useUi();
  const lang = useLang();
  const cancel = useSend('post', '/jobs/{id}/cancel', { renews: ['/jobs'] });
  if (!job) return <Progress percent={0} status="active" showInfo={false} aria-label={title ?? ui('loading')} />;
  const { progress } = job;
  const part = job.state === 'done' ? 100 : progress?.total ? Math.floor((progress.done / progress.total) * 100) : job.state === 'running' ? 8 : 0;
  const kind = say(job.kind as 'run');
  if (job.state === 'failed') {
    const problem = job.problem as JobProblem | null | undefined;
    return <Alert type="error" showIcon title={`${title ?? kind}: ${say('failed')}`} description={<>{problem?.[lang] ?? problem?.code}{problem?.findings && <Findings findings={problem.findings} />}</>} />;
  }
  return (
    <div className="job">
      <div className="job-line"><span className="strong">{title ?? kind}</span> <span className="faint">{progress.step ? sayStep(progress.step, say) : say(job.state as 'running')}</span>
        {!ended(job) && <Button size="small" type="text" onClick={() => cancel.mutate({ path: { id: job.id } })}>{say('cancel')}</Button>}
      </div>
      <Progress percent={part} size="small" status={job.state === 'done' ? 'success' : job.state === 'cancelled' ? 'exception' : 'active'} aria-label={title ?? kind} />
    </div>
  );
}
