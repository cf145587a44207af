import { App, Button, Segmented, Space, Spin } from 'antd';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Scorecard } from '../../../shared/api/document';
import type { ApiError } from '../../../shared/api/error';
import { sendTo, useSend } from '../../../shared/api/hooks';
import type { LearnedWeights } from '../../../shared/api/learned';
import { draft } from '../../../shared/draft/store';
import { useDraft } from '../../../shared/draft/useDraft';
import { useJob } from '../../../shared/jobs';
import { textOf } from '../../../shared/i18n/language';
import { useFormat, useMay } from '../../../shared/session';
import { JobProgress } from '../../../shared/ui/JobProgress';
import { useDebounced } from '../../../shared/ui/debounce';
import { Panel } from '../../../shared/ui/page';
import { Findings, StateTag } from '../../../shared/ui/parts';
import { Trouble } from '../../../shared/ui/states';
import { fromWeights, matrixOf, nearest, rounded, sayStep, withStep, type Steps } from './comparisons';
import { Pairs } from './Pairs';
import { useWeightWords } from './words';

interface Props { name: string; card: Scorecard; onTake: (weights: Record<string, number>) => void; onClose: () => void }

/** What was compared before the helper was closed, by scorecard. */
const kept = new Map<string, Steps>();

/** Weights from comparisons in pairs, or from how much customers differ; the server computes, the draft takes. */
export function WeightHelper({ name, card, onTake, onClose }: Props) {
  const say = useWeightWords();
  const [how, setHow] = useState<'ahp' | 'entropy'>('ahp');
  const names = Object.keys(card.attributes ?? {});
  return (
    <Panel title={say('helper')} extra={<><Segmented size="small" aria-label={say('helper')} value={how} onChange={setHow} options={[{ value: 'ahp', label: say('ahp') }, { value: 'entropy', label: say('entropy') }]} /><Button size="small" onClick={onClose}>{say('close')}</Button></>}>
      {names.length < 2 ? <p className="faint">{say('needTwo')}</p> : how === 'ahp' ? <Ahp key={names.join(' ')} name={name} card={card} onTake={onTake} /> : <ByEntropy name={name} card={card} onTake={onTake} />}
    </Panel>
  );
}

function useNamed(card: Scorecard) {
  const { lang } = useFormat();
  const attributes = Object.entries(card.attributes ?? {});
  return { names: attributes.map(([key]) => key), titles: attributes.map(([key, one]) => textOf(one.title, key, lang)), now: attributes.map(([, one]) => Number(one.weight ?? 1)) };
}

function Ahp({ name, card, onTake }: Pick<Props, 'name' | 'card' | 'onTake'>) {
  const say = useWeightWords();
  const format = useFormat();
  const { names, titles, now } = useNamed(card);
  const [steps, setSteps] = useState<Steps>(() => kept.get(name) ?? fromWeights(names, now));
  const change = (next: Steps) => { kept.set(name, next); setSteps(next); };
  const matrix = useMemo(() => matrixOf(steps, names), [steps, names.join(' ')]); // eslint-disable-line
  const settled = useDebounced(matrix, 180);
  const query = useQuery<LearnedWeights, ApiError>({ queryKey: ['weights/ahp', names, settled], queryFn: ({ signal }) => sendTo('post', '/weights/ahp', { body: { criteria: names, matrix: settled } }, signal) as unknown as Promise<LearnedWeights>, placeholderData: keepPreviousData, staleTime: Infinity });
  const found = query.data;
  const doubt = found?.doubt;
  const at: [number, number] | undefined = doubt ? [names.indexOf(doubt.first), names.indexOf(doubt.second)] : undefined;
  const up: [number, number] | undefined = at && (at[0] < at[1] ? at : [at[1], at[0]]);
  const ratio = found?.consistency_ratio;
  return (
    <div className="stack">
      <p className="faint small">{say('ahpLead')}</p>
      <Pairs names={names} titles={titles} steps={steps} onChange={change} doubt={found?.consistent === false ? up : undefined} />
      <Space wrap><Button size="small" onClick={() => change(fromWeights(names, now))}>{say('fromNow')}</Button><Button size="small" onClick={() => change({})}>{say('allEqual')}</Button></Space>
      {query.error && <><Trouble error={query.error} /><Findings findings={query.error.problem.errors ?? []} limit={3} /></>}
      {found && (
        <>
          <div className="row" role="status"><b>{say('ratio')}</b>{ratio == null ? <span className="faint">{say('tooMany')}</span> : <><span className="figure-value">{format.decimal(ratio, 3, true)}</span><StateTag state={found.consistent ? 'active' : 'failed'}>{say(found.consistent ? 'consistent' : 'inconsistent')}</StateTag></>}{query.isFetching && <Spin size="small" />}<span className="faint small">{say('ratioHint')}</span></div>
          {doubt && at && (ratio ?? 1) > 0.0005 && (
            <div className={found.consistent === false ? 'small warn' : 'small'}>
              <b>{say('doubt')}</b>{' '}
              {say('doubtText', { a: titles[at[0]]!, b: titles[at[1]]!, said: sayRatio(doubt.said), implied: format.decimal(doubt.implied, 1) })}{' '}
              <Button size="small" onClick={() => change(withStep(steps, names, at[0], at[1], nearest(doubt.suggested)))}>{say('suggest', { n: sayRatio(doubt.suggested) })}</Button>
            </div>
          )}
          <Weights names={names} titles={titles} now={now} then={names.map((own) => found.weights.find((one) => one.criterion === own)?.weight ?? 0)} onTake={onTake} />
        </>
      )}
    </div>
  );
}
const sayRatio = (ratio: number) => sayStep(nearest(ratio));

