import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { App, Button, Form, Input, Modal, Segmented } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Double, DoubleSide } from '../../shared/api/contract';
import { renew, sendTo, useListed, useRead, useSend } from '../../shared/api/hooks';
import type { ApiError } from '../../shared/api/error';
import { usePeople } from '../../shared/catalogue';
import { words } from '../../shared/i18n/words';
import { ended, useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';

const useWords = words('doubles', {
  title: ['疑似重复客户', 'Possible doubles'],
  lead: ['可能是同一个人的两位客户，最可能的在前。系统从不自动合并：由您判断，判断会保留，也能撤回。', 'Two customers that may be one person, the likeliest first. Nothing is joined by itself: you decide, what you say is kept, and can be taken back.'],
  look: ['查找', 'Look for pairs'], lookAgain: ['重新查找', 'Look again'],
  looked: ['上次查找 {{at}}', 'last looked for {{at}}'], leftOut: ['另有 {{n}} 对可能性更低，未列出', '{{n}} less likely pairs are not listed'],
  open: ['待判断 {{n}}', 'To decide {{n}}'], same: ['同一人 {{n}}', 'One person {{n}}'], different: ['不是同一人 {{n}}', 'Two people {{n}}'],
  neverTitle: ['还没有查找过', 'Nobody has looked yet'], neverText: ['查找时比较姓名、地址、手机号和邮箱；只有共用同一内容的客户才会被打开比较，全程遮盖显示。', 'Names, addresses, phones and e-mail addresses are compared; only customers that share something are opened for it, and all is shown masked.'],
  noneTitle: ['没有这样的客户对', 'There is no such pair'], noneText: ['导入新数据后可重新查找。', 'Look again after new data came in.'],
  likely: ['可能性 {{p}}', '{{p}} likely'], almost: ['可能性超过 99.9%', 'more than 99.9% likely'], why: ['依据', 'What speaks for it'], bits: ['依据后的数字是证据强度（比特）：正数支持同一人，负数支持不是同一人；每多 1，可能性的比值翻一番。', 'The figures are weights of evidence in bits: above zero for one person, below zero for two; each bit more doubles the odds.'], nWith: ['{{n}} 位客户相同', '{{n}} customers have it'],
  isSame: ['是同一人', 'One person'], isDifferent: ['不是同一人', 'Two people'], takeBack: ['撤回判断', 'Take it back'],
  sameTitle: ['合并为一位客户？', 'Make them one customer?'], sameText: ['两者的全部身份将归为一位客户，下次评级起合并计算；随时可以撤回。', 'All their identities become one customer’s, counted together from the next grading on; it can be taken back at any time.'],
  apartTitle: ['重新分开？', 'Take them apart again?'], apartText: ['之前的合并将撤销，下次评级起分开计算。', 'What was joined is undone, and counted apart from the next grading on.'],
  reason: ['原因（不要写客户信息）', 'Why (name nobody)'], needed: ['请写明原因', 'Say why'],
  done: ['已记录', 'It is written down'], found: ['查找完毕', 'Looked through all of them'], undo: ['撤销', 'Undo'], decidedBy: ['{{who}} 于 {{at}} 判断', 'said by {{who}}, {{at}}'],
  k_id: ['编号', 'number'], k_phone: ['手机', 'phone'], k_email: ['邮箱', 'e-mail'], k_name: ['姓名', 'name'], k_address: ['地址', 'address'], k_other: ['其他', 'other'],
});
const KINDS = ['id', 'phone', 'email', 'name', 'address'];
type State = 'open' | 'same' | 'different';

export default function Doubles() {
  const say = useWords();
  const format = useFormat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const may = useMay();
  const { message } = App.useApp();
  const { state = 'open' } = useSearch({ strict: false }) as { state?: State };
  const [jobId, setJobId] = useState<string | null>(null);
  const [asking, ask] = useState<{ pair: string; verdict: 'same' | 'open' } | null>(null);
  const query = useListed('/identities/doubles', { state });
  const told = useRead('/identities/doubles', { query: { state, limit: 1 } }).data;
  const again = () => renew(client, ['/identities/doubles', '/customers']);
  const job = useJob(jobId, (over) => {
    again();
    if (over.state === 'done') void message.success(say(over.kind === 'doubles' ? 'found' : 'done'));
  });
  const look = useSend('post', '/identities/doubles', { onDone: (started) => setJobId(started.id) });
  const fails = (error: ApiError) => void message.error(error.message);
  const decide = useSend('post', '/identities/doubles/{pair}', { onDone: ({ job: started }) => { ask(null); if (started) setJobId(started.id); else again(); } });
  const busy = !!jobId && !ended(job);
  const apart = (pair: string) => decide.mutate({ path: { pair }, body: { verdict: 'different', reason: '' } }, {
    onError: fails,
    onSuccess: () => {
      const undo = () => { message.destroy(pair); sendTo('post', '/identities/doubles/{pair}', { path: { pair }, body: { verdict: 'open', reason: '' } }).then(again, fails); };
      void message.open({ key: pair, type: 'info', duration: 10, content: <>{say('done')} <Button type="link" size="small" onClick={undo}>{say('undo')}</Button></> });
    },
  });
  // While nothing is known of them no number is said.
  const count = { open: told?.n_open, same: told?.n_same, different: told?.n_different };
  return (
    <Page title={say('title')} lead={say('lead')} actions={may('import_data') && <Button type="primary" loading={look.isPending} disabled={busy} onClick={() => look.mutate()}>{say(told?.looked ? 'lookAgain' : 'look')}</Button>}>
      {look.error && <p className="bad" role="alert">{look.error.message}</p>}
      {jobId && job?.state !== 'done' && <Panel><JobProgress job={job} /></Panel>}
      {may('import_data') && <div className="row">
        <Segmented value={state} onChange={(next) => void navigate({ to: '/doubles', search: { state: next }, replace: true })} options={(['open', 'same', 'different'] as const).map((value) => ({ value, label: say(value, { n: count[value] === undefined ? '' : format.count(count[value]) }).trim() }))} />
        {told?.looked && <span className="faint small">{say('looked', { at: format.minute(told.looked) })}{told.left_out > 0 && ` · ${say('leftOut', { n: format.count(told.left_out) })}`}{told.weights && ` · ${told.weights[format.lang]}`}</span>}
      </div>}
      <Loaded query={query} empty={(data) => data.items.length === 0 && <Panel>{told && !told.looked && state === 'open' ? <Empty title={say('neverTitle')} text={say('neverText')} /> : <Empty title={say('noneTitle')} text={say('noneText')} />}</Panel>}>
        {(data) => (
          <div className="stack">
            {data.items.map((one) => (
              <Pair key={one.pair} pair={one}>
                {state === 'open'
                  ? <><Button type="primary" disabled={busy} onClick={() => { decide.reset(); ask({ pair: one.pair, verdict: 'same' }); }}>{say('isSame')}</Button><Button disabled={busy} onClick={() => apart(one.pair)}>{say('isDifferent')}</Button></>
                  : <Button disabled={busy} onClick={() => { decide.reset(); if (state === 'same') ask({ pair: one.pair, verdict: 'open' }); else decide.mutate({ path: { pair: one.pair }, body: { verdict: 'open', reason: '' } }, { onError: fails }); }}>{say('takeBack')}</Button>}
              </Pair>
            ))}
            {data.items.length > 0 && <p className="faint small">{say('bits')}</p>}
            {query.more.has && <div><Button loading={query.more.busy} onClick={query.more.load}><More /></Button></div>}
          </div>
        )}
      </Loaded>
      {asking && <Why verdict={asking.verdict} busy={decide.isPending} error={decide.error?.message} onClose={() => ask(null)} onDone={(reason) => decide.mutate({ path: { pair: asking.pair }, body: { verdict: asking.verdict, reason } })} />}
    </Page>
  );
}

function More() {
  return <>{useUi()('loadMore')}</>;
}

/** Both side by side, with what agrees and what differs. */
function Pair({ pair, children }: { pair: Double; children: ReactNode }) {
  const say = useWords();
  const format = useFormat();
  const who = usePeople();
  return (
    <Panel title={pair.probability >= 0.9995 ? say('almost') : say('likely', { p: format.percent(pair.probability, 1) })} extra={<>{pair.decided && <span className="faint small">{say('decidedBy', { who: who(pair.by), at: format.minute(pair.decided) })}</span>}{children}</>}>
      <div className="cols">
        <Side className="c4" side={pair.a} />
        <Side className="c4" side={pair.b} />
        <div className="c4">
          <h3>{say('why')}</h3>
          <ul className="plain-views">{pair.reasons.map((one) => <li key={one.code} className="spread"><span>{one.title[format.lang]}{one.n_with != null && <span className="faint small"> · {say('nWith', { n: format.count(one.n_with) })}</span>}</span><b className={one.bits > 0 ? 'good' : 'bad'}>{format.signed(one.bits, 1)}</b></li>)}</ul>
        </div>
      </div>
    </Panel>
  );
}

function Side({ side, className }: { side: DoubleSide; className: string }) {
  const say = useWords();
  const kind = (text: string) => (KINDS.includes(text) ? say(`k_${text}` as 'k_id') : text.startsWith('external:') ? text.slice(9) : say('k_other'));
  return (
    <div className={className}>
      <h3><Link to="/customers/$customer" params={{ customer: side.customer }}>#{side.customer}</Link></h3>
      <table className="table"><tbody>{side.known_by.map((one, index) => <tr key={index}><th scope="row" style={{ width: '36%' }}>{kind(one.kind)}</th><td className="wrap">{one.value}</td></tr>)}</tbody></table>
    </div>
  );
}

function Why({ verdict, busy, error, onClose, onDone }: { verdict: 'same' | 'open'; busy: boolean; error?: string; onClose: () => void; onDone: (reason: string) => void }) {
  const say = useWords();
  const ui = useUi();
  const [form] = Form.useForm();
  return (
    <Modal open title={say(verdict === 'same' ? 'sameTitle' : 'apartTitle')} okText={ui('ok')} cancelText={ui('cancel')} confirmLoading={busy} onCancel={onClose} onOk={() => form.submit()}>
      <p>{say(verdict === 'same' ? 'sameText' : 'apartText')}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values: { reason: string }) => onDone(values.reason)}>
        <Form.Item name="reason" label={say('reason')} rules={[{ required: true, whitespace: true, message: say('needed') }]}><Input autoFocus /></Form.Item>
        {error && <p className="bad" role="alert">{error}</p>}
      </Form>
    </Modal>
  );
}
