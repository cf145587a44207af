import { ShoppingCartOutlined, TeamOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { renew, useRead, useSend } from '../../shared/api/hooks';
import type { NextLearned } from '../../shared/api/learned';
import { ended, useJob } from '../../shared/jobs';
import { useMay, useSession } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { Drawing, Empty, Loaded } from '../../shared/ui/states';
import { useNextWords } from './words';

const Result = lazy(() => import('./Result'));

export default function Next() {
  const say = useNextWords();
  const may = useMay();
  const navigate = useNavigate();
  const client = useQueryClient();
  const hasData = useSession()?.workspace.has_data ?? false;
  const query = useRead('/next', {}, { staleTime: 60_000 });
  const jobs = useRead('/jobs', {}, { staleTime: 2_000 });
  const running = jobs.data?.items.find((one) => one.kind === 'next' && !ended(one));
  const [begun, begin] = useState<string>();
  const id = begun ?? running?.id;
  const job = useJob(id, () => renew(client, ['/next', '/customers']));
  const send = useSend('post', '/learn/next', { renews: ['/jobs'], onDone: (one) => begin(one.id) });
  const found = query.data as unknown as NextLearned | null | undefined;
  const start = hasData && may('run_jobs') && <Button type="primary" icon={<ShoppingCartOutlined />} loading={send.isPending} disabled={!!job && !ended(job)} onClick={() => send.mutate({ body: {} as never })}>{say('run')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={found ? { asOf: found.as_of, seconds: found.seconds } : undefined} actions={found && <><Button icon={<TeamOutlined />} onClick={() => void navigate({ to: '/customers', search: { columns: 'next,next_due' } as never })}>{say('list')}</Button>{start}</>}>
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
      {id && job?.state !== 'done' && <Panel><JobProgress job={job} title={say('title')} /></Panel>}
      <Loaded query={query} empty={() => !found && (id && job?.state !== 'failed' && job?.state !== 'cancelled' ? <></> : <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{hasData ? start : <Link to="/imports">{say('toImports')}</Link>}</Empty></Panel>)}>
        {() => found && <Suspense fallback={<Panel><Drawing /></Panel>}><Result key={found.as_of} result={found} /></Suspense>}
      </Loaded>
    </Page>
  );
}
