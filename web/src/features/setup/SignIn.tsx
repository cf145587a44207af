import { Alert, Button, Form, Input } from 'antd';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useSend } from '../../shared/api/hooks';
import { Front } from './Front';
import { ProviderButton } from './ProviderButton';
import { useEntered } from './useEntered';
import { useSetupWords } from './words';

export default function SignIn() {
  const say = useSetupWords();
  const entered = useEntered();
  const { next } = useSearch({ strict: false }) as { next?: string };
  const [asksTotp, setAsksTotp] = useState(false);
  const send = useSend('post', '/session', { onDone: (session) => entered(session, next) });
  const code = send.error?.code;
  const totp = asksTotp || code === 'totp_required';
  const message = !send.error || code === 'totp_required' ? null : send.error.status === 429 ? say('throttled') : code === 'invalid_credentials' ? say('wrong') : send.error.message;
  return (
    <Front>
      <h1>{say('signIn')}</h1>
      {message && <Alert type="error" showIcon title={message} />}
      <Form layout="vertical" requiredMark={false} onFinish={(values) => { setAsksTotp(totp); send.mutate({ body: values }); }}>
        <Form.Item name="email" label={say('email')} rules={[{ required: true, message: say('required') }]}><Input autoComplete="username" autoFocus type="email" size="large" /></Form.Item>
        <Form.Item name="password" label={say('password')} rules={[{ required: true, message: say('required') }]}><Input.Password autoComplete="current-password" size="large" /></Form.Item>
        {totp && <Form.Item name="totp" label={say('totp')} help={say('totpHint')} rules={[{ required: true, message: say('required') }]}><Input inputMode="numeric" autoComplete="one-time-code" size="large" /></Form.Item>}
        <Button type="primary" htmlType="submit" block size="large" loading={send.isPending}>{say('signIn')}</Button>
      </Form>
      <ProviderButton next={next} />
      <p className="faint small"><Link to="/password">{say('setPassword')}</Link> · {say('forgot')}</p>
    </Front>
  );
}
