import { FileTextOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { useState } from 'react';
import { fileUrl } from '../../shared/api/client';
import { useSend } from '../../shared/api/hooks';
import { useJob } from '../../shared/jobs';
import { useFormat } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { useUi } from '../../shared/ui/words';
import { useDashboardWords } from './words';

/** All of it as one page that can be sent to somebody and read without Gradus; it names no customer in clear. */
export function Report({ asOf }: { asOf?: string }) {
  const say = useDashboardWords();
  const ui = useUi();
  const format = useFormat();
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId);
  const send = useSend('post', '/reports', { onDone: (started) => setJobId(started.id) });
  const file = job?.state === 'done' ? (job.result as { file?: string } | undefined)?.file : undefined;
  const close = () => { setJobId(null); send.reset(); };
  return (
    <>
      <Button icon={<FileTextOutlined />} loading={send.isPending} onClick={() => send.mutate({ body: { as_of: asOf } })}>{say('report')}</Button>
      <Modal open={!!jobId || !!send.error} title={asOf ? `${say('report')} · ${format.day(asOf)}` : say('report')} onCancel={close} footer={[<Button key="close" onClick={close}>{ui('close')}</Button>, file && <Button key="file" type="primary" href={fileUrl(file)}>{say('download')}</Button>]}>
        <p className="faint">{say('reportText')}</p>
        {jobId && <JobProgress job={job} />}
        {send.error && <p className="bad" role="alert">{send.error.message}</p>}
      </Modal>
    </>
  );
}
