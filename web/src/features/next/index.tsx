import { DownloadOutlined, ShoppingCartOutlined } from '@ant-design/icons';
import { Button, Select, Tooltip } from 'antd';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { fileUrl } from '../../shared/api/client';
import { useSend } from '../../shared/api/hooks';
import type { NextLearned } from '../../shared/api/learned';
import { useOutcomes } from '../../shared/outcomes';
import { useFormat, useMay, useSession } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useNextWords } from './words';

const Result = lazy(() => import('./Result'));

export default function Next() {
  const say = useNextWords();
  const format = useFormat();
  const may = useMay();
  const hasData = useSession()?.workspace.has_data ?? false;
  const { jobs, done, id, job, result, open } = useOutcomes<NextLearned>('learn_next', '/next');
  const send = useSend('post', '/learn/next', { renews: ['/jobs'], onDone: (begun) => open(begun.id) });
  const start = hasData && may('run_jobs') && <Button type="primary" icon={<ShoppingCartOutlined />} loading={send.isPending} onClick={() => send.mutate({ body: {} })}>{say('run')}</Button>;
  const file = result?.file;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={result && { asOf: result.as_of, at: job?.finished, seconds: result.seconds }} actions={<>{may('export_data') && file && <Tooltip title={say('exportHint')}><Button icon={<DownloadOutlined />} href={fileUrl(file)}>{say('export')}</Button></Tooltip>}{id && start}</>}>
      {done.length > 1 && <div className="row"><span className="faint">{say('earlier')}</span><Select aria-label={say('earlier')} style={{ minWidth: 220 }} value={done.some((one) => one.id === id) ? id : undefined} onChange={open} options={done.map((one) => ({ value: one.id, label: format.minute(one.finished) }))} /></div>}
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
      {!id && <Panel><Loaded query={jobs}>{() => <Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{hasData ? start : <Link to="/imports">{say('toImports')}</Link>}</Empty>}</Loaded></Panel>}
      {id && !result && <Panel><JobProgress job={job} title={say('title')} /></Panel>}
      {result && <Suspense fallback={<Panel><JobProgress job={job} /></Panel>}><Result key={id} result={result} /></Suspense>}
    </Page>
  );
}
