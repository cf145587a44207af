import { App, Button, Form, Input } from 'antd';
import { useRead, useSend } from '../../shared/api/hooks';
import { useFormat, useLang, useSession } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { SecondFactor } from './SecondFactor';
import { useUserWords } from './words';

export default function Me() {
  const say = useUserWords();
  const ui = useUi();
  const lang = useLang();
  const format = useFormat();
  const { message } = App.useApp();
  const session = useSession();
  const [form] = Form.useForm();
  const sessions = useRead('/me/sessions');
  const end = useSend('delete', '/me/sessions/{id}', { renews: ['/me/sessions'] });
  const password = useSend('post', '/me/password', { onDone: () => { form.resetFields(); void message.success(say('changed')); } });
  const about = (field: string) => password.error?.about(field)[0]?.message[lang];
  const required = { required: true, message: say('required') };
  return (
    <Page title={say('me')} lead={session && `${session.user.name} · ${session.user.role_title[lang]}`}>
      <div className="cols">
        <Panel className="c6" title={say('password')}>
          <Form form={form} layout="vertical" requiredMark={false} onFinish={(values: { old: string; new: string }) => password.mutate({ body: values })}>
            <Form.Item name="old" label={say('old')} rules={[required]} help={about('old')} validateStatus={about('old') ? 'error' : undefined}><Input.Password autoComplete="current-password" /></Form.Item>
            <Form.Item name="new" label={say('next')} rules={[required, { min: 10, message: say('next') }]} help={about('new')} validateStatus={about('new') ? 'error' : undefined}><Input.Password autoComplete="new-password" /></Form.Item>
            {password.error && !password.error.problem.errors?.length && <p className="bad" role="alert">{password.error.message}</p>}
            <Button type="primary" htmlType="submit" loading={password.isPending}>{say('change')}</Button>
          </Form>
        </Panel>
        <SecondFactor />
        <Panel className="c12" title={say('sessions')} flush>
          <Loaded query={sessions}>{(data) => <DataTable label={say('sessions')} rows={data} rowKey={(one) => one.id} columns={[
                { key: 'created', title: say('begun'), cell: (one) => <>{format.minute(one.created)} {one.this && <span className="tag good">{say('current')}</span>}</> },
            { key: 'seen', title: say('seen'), cell: (one) => format.ago(one.last_seen) },
            { key: 'do', title: ui('actions'), cell: (one) => !one.this && <Button size="small" onClick={() => end.mutate({ path: { id: one.id } })}>{say('end')}</Button> },
          ]} />}</Loaded>
        </Panel>
      </div>
    </Page>
  );
}
