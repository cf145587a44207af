import { Button, Form, InputNumber, Select } from 'antd';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import type { ClusterMethod, ClusterScale, ModelDocument } from '../../shared/api/document';
import type { ClustersLearned } from '../../shared/api/learning';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { DraftBar } from '../../shared/draft/DraftBar';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useJob } from '../../shared/jobs';
import { FeaturePicker } from '../../shared/predictions/FeaturePicker';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { Drawing, Empty, Loaded, NotYet, Trouble } from '../../shared/ui/states';
import { firstFeatures } from './take';
import { useClusterWords } from './words';

const Result = lazy(() => import('./Result'));
const ASK = 'clusters';
export const KIND = 'learn_clusters';

interface Asked { features: string[]; scale: ClusterScale; method: ClusterMethod; most: number; k?: number; seed?: number; base?: string }

/** Features, numbers of groups side by side, what is typical of each; then a prediction or segments of the draft. */
export default function ClusterStudio() {
  const say = useClusterWords();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { of, job: opened } = useSearch({ strict: false }) as { of?: string; job?: string };
  const { query, document } = useDraft();
  const there = isThere('post', '/learn/clusters');
  const jobs = useRead('/jobs', {}, { staleTime: 2_000, enabled: there });
  const mine = (jobs.data?.items ?? []).filter((one) => one.kind === KIND);
  const done = mine.filter((one) => one.state === 'done');
  const running = mine.find((one) => one.state === 'queued' || one.state === 'running');
  const id = opened ?? running?.id ?? (of ? undefined : done[0]?.id);
  const job = useJob(id);
  const go = (next: string) => void navigate({ to: '/clusters', search: { ...(of ? { of } : {}), job: next }, replace: true });
  const send = useSend('post', '/learn/clusters', { renews: ['/jobs'], onDone: (one) => go(one.id) });
  const result = job?.state === 'done' ? (job.result as unknown as ClustersLearned) : undefined;
  const asked = job?.input as unknown as Partial<Asked> | undefined;
  const ask = (what: Asked) => send.mutate({ body: { ...what, model: 'draft' } as never });
  return (
    <Page wide title={say('title')} lead={say('lead')} fresh={result && { asOf: result.as_of, at: job?.finished, seconds: result.seconds }}>
      <DraftBar />
      <Loaded query={query}>{() => document && (
        <>
          <Ask key={of} of={of} onAsk={ask} busy={send.isPending} can={there && may('run_jobs')} />
          {send.error && (send.error.problem.errors?.length ? <Findings findings={send.error.problem.errors} /> : <Trouble error={send.error} />)}
          {done.length > 1 && <div className="row"><span className="faint">{say('earlier')}</span><Select aria-label={say('earlier')} style={{ minWidth: 260 }} popupMatchSelectWidth={false} value={done.some((one) => one.id === id) ? id : undefined} onChange={go} options={done.map((one) => ({ value: one.id, label: `${format.minute(one.finished)} · ${((one.input as { features?: string[] } | undefined)?.features ?? []).map((name) => textOf(document.indicators?.[name]?.title, name, format.lang)).join(' · ')}` }))} /></div>}
          {!there && <Panel><NotYet /></Panel>}
          {there && !id && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{!hasNumbers(document) ? <Link to="/indicators">{say('needs')}</Link> : may('run_jobs') && <Button form={ASK} htmlType="submit">{say('run')}</Button>}</Empty></Panel>}
          {id && !result && <Panel><JobProgress job={job} title={say('running')} /></Panel>}
          {result && <Suspense fallback={<Panel><Drawing /></Panel>}><Result key={id} result={result} of={of} busy={send.isPending} onK={may('run_jobs') ? (k) => ask({ ...start(asked), features: result.features.map((one) => one.name), k }) : undefined} /></Suspense>}
        </>
      )}</Loaded>
    </Page>
  );
}

/** Without two indicators nothing is alike or not. */
const hasNumbers = (document: ModelDocument | null | undefined) => Object.keys(document?.indicators ?? {}).length >= 2;

const start = (asked: Partial<Asked> | undefined): Omit<Asked, 'features'> => ({ scale: asked?.scale ?? 'log', method: asked?.method ?? 'k_means', most: asked?.most ?? 8, ...(asked?.seed != null ? { seed: asked.seed } : {}), ...(asked?.base ? { base: asked.base } : {}) });

function Ask({ of, onAsk, busy, can }: { of?: string; onAsk: (what: Asked) => void; busy: boolean; can: boolean }) {
  const say = useClusterWords();
  const format = useFormat();
  const { document, changed } = useDraft();
  const before = of ? document?.predictions?.[of]?.clusters : undefined;
  const [features, setFeatures] = useState<string[]>(() => before?.features ?? firstFeatures(document));
  const [scale, setScale] = useState<ClusterScale>(before ? (before.scale ?? 'standard') : 'log');
  const [method, setMethod] = useState<ClusterMethod>(before?.method ?? 'k_means');
  const [most, setMost] = useState(before?.most ?? 8);
  const [seed, setSeed] = useState<number | null>(before?.seed ?? null);
  const [base, setBase] = useState('everyone');
  const named = features.filter((one) => one.trim());
  return (
    <Panel title={say('ask')}>
      <Form name={ASK} layout="vertical" onFinish={() => named.length >= 2 && onAsk({ features: named, scale, method, most, ...(seed === null ? {} : { seed }), ...(base === 'everyone' ? {} : { base }) })}>
        <Form.Item label={say('features')} help={!hasNumbers(document) ? say('needs') : named.length < 2 ? say('tooFew') : say('featuresHint')} validateStatus={hasNumbers(document) && named.length < 2 ? 'warning' : undefined}><FeaturePicker label={say('features')} numbers except={of} value={features} onChange={setFeatures} /></Form.Item>
        <div className="ask-row">
          <Form.Item label={say('scale')} tooltip={say('scaleHint')}><Select aria-label={say('scale')} style={{ width: 200 }} value={scale} onChange={setScale} options={(['log', 'standard', 'robust', 'min_max'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>
          <Form.Item label={say('method')}><Select aria-label={say('method')} style={{ width: 150 }} value={method} onChange={setMethod} options={(['k_means', 'mixture'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>
          <Form.Item label={say('most')}><InputNumber aria-label={say('most')} min={2} max={20} precision={0} value={most} onChange={(next) => setMost(next ?? 8)} /></Form.Item>
          <Form.Item label={say('base')}><Select aria-label={say('base')} style={{ width: 180 }} value={base} onChange={setBase} options={[{ value: 'everyone', label: say('everyone') }, ...Object.entries(document?.segments ?? {}).map(([value, one]) => ({ value, label: textOf(one.title, value, format.lang) }))]} /></Form.Item>
          <Form.Item label={say('seed')}><InputNumber aria-label={say('seed')} min={0} precision={0} placeholder="0" value={seed} onChange={setSeed} style={{ width: 90 }} /></Form.Item>
          <Form.Item><Button type="primary" htmlType="submit" loading={busy} disabled={!can || named.length < 2}>{say('run')}</Button></Form.Item>
        </div>
        {changed && <p className="warn small">{say('saveFirst')}</p>}
      </Form>
    </Panel>
  );
}
