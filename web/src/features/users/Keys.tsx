import { Link } from '@tanstack/react-router';
import { App, Button, DatePicker, Form, Input, Modal, Select, Space } from 'antd';
import { useState } from 'react';
import type { ApiKey, Permission } from '../../shared/api/contract';
import type { ApiError } from '../../shared/api/error';
import { useListed, useSend } from '../../shared/api/hooks';
import { PERMISSIONS, usePermissionWords } from '../../shared/permissions';
import { useFormat, useLang } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { useUserWords } from './words';

export function Keys() {
  const say = useUserWords();
  const permission = usePermissionWords();
  const ui = useUi();
  const format = useFormat();
  const { modal } = App.useApp();
  const [adding, add] = useState(false);
  const [changing, change] = useState<ApiKey | null>(null);
  const [form] = Form.useForm();
  const query = useListed('/keys');
  const send = useSend('post', '/keys', { renews: ['/keys'], onDone: (made) => { add(false); form.resetFields(); modal.success({ title: say('newKey'), content: <><p><code className="wrap">{made.token}</code></p><p>{say('keysLead')}</p></>, okText: ui('close') }); } });
  const patch = useSend('patch', '/keys/{id}', { renews: ['/keys'], onDone: () => change(null) });
  const revoke = useSend('delete', '/keys/{id}', { renews: ['/keys'] });
  return (
    <Panel title={<span className="faint">{say('keysLead')}</span>} extra={<><Link to="/reference">{say('reference')}</Link><Button size="small" onClick={() => add(true)}>{say('addKey')}</Button></>} flush>
      <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('noKeys')} text={say('noKeysText')} />}>{(data) => <DataTable label={say('keys')} rows={data.items} rowKey={(one) => one.id} more={query.more} columns={[
        { key: 'name', title: say('keyName'), cell: (one) => <b>{one.name}</b> },
        { key: 'scopes', title: say('scopes'), cell: (one) => one.scopes.map((scope) => permission(scope as Permission)).join(', ') },
        { key: 'networks', title: say('networks'), cell: (one) => (one.networks.length ? <span className="wrap">{one.networks.join(', ')}</span> : <span className="faint">{say('everywhere')}</span>) },
        { key: 'created', title: say('created'), cell: (one) => format.day(one.created) },
        { key: 'used', title: say('used'), cell: (one) => (one.last_used ? format.ago(one.last_used) : '–') },
        { key: 'expires', title: say('expires'), cell: (one) => (one.revoked ? <span className="bad">{say('revoked')}</span> : one.expires ? <>{format.day(one.expires)} {Date.parse(one.expires) <= Date.now() && <span className="bad">{say('expired')}</span>}</> : say('never')) },
        { key: 'do', title: ui('actions'), cell: (one) => !one.revoked && <Space size={4} wrap><Button size="small" onClick={() => { patch.reset(); change(one); }}>{say('edit')}</Button><Button size="small" danger onClick={() => modal.confirm({ title: say('revokeTitle', { name: one.name }), content: say('revokeText'), okText: say('revoke'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => revoke.mutate({ path: { id: one.id } }) })}>{say('revoke')}</Button></Space> },
      ]} />}</Loaded>
      <Modal open={adding} title={say('addKey')} okText={say('addKey')} cancelText={ui('cancel')} confirmLoading={send.isPending} onCancel={() => add(false)} onOk={() => form.submit()}>
        <Form form={form} layout="vertical" onFinish={(values: { name: string; scopes: string[]; networks?: string[]; expires?: { format: (f: string) => string } }) => send.mutate({ body: { name: values.name, scopes: values.scopes, networks: values.networks ?? [], expires: values.expires ? format.closes(values.expires.format('YYYY-MM-DD')) : undefined } })}>
          <Form.Item name="name" label={say('keyName')} rules={[{ required: true, message: say('required') }]}><Input /></Form.Item>
          <Form.Item name="scopes" label={say('scopes')} rules={[{ required: true, message: say('required') }]}><Select mode="multiple" options={PERMISSIONS.map((value) => ({ value, label: permission(value) }))} /></Form.Item>
          <Networks error={send.error} />
          <Form.Item name="expires" label={say('expires')}><DatePicker style={{ width: '100%' }} placeholder={say('never')} /></Form.Item>
          {send.error && send.error.code !== 'network-form' && <p className="bad" role="alert">{send.error.message}</p>}
        </Form>
      </Modal>
      {changing && <Modal open title={say('changeKey')} okText={ui('save')} cancelText={ui('cancel')} confirmLoading={patch.isPending} onCancel={() => change(null)} okButtonProps={{ htmlType: 'submit', form: 'change-key' }}>
        <Form id="change-key" layout="vertical" initialValues={{ name: changing.name, networks: changing.networks }} onFinish={(values: { name: string; networks: string[] }) => patch.mutate({ path: { id: changing.id }, body: values })}>
          <Form.Item name="name" label={say('keyName')} rules={[{ required: true, message: say('required') }]}><Input /></Form.Item>
          <Networks error={patch.error} />
          {patch.error && patch.error.code !== 'network-form' && <p className="bad" role="alert">{patch.error.message}</p>}
        </Form>
      </Modal>}
    </Panel>
  );
}

/** Where a key is taken from; what the server says of one of them stands below. */
function Networks({ error }: { error: ApiError | null }) {
  const say = useUserWords();
  const lang = useLang();
  const wrong = error?.code === 'network-form' ? error.problem.errors?.[0] : undefined;
  return (
    <Form.Item name="networks" label={say('networks')} help={wrong && `${wrong.message[lang]} · ${wrong.hint[lang]}`} extra={!wrong && say('networksHelp')} validateStatus={wrong ? 'error' : undefined}>
      <Select mode="tags" tokenSeparators={[',', ' ', '\uff0c', '\u3001']} placeholder={say('everywhere')} open={false} suffixIcon={null} />
    </Form.Item>
  );
}
