import { Link } from '@tanstack/react-router';
import { App, Button, DatePicker, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import type { Permission } from '../../shared/api/contract';
import { useListed, useSend } from '../../shared/api/hooks';
import { PERMISSIONS, usePermissionWords } from '../../shared/permissions';
import { useFormat } from '../../shared/session';
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
  const [form] = Form.useForm();
  const query = useListed('/keys');
  const send = useSend('post', '/keys', { renews: ['/keys'], onDone: (made) => { add(false); form.resetFields(); modal.success({ title: say('newKey'), content: <><p><code className="wrap">{made.token}</code></p><p>{say('keysLead')}</p></>, okText: ui('close') }); } });
  const revoke = useSend('delete', '/keys/{id}', { renews: ['/keys'] });
  return (
    <Panel title={<span className="faint">{say('keysLead')}</span>} extra={<><Link to="/reference">{say('reference')}</Link><Button size="small" onClick={() => add(true)}>{say('addKey')}</Button></>} flush>
      <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('noKeys')} />}>{(data) => <DataTable label={say('keys')} rows={data.items} rowKey={(one) => one.id} more={query.more} columns={[
        { key: 'name', title: say('keyName'), cell: (one) => <b>{one.name}</b> },
        { key: 'scopes', title: say('scopes'), cell: (one) => one.scopes.map((scope) => permission(scope as Permission)).join(', ') },
        { key: 'created', title: say('created'), cell: (one) => format.day(one.created) },
        { key: 'used', title: say('used'), cell: (one) => (one.last_used ? format.ago(one.last_used) : '–') },
        { key: 'expires', title: say('expires'), cell: (one) => (one.expires ? format.day(one.expires) : say('never')) },
        { key: 'do', title: ui('actions'), cell: (one) => <Button size="small" danger onClick={() => modal.confirm({ title: say('revokeTitle', { name: one.name }), content: say('revokeText'), okText: say('revoke'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => revoke.mutate({ path: { id: one.id } }) })}>{say('revoke')}</Button> },
      ]} />}</Loaded>
      <Modal open={adding} title={say('addKey')} okText={say('addKey')} cancelText={ui('cancel')} confirmLoading={send.isPending} onCancel={() => add(false)} onOk={() => form.submit()}>
        <Form form={form} layout="vertical" onFinish={(values: { name: string; scopes: string[]; expires?: { format: (f: string) => string } }) => send.mutate({ body: { name: values.name, scopes: values.scopes, expires: values.expires ? `${values.expires.format('YYYY-MM-DD')}T23:59:59Z` : undefined } })}>
          <Form.Item name="name" label={say('keyName')} rules={[{ required: true, message: say('required') }]}><Input /></Form.Item>
          <Form.Item name="scopes" label={say('scopes')} rules={[{ required: true, message: say('required') }]}><Select mode="multiple" options={PERMISSIONS.map((value) => ({ value, label: permission(value) }))} /></Form.Item>
          <Form.Item name="expires" label={say('expires')}><DatePicker style={{ width: '100%' }} placeholder={say('never')} /></Form.Item>
          {send.error && <p className="bad" role="alert">{send.error.message}</p>}
        </Form>
      </Modal>
    </Panel>
  );
}
