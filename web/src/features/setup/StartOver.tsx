import { Alert, Button, Form, Input } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Read, useRead, useSend } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';

const useWords = words('start-over', {
  title: ['换成自己的数据', 'Start over with my own data'],
  lead: ['清空样例数据“{{what}}”，工作区回到刚建立时的样子。', 'Takes the sample data “{{what}}” away; the workspace is as it was when it was made.'],
  none: ['这里没有样例数据', 'There is no sample data here'],
  noneText: ['您自己导入的数据不会从这里清空。', 'Data that you brought in yourselves are not taken away from here.'],
  goes: ['会清空', 'This goes'],
  events: ['{{n}} 个事件，{{customers}} 个客户身份', '{{n}} events, {{customers}} identities of customers'],
  imports: ['{{n}} 次导入，及其对账与隔离行', '{{n}} imports with their reconciliation and quarantine'],
  ownImports: ['其中 {{n}} 次是您自己导入的文件', '{{n}} of them are files that you imported yourselves'],
  versions: ['{{n}} 个模型版本', '{{n}} versions of the model'],
  ownVersions: ['其中 {{n}} 个是您的同事提交的', '{{n}} of them were submitted by your people'],
  draft: ['未提交的草稿', 'The draft that was not submitted'],
  runs: ['{{n}} 次评级，连同等级历史、备注和人工调整', '{{n}} grading runs, with the history of tiers, notes and overrides'],
  documents: ['{{n}} 份数据源与模型文档', '{{n}} documents of sources and model'],
  settings: ['时区、货币和时钟恢复为原来的设置', 'Time zone, currency and clock become what they were'],
  stays: ['会保留', 'This stays'],
  people: ['用户、角色、密码和 API 密钥', 'Users, roles, passwords and API keys'],
  audit: ['审计日志，包括这一次清空', 'The audit log, this step included'],
  type: ['输入 {{word}} 以确认', 'Type {{word}} to confirm'],
  go: ['清空样例数据', 'Take the sample data away'],
  back: ['不，回到工作台', 'No, back to home'],
  wait: ['样例还在准备中，完成后才能清空。', 'The sample is still being prepared; wait until it is done.'],
});

type Effect = NonNullable<NonNullable<Read<'/setup/industry'>['industry']>['effect']>;

/** Leaving the sample data: what goes and what stays, then a word to type. */
export default function StartOver() {
  const say = useWords();
  const query = useRead('/setup/industry', {}, { staleTime: 0 });
  const what = textOf(query.data?.industry?.title);
  return (
    <Page title={say('title')} lead={what && say('lead', { what })} actions={<Link to="/">{say('back')}</Link>}>
      <Loaded query={query} empty={({ industry }) => !industry && <Empty title={say('none')} text={say('noneText')}><Link to="/">{say('back')}</Link></Empty>}>
        {({ industry }) => industry?.effect ? <Confirm effect={industry.effect} /> : <Alert type="info" showIcon title={say('wait')} />}
      </Loaded>
    </Page>
  );
}

function Confirm({ effect }: { effect: Effect }) {
  const say = useWords();
  const { count } = useFormat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const send = useSend('post', '/setup/start-over', {
    onDone: () => {
      // Nothing of what was read before is true any more.
      void client.invalidateQueries().then(() => navigate({ to: '/welcome' }));
    },
  });
  const own = (n: number, word: 'ownImports' | 'ownVersions') => n > 0 && <strong className="warn"> {say(word, { n: count(n) })}</strong>;
  return (
    <>
      <div className="cols">
        <Panel className="c7" title={say('goes')}>
          <ul className="stack">
            <li>{say('events', { n: count(effect.n_events), customers: count(effect.n_identities) })}</li>
            <li>{say('imports', { n: count(effect.n_imports) })}{own(effect.n_own_imports, 'ownImports')}</li>
            <li>{say('versions', { n: count(effect.n_versions) })}{own(effect.n_own_versions, 'ownVersions')}</li>
            {effect.has_draft && <li><strong className="warn">{say('draft')}</strong></li>}
            <li>{say('runs', { n: count(effect.n_runs) })}</li>
            <li>{say('documents', { n: count(effect.n_documents) })}</li>
            <li>{say('settings')}</li>
          </ul>
        </Panel>
        <Panel className="c5" title={say('stays')}><ul className="stack"><li>{say('people')}</li><li>{say('audit')}</li></ul></Panel>
      </div>
      <Panel>
        <Form layout="vertical" onFinish={() => send.mutate({ body: { confirm: typed } })}>
          {send.error && <Alert type="error" showIcon title={send.error.message} description={send.error.problem.errors?.[0] && textOf(send.error.problem.errors[0].hint)} />}
          <Form.Item htmlFor="confirm" label={say('type', { word: effect.confirm })}><Input id="confirm" style={{ maxWidth: 320 }} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} /></Form.Item>
          <Button danger type="primary" htmlType="submit" disabled={typed.trim() !== effect.confirm} loading={send.isPending}>{say('go')}</Button>
        </Form>
      </Panel>
    </>
  );
}
