import { Alert, Button, Form, Input, Segmented } from 'antd';
import { useSend } from '../../shared/api/hooks';
import { setLang } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import { Front } from './Front';
import { useEntered } from './useEntered';
import { useSetupWords } from './words';

interface Values { code: string; name: string; email: string; password: string }

export default function Setup() {
  const say = useSetupWords();
  const lang = useLang();
  const entered = useEntered();
  const send = useSend('post', '/setup', { onDone: (session) => entered(session) });
  const required = [{ required: true, message: say('required') }];
  const about = (field: string) => {
    const found = send.error?.about(field)[0];
    return found ? { validateStatus: 'error' as const, help: found.message[lang] } : {};
  };
  return (
    <Front>
      <div><h1>{say('setup')}</h1><p className="faint">{say('setupLead')}</p></div>
      {send.error && !send.error.problem.errors?.length && <Alert type="error" showIcon title={send.error.message} />}
      <Form<Values> layout="vertical" requiredMark={false} onFinish={({ code, name, email, password }) => send.mutate({ body: { code: code.trim(), name, email, password, language: lang } })}>
        <Form.Item label={say('language')}><Segmented block value={lang} onChange={(next) => setLang(next as 'zh' | 'en')} options={[{ value: 'zh', label: '\u4e2d\u6587' }, { value: 'en', label: 'English' }]} /></Form.Item>
        <Form.Item name="code" label={say('code')} extra={say('codeHint')} rules={required} {...about('code')}><Input autoFocus autoComplete="off" /></Form.Item>
        <Form.Item name="name" label={say('name')} rules={required} {...about('name')}><Input autoComplete="name" /></Form.Item>
        <Form.Item name="email" label={say('email')} rules={required} {...about('email')}><Input type="email" autoComplete="username" /></Form.Item>
        <Form.Item name="password" label={say('password')} rules={[...required, { min: 10, message: say('short') }]} {...about('password')}><Input.Password autoComplete="new-password" /></Form.Item>
        <Form.Item name="again" label={say('again')} dependencies={['password']} rules={[...required, ({ getFieldValue }) => ({ validator: async (_, value) => { if (value && value !== getFieldValue('password')) throw new Error(say('differs')); } })]}><Input.Password autoComplete="new-password" /></Form.Item>
        <Button type="primary" htmlType="submit" block size="large" loading={send.isPending}>{say('create')}</Button>
      </Form>
    </Front>
  );
}
