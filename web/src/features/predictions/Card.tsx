import { Alert, Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelCard, PredictionKind } from '../../shared/api/learning';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { useDraft } from '../../shared/draft/useDraft';
import { useJob } from '../../shared/jobs';
import { useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Panel } from '../../shared/ui/page';
import { Empty, Loaded, Trouble } from '../../shared/ui/states';
import { CardView } from './CardView';
import { useCardWords } from './card-words';

/** The model card of what is in force; or of the draft, once it was learned from. */
export default function Card({ name, kind }: { name: string; kind: PredictionKind | null }) {
  const say = useCardWords();
  const may = useMay();
  const navigate = useNavigate();
  const { changed } = useDraft();
  const [id, start] = useState<string>();
  const query = useRead('/predictions/{name}', { path: { name } }, { staleTime: 30_000 });
  const clv = useSend('post', '/learn/clv', { renews: ['/jobs'], onDone: (job) => start(job.id) });
  const propensity = useSend('post', '/learn/propensity', { renews: ['/jobs'], onDone: (job) => start(job.id) });
  const job = useJob(id);
  const [path, send] = kind === 'propensity' ? (['/learn/propensity', propensity] as const) : (['/learn/clv', clv] as const);
  const canLearn = may('run_jobs') && (kind === 'lifetime' || kind === 'contract' || kind === 'propensity') && isThere('post', path);
  const learned = job?.state === 'done' ? (job.result as unknown as ModelCard) : undefined;
  // Groups are compared side by side in their studio, and not learned behind a button.
  const button = (word: 'learn' | 'learnAgain') => kind === 'clusters' ? <Button onClick={() => void navigate({ to: '/clusters', search: { of: name } as never })}>{say('studio')}</Button> : canLearn && <Button type={word === 'learn' ? 'primary' : 'default'} disabled={changed} title={changed ? say('saveFirst') : undefined} loading={send.isPending} onClick={() => send.mutate({ body: { prediction: name, model: 'draft' } as never })}>{say(word)}</Button>;
  // Nothing is learned of a model that came from elsewhere; what it did at the last grading may be told.
  const told = query.data as unknown as ModelCard | undefined;
  if (kind === 'trained' && !(told && (told.data.length > 0 || told.factors.length > 0 || told.now))) return <Panel><Empty title={say('title')} text={say('trainedText')} /></Panel>;
  return (
    <div className="stack">
      {send.error && <Trouble error={send.error} />}
      {id && !learned && <Panel><JobProgress job={job} title={say('learning')} /></Panel>}
      {learned && <><Alert type="info" showIcon title={say('cards')} /><CardView card={learned} actions={button('learnAgain')} /></>}
      {!learned && (query.error?.status === 404 || (query.error && query.error.code !== 'not_yet' && query.error.status < 500 && query.error.status >= 400)
        ? <Panel><Empty title={say('emptyTitle')} text={query.error.status === 404 ? say('emptyText') : query.error.message}>{button('learn')}</Empty></Panel>
        : <Loaded query={query}>{(card) => <CardView card={card as unknown as ModelCard} actions={button('learnAgain')} />}</Loaded>)}
    </div>
  );
}
