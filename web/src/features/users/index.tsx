import { useNavigate, useSearch } from '@tanstack/react-router';
import { App, Button, Dropdown, Form, Input, Modal, Select, Space, Tabs } from 'antd';
import { useState } from 'react';
import type { Scope, User } from '../../shared/api/contract';
import { useListed, useRead, useSend } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { PERMISSIONS, usePermissionWords } from '../../shared/permissions';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { Keys } from './Keys';
import { useUserWords } from './words';
import { useCatalogue } from '../../shared/catalogue';

export default function Users() {
  const say = useUserWords();
  const may = useMay();
  const navigate = useNavigate();
  const { tab = 'users' } = useSearch({ strict: false }) as { tab?: string };
  const [adding, setAdding] = useState(false);
  return (
    <Page title={say('title')} lead={say('lead')} actions={may('manage_users') && <Button type="primary" onClick={() => setAdding(true)}>{say('add')}</Button>}>
      <Tabs activeKey={tab} onChange={(next) => void navigate({ to: '/users', search: { tab: next }, replace: true })} items={[
        { key: 'users', label: say('users'), children: <UserList adding={adding} onAdded={() => setAdding(false)} /> },
        { key: 'roles', label: say('roles'), children: <Roles /> },
        { key: 'keys', label: say('keys'), children: <Keys /> },
      ]} />
    </Page>
  );
}

