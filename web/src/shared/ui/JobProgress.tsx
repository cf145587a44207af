import { Alert, Button, Progress } from 'antd';
import type { Job } from '../api/contract';
import { useSend } from '../api/hooks';
import { ended, useJobWords } from '../jobs';
import { useUi } from './words';

export function JobProgress({ job, title }: { job: Job | undefined; title?: string }) {
  const say = useJobWords();
  const ui = useUi();
  const cancel = useSend('post', '/jobs/{id}/cancel', { renews: ['/jobs'] });
  if (!job) return <Progress percent={0} status="active" showInfo={false} aria-label={title ?? ui('loading')} />;
  const { progress } = job;
  const part = job.state === 'done' ? 100 : progress?.total ? Math.floor((progress.done / progress.total) * 100) : job.state === 'running' ? 8 : 0;
  const kind = say(job.kind as 'run');
  if (job.state === 'failed') {
    return <Alert type="error" showIcon title={`${title ?? kind}: ${say('failed')}`} description={<>{job.problem?.detail ?? job.problem?.title}{job.problem?.request_id && <div className="faint small">{ui('requestId')} <code>{job.problem.request_id}</code></div>}</>} />;
  }
  return (
    <div className="job">
      <div className="job-line"><span className="strong">{title ?? kind}</span> <span className="faint">{progress?.step ?? say(job.state)}</span>
        {!ended(job) && <Button size="small" type="text" onClick={() => cancel.mutate({ path: { id: job.id } })}>{say('cancel')}</Button>}
      </div>
      <Progress percent={part} size="small" status={job.state === 'done' ? 'success' : job.state === 'cancelled' ? 'exception' : 'active'} aria-label={title ?? kind} />
    </div>
  );
}
