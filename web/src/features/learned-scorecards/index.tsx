import { Button, Select } from 'antd';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Job } from '../../shared/api/contract';
import type { LearnedScorecard, Training } from '../../shared/api/learned';
import { saySpan } from '../../shared/condition/span';
import { useOutcomes } from '../../shared/outcomes';
import { useFormat, useMay, useSession } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Drawing, Empty, Loaded } from '../../shared/ui/states';
import { Ask, ASK } from './Ask';
import { useLearnedWords, type LearnedSay } from './words';

const Result = lazy(() => import('./Result'));

export default function LearnedScorecards() {
  const say = useLearnedWords();
  const format = useFormat();
  const may = useMay();
  const hasData = useSession()?.workspace.has_data ?? false;
  const { jobs, done, id, job, result, open } = useOutcomes<LearnedScorecard>('learn_scorecard', '/learned-scorecards');
  const last = result?.dates.find((one) => one.is_held_out);
  return (
    <Page title={say('title')} lead={say('lead')} fresh={result && { asOf: last?.as_of, at: job?.finished, seconds: result.seconds, version: result.version }}>
      {hasData && <Ask onStarted={open} />}
      {done.length > 0 && (
        <div className="row"><span className="faint">{say('earlier')}</span>
          <Select aria-label={say('earlier')} style={{ minWidth: 280 }} popupMatchSelectWidth={false} value={done.some((one) => one.id === id) ? id : undefined} onChange={open} options={done.map((one) => ({ value: one.id, label: named(one, say, format.lang, format.minute(one.finished)) }))} />
        </div>
      )}
      {!id && <Panel><Loaded query={jobs}>{() => <Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{hasData ? may('run_jobs') && <Button form={ASK} htmlType="submit">{say('run')}</Button> : <Link to="/imports">{say('toImports')}</Link>}</Empty>}</Loaded></Panel>}
      {id && !result && <Panel><JobProgress job={job} title={say('title')} /></Panel>}
      {result && <Suspense fallback={<Panel><Drawing /></Panel>}><Result key={id} result={result} /></Suspense>}
    </Page>
  );
}

function named(job: Job, say: LearnedSay, lang: 'zh' | 'en', at: string): string {
  const { outcome, horizon } = (job.input as { training?: Training } | null)?.training ?? {};
  const title = outcome === 'churn' || outcome === 'repurchase' ? say(`o_${outcome}`) : outcome;
  return [title, horizon && saySpan(horizon, lang), at].filter(Boolean).join(' · ');
}