function UserList({ adding, onAdded }: { adding: boolean; onAdded: () => void }) {
  const say = useUserWords();
  const ui = useUi();
  const format = useFormat();
  const { modal, message } = App.useApp();
  const query = useListed('/users');
  const roles = useRead('/roles').data ?? [];
  const [editing, edit] = useState<User | null>(null);
  const show = (code: string | undefined) => code && modal.success({ title: say('code'), content: <><p><code style={{ fontSize: 18 }}>{code}</code></p><p>{say('codeText')}</p></>, okText: ui('close') });
  const patch = useSend('patch', '/users/{id}', { renews: ['/users'], onDone: () => edit(null) });
  const reset = useSend('post', '/users/{id}/password-reset', { onDone: (reply) => show(reply.code) });
  const add = useSend('post', '/users', { renews: ['/users'], onDone: (made) => { onAdded(); show(made.code); } });
  const onError = (error: Error) => void message.error(error.message);
  const scope = (one: Scope | undefined) => (!one || one.kind === 'everyone' ? say('everyone') : one.kind === 'own' ? say('owned') : say('segment', { name: one.segment ?? '' }));
  const turn = (user: User) => (user.disabled ? patch.mutate({ path: { id: user.id }, body: { disabled: false } }, { onError }) : modal.confirm({ title: say('disableTitle', { name: user.name }), content: say('disableText'), okText: say('disable'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => patch.mutate({ path: { id: user.id }, body: { disabled: true } }, { onError }) }));
  const sure = (name: 'forget' | 'endAll', user: User, body: { forget_second_factor: true } | { end_sessions: true }) => modal.confirm({
    title: say(`${name}Title`, { name: user.name }), content: say(`${name}Text`), okText: say(name), cancelText: ui('cancel'), okButtonProps: { danger: true },
    onOk: () => patch.mutateAsync({ path: { id: user.id }, body }).then(() => void message.success(say('didIt')), onError),
  });
  const more = (user: User) => [
    { key: 'end', label: say('endAll'), onClick: () => sure('endAll', user, { end_sessions: true }) },
    { key: 'forget', label: say('forget'), disabled: !user.second_factor, onClick: () => sure('forget', user, { forget_second_factor: true }) },
  ];
  return (
    <Panel flush>
      <Loaded query={query}>{(data) => <DataTable label={say('users')} rows={data.items} rowKey={(one) => one.id} more={query.more} columns={[
        { key: 'name', title: say('name'), cell: (one) => <b>{one.name}</b> },
        { key: 'email', title: say('email'), cell: (one) => one.email },
        { key: 'role', title: say('role'), cell: (one) => textOf(roles.find((role) => role.name === one.role)?.title, one.role) },
        { key: 'scope', title: say('scope'), cell: (one) => scope(one.scope) },
        { key: 'created', title: say('created'), cell: (one) => <span className="nowrap">{format.day(one.created)}</span> },
        { key: 'state', title: say('state'), cell: (one) => <StateTag state={one.disabled ? 'failed' : one.has_password ? 'active' : 'waiting'}>{say(one.disabled ? 'disabled' : one.has_password ? 'active' : 'invited')}</StateTag> },
        { key: 'factor', title: say('factor'), cell: (one) => (one.second_factor ? <span className="good" aria-label={ui('yes')}>✓</span> : <span className="faint" aria-label={ui('no')}>–</span>) },
        { key: 'do', title: ui('actions'), cell: (one) => <Space size={4} wrap><Button size="small" onClick={() => edit(one)}>{say('edit')}</Button><Button size="small" onClick={() => reset.mutate({ path: { id: one.id } }, { onError })}>{say('reset')}</Button><Button size="small" danger={!one.disabled} onClick={() => turn(one)}>{say(one.disabled ? 'enable' : 'disable')}</Button><Dropdown trigger={['click']} menu={{ items: more(one) }}><Button size="small">{say('more')}</Button></Dropdown></Space> },
      ]} />}</Loaded>
      {(adding || editing) && <UserForm user={editing} error={(editing ? patch.error : add.error)?.message} busy={patch.isPending || add.isPending} onClose={() => { edit(null); onAdded(); }}
        onDone={(values) => (editing ? patch.mutate({ path: { id: editing.id }, body: { name: values.name, role: values.role, scope: values.scope } }) : add.mutate({ body: values }))} />}
    </Panel>
  );
}

function UserForm({ user, error, busy, onClose, onDone }: { user: User | null; error?: string; busy: boolean; onClose: () => void; onDone: (values: { email: string; name: string; role: string; scope: Scope }) => void }) {
  const say = useUserWords();
  const ui = useUi();
  const [form] = Form.useForm();
  const kind = Form.useWatch('kind', form) as string | undefined;
  const roles = useRead('/roles').data ?? [];
  const segments = useCatalogue('graded')?.segments ?? [];
  const required = [{ required: true, message: say('required') }];
  return (
    <Modal open title={user ? `${say('edit')} ${user.name}` : say('add')} okText={ui('save')} cancelText={ui('cancel')} confirmLoading={busy} onCancel={onClose} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ name: user?.name, email: user?.email, role: user?.role ?? 'viewer', kind: user?.scope?.kind ?? 'everyone', segment: user?.scope?.segment }}
        onFinish={(values: { name: string; email: string; role: string; kind: string; segment?: string }) => onDone({ name: values.name, email: values.email, role: values.role, scope: values.kind === 'segment' ? { kind: 'segment', segment: values.segment } : { kind: values.kind } })}>
        <Form.Item name="name" label={say('name')} rules={required}><Input /></Form.Item>
        <Form.Item name="email" label={say('email')} rules={required}><Input type="email" disabled={!!user} /></Form.Item>
        <Form.Item name="role" label={say('role')} rules={required}><Select options={roles.map((role) => ({ value: role.name, label: textOf(role.title, role.name) }))} /></Form.Item>
        <Form.Item name="kind" label={say('scope')}><Select options={[{ value: 'everyone', label: say('everyone') }, { value: 'segment', label: say('segmentOnly') }, { value: 'own', label: say('owned') }]} /></Form.Item>
        {kind === 'segment' && <Form.Item name="segment" label={say('segmentOnly')} rules={required}><Select options={segments.map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))} /></Form.Item>}
        {error && <p className="bad" role="alert">{error}</p>}
      </Form>
    </Modal>
  );
}

function Roles() {
  const say = useUserWords();
  const permission = usePermissionWords();
  const ui = useUi();
  const query = useRead('/roles');
  return (
    <Panel flush>
      <Loaded query={query}>{(items) => (
        <div className="table-box"><table className="table" aria-label={say('roles')}>
          <thead><tr><th scope="col">{say('permission')}</th>{items.map((role) => <th key={role.name} scope="col">{textOf(role.title, role.name)}</th>)}</tr></thead>
          <tbody>{PERMISSIONS.map((one) => <tr key={one}><th scope="row">{permission(one)}</th>{items.map((role) => <td key={role.name}>{role.permissions.some((right) => right.name === one) ? <span className="good" aria-label={ui('yes')}>✓</span> : <span className="faint" aria-label={ui('no')}>–</span>}</td>)}</tr>)}</tbody>
        </table></div>
      )}</Loaded>
    </Panel>
  );
}
