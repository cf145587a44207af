import { Alert, Button, Segmented } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Both } from '../../shared/api/contract';
import { type Read, useRead, useSend } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useJob } from '../../shared/jobs';
import { useFormat } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Loaded } from '../../shared/ui/states';

const useWords = words('industries', {
  title: ['从哪里开始？', 'Where do you begin?'],
  lead: ['用自己的数据，或先看一个与您相近的行业。行业样例的数据都是虚构的，以后可以整个换掉。', 'With your own data, or with an industry like yours. The data of an industry are invented, and all of them can be taken away later.'],
  own: ['用我自己的文件', 'My own files'],
  ownText: ['订单、客户名单、问卷……拖进来，先试导入再确认。五步得到第一份等级。', 'Orders, customer lists, surveys: drop them, look at a dry run, confirm. Five steps to a first set of tiers.'],
  ownGo: ['导入自己的文件', 'Import my own files'],
  steps: ['先看五个步骤', 'See the five steps'],
  or: ['行业样例', 'Industries'],
  with: ['带样例数据', 'With sample data'],
  without: ['只要模型，不要数据', 'The model without data'],
  withText: ['导入虚构的客户，按行业自己的日期评级，并带您走一遍导览。整个页面会一直注明“样例数据”。', 'Imports invented customers, grades them on the industry’s own date, and walks you through a guided tour. The page says “sample data” all the time.'],
  withoutText: ['只写入数据源和模型；时区、货币和时钟不变，什么都不发布。接着导入您自己的文件。', 'Writes sources and model only; time zone, currency and clock stay as they are, and nothing is published. Your own files come next.'],
  size: ['{{customers}} 位客户，{{rows}} 行数据', '{{customers}} customers, {{rows}} rows of data'],
  indicators: ['{{n}} 个指标', '{{n}} indicators'],
  scorecards: ['评分卡', 'Scorecards'],
  tiers: ['等级', 'Tiers'],
  segments: ['分群', 'Segments'],
  more: ['等 {{n}} 个', '{{n}} in all'],
  tour: ['导览 {{n}} 步', 'Guided tour of {{n}} steps'],
  begin: ['从“{{what}}”开始', 'Begin with “{{what}}”'],
  working: ['正在准备“{{what}}”', 'Preparing “{{what}}”'],
  workingText: ['写入文档，导入数据，发布第一个版本（尚未验证），评级半年。通常不到一分钟。', 'Writing the documents, importing the data, publishing a first version (not yet validated), grading half a year. It usually takes less than a minute.'],
  cutOff: ['上一次准备到一半被中断。再选一次即可，先写下的会被清掉。', 'The last preparation was cut off in the middle. Choose again; what it left behind is tidied away.'],
});

type Industry = Read<'/industries'>['items'][number];

/** The first choice of a newcomer: their own files, or an industry with everything in it. */
export function Industries({ working, cutOff, toSteps }: { working?: { job: string; title: Both }; cutOff: boolean; toSteps: () => void }) {
  const say = useWords();
  const navigate = useNavigate();
  const client = useQueryClient();
  const all = useRead('/industries', {}, { staleTime: 600_000 });
  const [withData, setWithData] = useState(true);
  const [started, setStarted] = useState<{ job: string; title: Both; data: boolean }>();
  const now = started ?? (working && { ...working, data: true });
  const send = useSend('post', '/setup/industry');
  const open = useSend('put', '/me/tour');
  const job = useJob(now?.job, async (ended) => {
    if (ended.state !== 'done') return;
    // Settings, model and data are all other ones now.
    if (now?.data) await open.mutateAsync({ body: { step: 0, state: 'open' } }).catch(() => {});
    await client.invalidateQueries();
    void navigate({ to: now?.data ? '/' : '/imports/new' });
  });
  const begin = (one: Industry) => send.mutate({ body: { name: one.name, with_data: withData } }, { onSuccess: (made) => setStarted({ job: made.id, title: one.title, data: withData }) });
  if (now && job?.state !== 'failed' && job?.state !== 'cancelled') {
    return (
      <Page title={say('working', { what: textOf(now.title) })} lead={say('workingText')}>
        <Panel><div role="status"><JobProgress job={job} title={say('working', { what: textOf(now.title) })} /></div></Panel>
      </Page>
    );
  }
  return (
    <Page title={say('title')} lead={say('lead')}>
      {job?.state === 'failed' && <JobProgress job={job} />}
      {send.error && <Alert type="error" showIcon title={send.error.message} description={send.error.problem.errors?.[0] && textOf(send.error.problem.errors[0].hint)} />}
      {cutOff && !job && <Alert type="warning" showIcon title={say('cutOff')} />}
      <Panel title={say('own')} extra={<Button onClick={toSteps}>{say('steps')}</Button>}>
        <div className="spread"><p className="faint grow">{say('ownText')}</p><Button type="primary" onClick={() => void navigate({ to: '/imports/new' })}>{say('ownGo')}</Button></div>
      </Panel>
      <div className="spread">
        <h2>{say('or')}</h2>
        <Segmented aria-label={say('or')} value={withData ? 'with' : 'without'} onChange={(next) => setWithData(next === 'with')} options={[{ value: 'with', label: say('with') }, { value: 'without', label: say('without') }]} />
      </div>
      <p className="faint">{say(withData ? 'withText' : 'withoutText')}</p>
      <Loaded query={all}>{({ items }) => <ul className="industries">{items.map((one) => <li key={one.name}><Card one={one} busy={send.isPending} withData={withData} begin={() => begin(one)} /></li>)}</ul>}</Loaded>
    </Page>
  );
}

function Card({ one, busy, withData, begin }: { one: Industry; busy: boolean; withData: boolean; begin: () => void }) {
  const say = useWords();
  const format = useFormat();
  const separator = format.lang === 'zh' ? '\u3001' : ', ';
  const names = (all: readonly Both[]) => all.slice(0, 3).map((text) => text[format.lang]).join(separator) + (all.length > 3 ? ` ${say('more', { n: all.length })}` : '');
  const lines = ([['scorecards', one.scorecards], ['tiers', one.tiers], ['segments', [...one.segments, ...one.groupings]]] as const).filter(([, all]) => all.length > 0);
  return (
    <Panel title={textOf(one.title)} className="industry">
      <p>{textOf(one.summary)}</p>
      <dl>{lines.map(([word, all]) => <div key={word}><dt>{say(word)}</dt><dd>{names(all)}</dd></div>)}</dl>
      <p className="faint small">{[withData && say('size', { customers: format.count(one.n_customers), rows: format.count(one.n_rows) }), say('indicators', { n: one.n_indicators }), withData && say('tour', { n: one.n_steps })].filter(Boolean).join(' \u00b7 ')}</p>
      <Button type="primary" ghost loading={busy} onClick={begin}>{say('begin', { what: textOf(one.title) })}</Button>
    </Panel>
  );
}
