import { Button, Checkbox, Form, Modal, Select } from 'antd';
import { useState } from 'react';
import { fileUrl } from '../../shared/api/client';
import { useSend } from '../../shared/api/hooks';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { useUi } from '../../shared/ui/words';
import { useCustomerWords } from './words';

/** Takes the customers of a filter away as a file; a job makes it. */
export function Export({ who, columns, n, onClose }: { who: Record<string, unknown>; columns: string[]; n: number | null; onClose: () => void }) {
  const say = useCustomerWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const [kind, setKind] = useState('csv');
  const [gb18030, setGb] = useState(false);
  const [identifiers, setIdentifiers] = useState(false);
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId);
  const send = useSend('post', '/exports', { onDone: (started) => setJobId(started.id) });
  const file = job?.state === 'done' ? (job.result as { file?: string } | undefined)?.file : undefined;
  return (
    <Modal open title={say('exportTitle', { n: format.count(n) })} onCancel={onClose} footer={[
      <Button key="close" onClick={onClose}>{ui('close')}</Button>,
      file ? <Button key="file" type="primary" href={fileUrl(file)}>{say('download')}</Button> : <Button key="go" type="primary" loading={send.isPending || (!!jobId && job?.state !== 'failed')} onClick={() => send.mutate({ body: { who, columns, format: kind, gb18030, identifiers } })}>{say('export')}</Button>,
    ]}>
      <Form layout="vertical">
        <p className="faint">{say('exportText')}</p>
        <Form.Item label={say('format')}><Select aria-label={say('format')} value={kind} onChange={setKind} options={[{ value: 'csv', label: 'CSV' }, { value: 'xlsx', label: 'Excel' }, { value: 'parquet', label: 'Parquet' }]} /></Form.Item>
        {kind === 'csv' && <Form.Item><Checkbox checked={gb18030} onChange={(event) => setGb(event.target.checked)}>{say('gb18030')}</Checkbox></Form.Item>}
        {may('export_identities') && <Form.Item><Checkbox checked={identifiers} onChange={(event) => setIdentifiers(event.target.checked)}>{say('identifiers')}</Checkbox></Form.Item>}
        {send.error && <p className="bad" role="alert">{send.error.message}</p>}
        {jobId && <JobProgress job={job} />}
      </Form>
    </Modal>
  );
}
