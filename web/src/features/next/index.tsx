import { TeamOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { Next as Settings } from '../../shared/api/document';
import { renew, useRead, useSend } from '../../shared/api/hooks';
import type { NextLearned } from '../../shared/api/learned';
import { useModelInForce, useModelTrouble } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { useDraft } from '../../shared/draft/useDraft';
import { listed } from '../../shared/format/list';
import { ended, useJob } from '../../shared/jobs';
import { useLang, useMay, useSession } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { Drawing, Empty, Loaded } from '../../shared/ui/states';
import { Ask, ASK } from './Ask';
import { InModel } from './InModel';
import { asked, differing, same, staying, type Key } from './settings';
import { useNextWords } from './words';

const Result = lazy(() => import('./Result'));

export default function Next() {
  const say = useNextWords();
  const lang = useLang();
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
  const { values, start, inForce, put, reset, unknown } = useSettings();
  const learns = hasData && may('run_jobs');
  const waits = unknown || (!!job && !ended(job));
  const stays = staying(values, inForce);
  const notes = !learns || !inForce ? [] : [
    ...(stays.length > 0 ? [say('staying', { what: listed(stays.map((key) => say(`f_${key}`)), lang) })] : []),
    ...(differing(values, inForce).length > stays.length ? [say('meanwhile')] : []),
  ];
  const learn = () => send.mutate({ body: asked(values, inForce) as never });
  return (
    <Page title={say('title')} lead={say('lead')} fresh={found ? { asOf: found.as_of, seconds: found.seconds } : undefined} actions={found && <Button icon={<TeamOutlined />} onClick={() => void navigate({ to: '/customers', search: { columns: 'next,next_due' } as never })}>{say('list')}</Button>}>
      <DraftBar />
      <div className="cols">
        {(learns || may('edit_models')) && <Ask values={values} put={put} onReset={reset} onLearn={learns ? learn : undefined} busy={send.isPending} waits={waits} notes={notes} />}
        <InModel className={learns || may('edit_models') ? 'c5' : 'c12'} values={values} start={start} inForce={inForce} />
      </div>
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
      {id && job?.state !== 'done' && <Panel><JobProgress job={job} title={say('title')} /></Panel>}
      <Loaded query={query} empty={() => !found && (id && job?.state !== 'failed' && job?.state !== 'cancelled' ? <></> : <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{hasData ? learns && <Button form={ASK} htmlType="submit" disabled={waits}>{say('run')}</Button> : <Link to="/imports">{say('toImports')}</Link>}</Empty></Panel>)}>
        {() => found && <Suspense fallback={<Panel><Drawing /></Panel>}><Result key={found.as_of} result={found} /></Suspense>}
      </Loaded>
    </Page>
  );
}

const NOTHING: Settings = {};

/** What the draft says, else the model in force, and on top of it what somebody chose here. */
function useSettings() {
  const { document } = useDraft();
  const model = useModelInForce();
  const trouble = useModelTrouble();
  const [own, setOwn] = useState<Settings>(NOTHING);
  const inForce = model?.next;
  const start = document?.next ?? inForce ?? NOTHING;
  const values: Settings = { ...start, ...own };
  return {
    values, start, inForce,
    /** What a request leaves out depends on the model in force. */
    unknown: !model && !trouble,
    // An editor tells of every new text, also of one that came from the model.
    put: (key: Key, value: unknown) => { if (!same(key, values[key], value)) setOwn((before) => ({ ...before, [key]: value })); },
    reset: differing(values, start).length > 0 ? () => setOwn(NOTHING) : undefined,
  };
}
