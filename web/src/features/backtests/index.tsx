import { HistoryOutlined } from '@ant-design/icons';
import { Button, DatePicker, Form, InputNumber, Select } from 'antd';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import dayjs from 'dayjs';
import { lazy, Suspense, useState } from 'react';
import type { Job } from '../../shared/api/contract';
import { useRead, useSend } from '../../shared/api/hooks';
import type { Backtest } from '../../shared/api/validation';
import { SpanInput } from '../../shared/condition/SpanInput';
import { saySpan } from '../../shared/condition/span';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay, useSession } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Findings, MayNot } from '../../shared/ui/parts';
import { Drawing, Empty, Loaded } from '../../shared/ui/states';
import { useBacktestWords, type BacktestSay } from './words';

const Result = lazy(() => import('./Result'));
/** The form of the questions, which an empty page sends as it stands. */
const ASK = 'backtest';
const EVERY = ['week', 'month', 'quarter', 'year'] as const;

/** `draft`, `in_force`, `folder`, or the number of a version. */
export const sayModel = (say: BacktestSay, name: string | null | undefined) => (name === 'draft' || name === 'in_force' || name === 'folder' ? say(name) : name ? say('versionN', { n: name }) : say('in_force'));

export default function Backtests() {
  const say = useBacktestWords();
  const format = useFormat();
  const navigate = useNavigate();
  const may = useMay();
  const hasData = useSession()?.workspace.has_data ?? false;
  const jobs = useRead('/jobs', {}, { staleTime: 2_000 });
  const { job: opened } = useSearch({ strict: false }) as { job?: string };
  const done = (jobs.data?.items ?? []).filter((one) => one.kind === 'backtest' && one.state === 'done');
  const running = jobs.data?.items.find((one) => one.kind === 'backtest' && (one.state === 'queued' || one.state === 'running'));
  const id = opened ?? running?.id ?? done[0]?.id;
  const job = useJob(id);
  const open = (next: string) => void navigate({ to: '/backtests', search: { job: next }, replace: true });
  const result = job?.state === 'done' ? (job.result as unknown as Backtest) : undefined;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={result && { asOf: result.dates.at(-1)?.as_of, at: job?.finished, seconds: result.seconds, version: result.version }}>
      <Ask onStarted={open} />
      {done.length > 0 && (
        <div className="row"><span className="faint">{say('earlier')}</span>
          <Select aria-label={say('earlier')} style={{ minWidth: 280 }} popupMatchSelectWidth={false} value={done.some((one) => one.id === id) ? id : undefined} onChange={open} options={done.map((one) => ({ value: one.id, label: named(one, say, format.lang, format.minute(one.finished)) }))} />
        </div>
      )}
      {!id && <Panel><Loaded query={jobs}>{() => <Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{hasData ? may('run_jobs') && <Button form={ASK} htmlType="submit">{say('run')}</Button> : <Link to="/imports">{say('toImports')}</Link>}</Empty>}</Loaded></Panel>}
      {id && !result && <Panel><JobProgress job={job} title={say('title')} /></Panel>}
      {result && <Suspense fallback={<Panel><Drawing /></Panel>}><Result key={id} job={id!} result={result} /></Suspense>}
    </Page>
  );
}

function named(job: Job, say: BacktestSay, lang: 'zh' | 'en', at: string): string {
  const { as_of, horizon, model, against } = (job.input ?? {}) as Record<string, string | undefined>;
  return [as_of ?? say('asOfLast'), horizon && saySpan(horizon, lang), sayModel(say, model), against && `${say('against')} ${sayModel(say, against)}`, at].filter(Boolean).join(' · ');
}

/** What a back-test is asked; every field may stay as it is. */
function Ask({ onStarted }: { onStarted: (job: string) => void }) {
  const say = useBacktestWords();
  const may = useMay();
  const versions = useRead('/model/versions', {}, { staleTime: 30_000 }).data?.items ?? [];
  const [asOf, setAsOf] = useState<string | undefined>();
  const [horizon, setHorizon] = useState('90 days');
  const [dates, setDates] = useState(3);
  const [every, setEvery] = useState<string>('month');
  const [model, setModel] = useState('in_force');
  const [against, setAgainst] = useState('');
  const send = useSend('post', '/backtests', { renews: ['/jobs'], onDone: (job) => onStarted(job.id) });
  const start = () => send.mutate({ body: { ...(asOf ? { as_of: asOf } : {}), horizon, dates, every, ...(model === 'in_force' ? {} : { model }), ...(against ? { against } : {}) } });
  const models = [...versions.map((one) => ({ value: String(one.version), label: say('versionN', { n: one.version }) }))];
  return (
    <Panel>
      <Form name={ASK} layout="vertical" className="ask-row" onFinish={start}>
        <Form.Item label={say('asOf')}><DatePicker aria-label={say('asOf')} placeholder={say('asOfLast')} style={{ width: 190 }} value={asOf ? dayjs(asOf) : null} onChange={(_, text) => setAsOf((text as string) || undefined)} /></Form.Item>
        <Form.Item label={say('horizon')} tooltip={say('horizonHelp')}><SpanInput label={say('horizon')} value={horizon} onChange={setHorizon} /></Form.Item>
        <Form.Item label={say('dates')} tooltip={say('datesHelp')}><InputNumber aria-label={say('dates')} min={1} max={12} precision={0} style={{ width: 76 }} value={dates} onChange={(value) => setDates(value ?? 1)} /></Form.Item>
        <Form.Item label={say('every')}><Select aria-label={say('every')} style={{ width: 110 }} disabled={dates < 2} value={every} onChange={setEvery} options={EVERY.map((value) => ({ value, label: say(`every_${value}`) }))} /></Form.Item>
        <Form.Item label={say('model')}><Select aria-label={say('model')} style={{ width: 150 }} value={model} onChange={setModel} options={[{ value: 'in_force', label: say('in_force') }, { value: 'draft', label: say('draft') }, ...models]} /></Form.Item>
        <Form.Item label={say('against')}><Select aria-label={say('against')} style={{ width: 150 }} value={against} onChange={setAgainst} options={[{ value: '', label: say('nobody') }, { value: 'in_force', label: say('in_force') }, { value: 'draft', label: say('draft') }, ...models]} /></Form.Item>
        <Form.Item label=" "><Button type="primary" htmlType="submit" icon={<HistoryOutlined />} disabled={!may('run_jobs')} loading={send.isPending}>{say('run')}</Button></Form.Item>
      </Form>
      <MayNot permission="run_jobs" />
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
    </Panel>
  );
}
