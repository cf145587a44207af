import { App, Button, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useRead, useSend } from '../../shared/api/hooks';
import { usePeople } from '../../shared/catalogue';
import { words } from '../../shared/i18n/words';
import { ended, useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';

export const useIdentityWords = words('identities', {
  tab: ['身份', 'Identities'],
  lead: ['这些标识被认为属于同一位客户；事件、指标与等级都按这位客户合计。', 'These identifiers are taken for one customer: events, indicators and tiers are counted together.'],
  kind: ['类型', 'Kind'], value: ['标识', 'Identifier'], since: ['自', 'Since'], always: ['一直', 'always'],
  id: ['客户号', 'customer number'], phone: ['手机', 'phone'], email: ['邮箱', 'e-mail'], external: ['其他系统', 'another system'],
  evidence: ['依据', 'Why'], none: ['只有一个标识，没有合并过。', 'One identifier; nothing was ever joined.'],
  seen: ['数据行同时出现两者', 'rows name both'], linked: ['人工关联', 'linked by a person'], unlinked: ['人工拆分', 'taken apart by a person'],
  what: ['依据', 'Evidence'], who: ['来源', 'From'], at: ['得知于', 'Known since'], reason: ['原因', 'Reason'], byImport: ['导入 {{n}}', 'import {{n}}'],
  apart: ['拆分', 'Take apart'], apartTitle: ['把这个标识拆成另一位客户？', 'Take this identifier apart as another customer?'],
  apartText: ['它的事件不再计入这位客户；下次评级时两位客户分别计算。可以再关联。', 'Its events no longer count for this customer; at the next grading each counts alone. They can be linked again.'],
  link: ['关联另一个标识', 'Link another identifier'], linkText: ['两者从此算同一位客户：事件合并，下次评级生效。可以再拆分。', 'Both count as one customer from then on: their events are put together, with the next grading. They can be taken apart again.'],
  other: ['另一个标识（客户号、手机、邮箱或 #编号）', 'The other one (customer number, phone, e-mail or #number)'], why: ['原因（记入审计，不要写客户是谁）', 'Why (the audit log keeps it; name nobody)'], needed: ['请填写', 'Please fill this in'], done: ['已完成，下次评级生效', 'Done; it counts with the next grading'],
});
type Kind = 'id' | 'phone' | 'email' | 'external';

/** Which identifiers are one customer's, why, and putting right what is wrong about it. */
export function Identities({ customer }: { customer: string }) {
  const say = useIdentityWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const who = usePeople();
  const { message } = App.useApp();
  const [asking, ask] = useState<'link' | { apart: string } | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const query = useRead('/customers/{customer}/identities', { path: { customer } });
  const job = useJob(jobId, (over) => {
    if (over.state !== 'done') return;
    void query.refetch();
    void message.success(say('done'));
  });
  const onDone = (started: { id: string }) => { ask(null); setJobId(started.id); };
  const link = useSend('post', '/identities/link', { onDone });
  const unlink = useSend('post', '/identities/unlink', { onDone });
  const kind = (text: string) => (['id', 'phone', 'email'].includes(text) ? say(text as Kind) : `${say('external')} ${text.replace(/^external:/, '')}`);
  const pair = (values: { other?: string; reason: string }) => {
    if (asking === 'link') link.mutate({ body: { a: `#${customer}`, b: values.other!.trim(), reason: values.reason.trim() } });
    else if (asking) unlink.mutate({ body: { a: `#${asking.apart}`, b: values.other!, reason: values.reason.trim() } });
  };
  const error = link.error ?? unlink.error;
  const free = may('import_data') && (!jobId || ended(job));
  return (
    <div className="stack">
      <div className="spread"><p className="faint">{say('lead')}</p>{may('import_data') && <Button size="small" disabled={!free} onClick={() => ask('link')}>{say('link')}</Button>}</div>
      {jobId && !(job?.state === 'done') && <JobProgress job={job} />}
      <Loaded query={query}>{(data) => {
        const named = (id: string) => { const one = data.identities.find((own) => own.identity === id); return one ? `${kind(one.kind)} ${one.value}` : `#${id}`; };
        return (
          <>
            <table className="table" aria-label={say('tab')}>
              <thead><tr><th scope="col">{say('kind')}</th><th scope="col">{say('value')}</th><th scope="col">{say('since')}</th><th scope="col">{ui('actions')}</th></tr></thead>
              <tbody>{data.identities.map((one) => <tr key={one.identity}><th scope="row">{kind(one.kind)}</th><td><code>{one.value}</code></td><td>{one.since ? format.day(one.since) : say('always')}</td><td>{data.identities.length > 1 && may('import_data') && <Button size="small" disabled={!free} onClick={() => ask({ apart: one.identity })}>{say('apart')}</Button>}</td></tr>)}</tbody>
            </table>
            <h3>{say('evidence')}</h3>
            {data.evidence.length === 0 ? <p className="faint">{say('none')}</p> : (
              <div className="table-box"><table className="table" aria-label={say('evidence')}>
                <thead><tr><th scope="col">{say('what')}</th><th scope="col">{say('value')}</th><th scope="col">{say('at')}</th><th scope="col">{say('who')}</th><th scope="col">{say('reason')}</th></tr></thead>
                <tbody>{data.evidence.map((one, index) => <tr key={index}><th scope="row">{say(one.what as 'seen')}</th><td>{named(one.a)} · {named(one.b)}</td><td>{format.minute(one.known)}</td><td>{one.import != null ? say('byImport', { n: one.import }) : who(one.by)}</td><td className="wrap">{one.reason ?? ''}</td></tr>)}</tbody>
              </table></div>
            )}
            {asking && <Ask title={asking === 'link' ? say('link') : say('apartTitle')} text={asking === 'link' ? say('linkText') : say('apartText')} busy={link.isPending || unlink.isPending} error={error?.message} onClose={() => ask(null)} onDone={pair}
              others={asking === 'link' ? undefined : data.identities.filter((one) => one.identity !== asking.apart).map((one) => ({ value: `#${one.identity}`, label: named(one.identity) }))} />}
          </>
        );
      }}</Loaded>
    </div>
  );
}

function Ask({ title, text, others, busy, error, onClose, onDone }: { title: string; text: string; others?: { value: string; label: string }[]; busy: boolean; error?: string; onClose: () => void; onDone: (values: { other?: string; reason: string }) => void }) {
  const say = useIdentityWords();
  const ui = useUi();
  const [form] = Form.useForm();
  const required = [{ required: true, whitespace: true, message: say('needed') }];
  return (
    <Modal open title={title} okText={ui('ok')} cancelText={ui('cancel')} confirmLoading={busy} onCancel={onClose} onOk={() => form.submit()}>
      <p>{text}</p>
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ other: others?.[0]?.value }} onFinish={onDone}>
        <Form.Item name="other" label={others ? say('value') : say('other')} rules={required} hidden={others?.length === 1}>{others ? <Select options={others} /> : <Input autoComplete="off" />}</Form.Item>
        <Form.Item name="reason" label={say('why')} rules={required}><Input /></Form.Item>
        {error && <p className="bad" role="alert">{error}</p>}
      </Form>
    </Modal>
  );
}