/** A job reads the data of the draft as it is kept, so what is unsaved is said not to count. */
function ByEntropy({ name, card, onTake }: Pick<Props, 'name' | 'card' | 'onTake'>) {
  const say = useWeightWords();
  const format = useFormat();
  const may = useMay();
  const { names, titles, now } = useNamed(card);
  const { changed } = useDraft();
  const [id, begin] = useState<string>();
  const job = useJob(id);
  const send = useSend('post', '/learn/weights', { renews: ['/jobs'], onDone: (begun) => begin(begun.id) });
  const found = job?.state === 'done' ? (job.result as unknown as LearnedWeights) : undefined;
  const of = (own: string) => found?.weights.find((one) => one.criterion === own);
  return (
    <div className="stack">
      <p className="faint small">{say('entropyLead')}</p>
      <div className="row"><Button size="small" disabled={!may('run_jobs')} loading={send.isPending} onClick={() => send.mutate({ body: { card: name, model: 'draft' } })}>{say('compute')}</Button>{changed && <span className="warn small">{say('unsaved')}</span>}</div>
      {send.error && <><Trouble error={send.error} /><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
      {id && !found && <JobProgress job={job} />}
      {found && (
        <>
          <p className="small words sentence">{found.words[format.lang]}</p>
          {found.left_out.length > 0 && <ul className="plain-list small">{found.left_out.map((one) => <li key={one.feature}>{one.title[format.lang]}: <span className="faint">{one.reason[format.lang]}</span></li>)}</ul>}
          <Weights names={names} titles={titles} now={now} then={names.map((own) => of(own)?.weight ?? 0)} entropy={names.map((own) => of(own)?.entropy ?? null)} onTake={onTake} />
        </>
      )}
    </div>
  );
}

function Weights({ names, titles, now, then, entropy, onTake }: { names: string[]; titles: string[]; now: number[]; then: number[]; entropy?: (number | null)[]; onTake: (weights: Record<string, number>) => void }) {
  const say = useWeightWords();
  const format = useFormat();
  const { message } = App.useApp();
  const total = now.reduce((sum, one) => sum + one, 0) || 1;
  const next = rounded(then);
  const same = next.every((one, at) => Math.abs(one - now[at]!) < 1e-9);
  const take = () => {
    draft.apart();
    onTake(Object.fromEntries(names.map((name, at) => [name, next[at]!])));
    draft.apart();
    void message.success({ content: <span>{say('taken')} <button type="button" className="linkish" onClick={() => draft.undo()}>{say('undo')}</button></span>, duration: 6 });
  };
  return (
    <>
      <table className="table small" aria-label={say('result')}>
        <thead><tr><th scope="col">{say('item')}</th><th scope="col" className="right">{say('now')}</th><th scope="col">{say('then')}</th>{entropy && <th scope="col" className="right">{say('entropyOf')}</th>}</tr></thead>
        <tbody>{names.map((name, at) => <tr key={name}><th scope="row">{titles[at]}</th><td className="right faint">{format.percent(now[at]! / total)}</td><td className="nowrap"><i className="bar-cell" style={{ width: Math.max(1, next[at]! * 160) }} /><b>{format.percent(next[at])}</b></td>{entropy && <td className="right">{format.decimal(entropy[at], 3, true)}</td>}</tr>)}</tbody>
      </table>
      <div><Button type="primary" disabled={same} onClick={take}>{say('take')}</Button></div>
    </>
  );
}
