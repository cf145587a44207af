import { AuditOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useRead, useSend } from '../../shared/api/hooks';
import type { Review } from '../../shared/api/validation';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Findings, MayNot } from '../../shared/ui/parts';
import { Drawing, Empty, Loaded } from '../../shared/ui/states';
import { useReviewWords } from './words';

const ReviewText = lazy(() => import('./ReviewText'));

/** The last eight quarters up to a day, newest first. */
export function quartersUpTo(today: string): string[] {
  const year = Number(today.slice(0, 4));
  const quarter = Math.ceil(Number(today.slice(5, 7)) / 3);
  return Array.from({ length: 8 }, (_, back) => {
    const at = year * 4 + quarter - 1 - back;
    return `${Math.floor(at / 4)}-Q${(at % 4) + 1}`;
  });
}

export default function Reviews() {
  const say = useReviewWords();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const jobs = useRead('/jobs', {}, { staleTime: 2_000 });
  const { job: opened } = useSearch({ strict: false }) as { job?: string };
  const [quarter, setQuarter] = useState('');
  const done = (jobs.data?.items ?? []).filter((one) => one.kind === 'review' && one.state === 'done');
  const running = jobs.data?.items.find((one) => one.kind === 'review' && (one.state === 'queued' || one.state === 'running'));
  const id = opened ?? running?.id ?? done[0]?.id;
  const job = useJob(id);
  const open = (next: string) => void navigate({ to: '/reviews', search: { job: next }, replace: true });
  const send = useSend('post', '/reviews', { renews: ['/jobs'], onDone: (begun) => open(begun.id) });
  const result = job?.state === 'done' ? (job.result as unknown as Review) : undefined;
  const start = may('run_jobs') && <Button type="primary" icon={<AuditOutlined />} loading={send.isPending} onClick={() => send.mutate({ body: quarter ? { quarter } : {} })}>{say('run')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={result && { asOf: result.until, at: job?.finished, version: result.version }}>
      <div className="row">
        <span className="faint">{say('quarter')}</span>
        <Select aria-label={say('quarter')} style={{ width: 210 }} value={quarter} onChange={setQuarter} options={[{ value: '', label: say('lastQuarter') }, ...quartersUpTo(format.today).map((value) => ({ value, label: value }))]} />
        {start}
        {done.length > 0 && <><span className="faint">{say('earlier')}</span><Select aria-label={say('earlier')} style={{ minWidth: 220 }} value={done.some((one) => one.id === id) ? id : undefined} onChange={open} options={done.map((one) => ({ value: one.id, label: [(one.input as { quarter?: string } | null)?.quarter ?? say('lastQuarter'), format.minute(one.finished)].join(' · ') }))} /></>}
      </div>
      <MayNot permission="run_jobs" />
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
      {!id && <Panel><Loaded query={jobs}>{() => <Empty title={say('emptyTitle')} text={say('emptyText')}>{start}</Empty>}</Loaded></Panel>}
      {id && !result && <Panel><JobProgress job={job} title={say('title')} /></Panel>}
      {result && <Suspense fallback={<Panel><Drawing /></Panel>}><ReviewText key={id} review={result} /></Suspense>}
    </Page>
  );
}
