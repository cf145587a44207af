import { Alert, Button, Form, Input, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useRead, useSend } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { useLang } from '../../shared/session';
import { useUi } from '../../shared/ui/words';
import { leaveFor } from './ProviderButton';

const useWords = words('proof', {
  title: ['请确认是您本人', 'Show that it is you'],
  why: ['这一步涉及权限、密钥或客户隐私，而您上次确认身份已过了一段时间。确认后继续刚才的操作。', 'This is about rights, keys or who the customers are, and it is a while since you last showed who you are. Afterwards you go on with what you were doing.'],
  password: ['密码', 'Password'], totp: ['验证码', 'Code'],
  totpLabel: ['6 位数字，或一个恢复码', 'Six digits, or a recovery code'],
  required: ['请填写', 'Please fill this in'],
  wrong: ['不对，请再试一次', 'That is not right; try again'],
  throttled: ['尝试次数过多，请稍后再试', 'Too many attempts; try again in a while'],
  go: ['确认并继续', 'Confirm and go on'],
  provider: ['用 {{name}} 重新登录', 'Sign in anew with {{name}}'],
  providerWhy: ['登录后回到这一页，再做一次刚才的操作。', 'You come back to this screen; then do once more what you were doing.'],
  link: ['您的账户没有密码，也没有两步验证。请用新的一次性链接重新登录，或请管理员给您设置密码的代码。', 'Your account has neither a password nor a second factor. Sign in by another one-time link, or have an administrator give you a code to set a password.'],
});

/** Asks somebody whose session is long open to show that it is still they, and says so when they did. */
export default function ProofDialog({ ways, done, leave }: { ways: string[]; done: (shown: boolean) => void; leave?: (url: string) => void }) {
  const say = useWords();
  const ui = useUi();
  const lang = useLang();
  const typed = ways.filter((way) => way === 'password' || way === 'totp') as ('password' | 'totp')[];
  const [way, choose] = useState(typed[0]);
  const provider = useRead('/session/provider', {}, { enabled: ways.includes('provider') }).data?.provider;
  const send = useSend('post', '/session/presence', { onDone: () => done(true) });
  const away = useSend('post', '/session/provider', { onDone: ({ url }) => leaveFor(url, location.pathname + location.search, leave) });
  const error = send.error ?? away.error;
  const message = !error ? null : error.status === 429 ? say('throttled') : error.code === 'invalid_credentials' ? say('wrong') : error.message;
  return (
    <Modal open title={say('title')} onCancel={() => done(false)} footer={null} destroyOnHidden>
      <div className="stack">
        <p>{say('why')}</p>
        {message && <Alert type="error" showIcon title={message} />}
        {typed.length > 1 && <Segmented value={way} onChange={(next) => choose(next)} options={typed.map((value) => ({ value, label: say(value) }))} />}
        {way && (
          <Form key={way} layout="vertical" requiredMark={false} onFinish={(values: { shown: string }) => send.mutate({ body: { [way]: way === 'totp' ? values.shown.trim() : values.shown } })}>
            <Form.Item name="shown" label={say(way === 'totp' ? 'totpLabel' : 'password')} rules={[{ required: true, message: say('required') }]}>
              {way === 'totp' ? <Input inputMode="numeric" autoComplete="one-time-code" autoFocus /> : <Input.Password autoComplete="current-password" autoFocus />}
            </Form.Item>
            <div className="row" style={{ justifyContent: 'flex-end' }}><Button onClick={() => done(false)}>{ui('cancel')}</Button><Button type="primary" htmlType="submit" loading={send.isPending}>{say('go')}</Button></div>
          </Form>
        )}
        {provider && <div><Button type={way ? 'default' : 'primary'} loading={away.isPending} onClick={() => away.mutate({ query: { anew: true } })}>{say('provider', { name: provider.title[lang] })}</Button><p className="faint small">{say('providerWhy')}</p></div>}
        {ways.includes('link') && <p>{say('link')}</p>}
      </div>
    </Modal>
  );
}
