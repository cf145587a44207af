import { HistoryOutlined } from '@ant-design/icons';
import { Button, DatePicker, Select, Space } from 'antd';
import { Link } from '@tanstack/react-router';
import dayjs from 'dayjs';
import { useState } from 'react';
import type { ModelDocument } from '../../shared/api/document';
import { useSend } from '../../shared/api/hooks';
import type { Flapping as Counted, SimulatedHistory } from '../../shared/api/validation';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Panel } from '../../shared/ui/page';
import { Findings, MayNot } from '../../shared/ui/parts';
import { yearBefore } from './policy';
import { useTierWords } from './words';

const EVERY = ['week', 'month', 'quarter'] as const;

/** How often customers would have gone back and forth by the rules as they are being edited; nothing is saved for it. */
export function Flapping({ document, name }: { document: ModelDocument; name: string }) {
  const say = useTierWords();
  const format = useFormat();
  const may = useMay();
  const [from, setFrom] = useState(() => yearBefore(format.today));
  const [every, setEvery] = useState<string>('month');
  const [asked, setAsked] = useState<{ id: string; document: ModelDocument } | null>(null);
  const job = useJob(asked?.id);
  const send = useSend('post', '/simulate');
  const start = () => send.mutate({ body: { version: 'draft', document, from, every, flapping: true } }, { onSuccess: (begun) => setAsked({ id: begun.id, document }) });
  const history = job?.state === 'done' ? (job.result as unknown as SimulatedHistory) : undefined;
  const own = history?.schemes.find((one) => one.scheme === name);
  const count = (of: Counted['of']) => own?.flapping.find((one) => one.of === of);
  const with_rules = count('with_rules');
  const without = count('without_rules');
  return (
    <Panel title={say('flapping')}>
      <div className="stack">
        <p className="faint small">{say('flappingText')}</p>
        <Space wrap size={6}>
          <span className="small">{say('flappingSince')}</span>
          <DatePicker size="small" allowClear={false} aria-label={say('flappingSince')} value={dayjs(from)} onChange={(_, text) => text && setFrom(text as string)} />
          <span className="small">{say('flappingEvery')}</span>
          <Select size="small" aria-label={say('flappingEvery')} style={{ width: 90 }} value={every} onChange={setEvery} options={EVERY.map((value) => ({ value, label: say(`every_${value}`) }))} />
          <Button size="small" icon={<HistoryOutlined />} disabled={!may('run_jobs')} loading={send.isPending || (!!asked && !job)} onClick={start}>{say('flappingRun')}</Button>
        </Space>
        <MayNot permission="run_jobs" />
        {send.error && <><p className="bad small" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
        {asked && job?.state !== 'done' && <JobProgress job={job} />}
        {history && own && with_rules && (
          <>
            {asked!.document !== document && <p className="warn small">{say('flappingOld')}</p>}
            <p className="words" role="status">
              {say('flappingWords', { from: history.as_of[0] ?? '', to: history.as_of.at(-1) ?? '', n: format.count(with_rules.customers_back_and_forth) })}{' '}
              {without ? say('flappingLess', { n: format.count(without.customers_back_and_forth), spared: format.count(without.customers_back_and_forth - with_rules.customers_back_and_forth) }) : say('flappingNone')}
            </p>
            <div className="table-box"><table className="table small" aria-label={say('flapping')}>
              <thead><tr><th scope="col">{say('whose')}</th><th scope="col" className="right">{say('moved')}</th><th scope="col" className="right">{say('backForth')}</th></tr></thead>
              <tbody>{own.flapping.map((one) => {
                // Without the rules nobody is kept to be opened: it is a comparison, not a plan.
                const by = one.of === 'with_rules' ? 'simulated' : one.of === 'in_force' ? 'in_force' : null;
                const open = (n: number, how: string) => (by && history.id && n > 0 ? <Link to="/simulate/moved" search={{ simulation: history.id, scheme: name, by, how }}>{format.count(n)}</Link> : format.count(n));
                return <tr key={one.of}><th scope="row">{say(one.of)}</th><td className="right">{open(one.customers_moved, 'moved')}</td><td className="right strong">{open(one.customers_back_and_forth, 'back_and_forth')}</td></tr>;
              })}</tbody>
            </table></div>
            <p className="small"><Link to="/simulate" search={{ tab: 'history' }}>{say('wholeHistory')}</Link></p>
          </>
        )}
      </div>
    </Panel>
  );
}
