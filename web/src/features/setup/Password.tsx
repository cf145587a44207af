import { Alert, Button, Form, Input } from 'antd';
import { Link } from '@tanstack/react-router';
import { useSend } from '../../shared/api/hooks';
import { useLang } from '../../shared/session';
import { Empty } from '../../shared/ui/states';
import { Front } from './Front';
import { useSetupWords } from './words';

/** Whoever was invited, or has forgotten the password, sets one by the code that an administrator told them. */
export default function Password() {
  const say = useSetupWords();
  const lang = useLang();
  const send = useSend('post', '/setup/password');
  const required = { required: true, message: say('required') };
  const weak = send.error?.about('password')[0];
  if (send.isSuccess) return <Front><Empty title={say('passwordSet')} text={say('passwordSetText')}><Link to="/sign-in">{say('toSignIn')}</Link></Empty></Front>;
  return (
    <Front>
      <div><h1>{say('setPassword')}</h1><p className="faint">{say('setPasswordLead')}</p></div>
      {send.error && !weak && <Alert type="error" showIcon title={send.error.code === 'invalid_credentials' ? say('codeOld') : send.error.message} />}
      <Form layout="vertical" requiredMark={false} onFinish={(values: { code: string; password: string }) => send.mutate({ body: { code: values.code.trim(), password: values.password } })}>
        <Form.Item name="code" label={say('code')} rules={[required]}><Input autoFocus autoComplete="off" size="large" /></Form.Item>
        <Form.Item name="password" label={say('newPassword')} rules={[required, { min: 10, message: say('short') }]} {...(weak ? { validateStatus: 'error' as const, help: `${weak.message[lang]} · ${weak.hint[lang]}` } : {})}><Input.Password autoComplete="new-password" size="large" /></Form.Item>
        <Button type="primary" htmlType="submit" block size="large" loading={send.isPending}>{say('setPassword')}</Button>
      </Form>
      <p className="faint small"><Link to="/sign-in">{say('toSignIn')}</Link></p>
    </Front>
  );
}
