import { Button, Form, Input, QRCode } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSend } from '../../shared/api/hooks';
import { useSession } from '../../shared/session';
import { save } from '../../shared/ui/download';
import { Panel } from '../../shared/ui/page';
import { useUserWords } from './words';

/** Six digits of an authenticator beside the password: turned on with a code, off with a code; the recovery codes are shown once. */
// `demanded`: the workspace does not go on without it, and is asked again once the recovery codes are kept.
export function SecondFactor({ demanded }: { demanded?: boolean }) {
  const say = useUserWords();
  const session = useSession();
  const client = useQueryClient();
  // Who is led here sees the recovery codes before the page goes on.
  const send = useSend('post', '/me/totp', { renews: demanded ? [] : ['/session', '/me/sessions'] });
  const [ending, end] = useState(false);
  const [kept, keep] = useState(false);
  const told = send.data;
  const on = told?.enabled ?? session?.user.second_factor ?? false;
  const codes = told?.enabled && !kept ? told.recovery_codes : [];
  const code = (what: 'on' | 'off') => (
    <Form layout="vertical" onFinish={(values: { code: string }) => send.mutate({ body: { code: values.code.trim(), enable: what === 'on' } }, { onSuccess: () => { end(false); keep(false); } })}>
      <Form.Item name="code" label={say(what === 'on' ? 'totpCode' : 'totpOffCode')} rules={[{ required: true, message: say('required') }]}><Input inputMode={what === 'on' ? 'numeric' : 'text'} autoComplete="one-time-code" autoFocus /></Form.Item>
      <Button type="primary" danger={what === 'off'} htmlType="submit" loading={send.isPending}>{say(what === 'on' ? 'confirm' : 'totpOff')}</Button>
    </Form>
  );
  return (
    <Panel className={demanded ? undefined : 'c6'} title={<>{say('totp')} {on && <span className="tag good">{say('totpOn')}</span>}</>}>
      {codes.length > 0 ? (
        <div className="stack" role="status">
          <p><b>{say('recovery')}</b></p><p className="faint">{say('recoveryText')}</p>
          <ul className="recovery">{codes.map((one) => <li key={one}><code>{one}</code></li>)}</ul>
          <div className="row"><Button onClick={() => save('gradus-recovery-codes.txt', new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }))}>{say('recoverySave')}</Button><Button type="primary" onClick={() => { keep(true); if (demanded) void client.invalidateQueries(); }}>{say('recoveryKept')}</Button></div>
        </div>
      ) : on ? (
        <div className="stack"><p className="faint">{say('totpWhy')}</p>{ending ? code('off') : <div><Button danger onClick={() => end(true)}>{say('totpOff')}</Button></div>}</div>
      ) : told?.secret ? (
        <div className="stack">
          <p>{say('totpText')}</p>
          {/* Dark on light in either theme: many authenticators read no other. */}
          <div className="row">{told.uri && <QRCode type="svg" size={148} color="#000" bgColor="#fff" value={told.uri} aria-label={say('totpPicture')} />}<code className="wrap">{told.secret}</code></div>
          {code('on')}
        </div>
      ) : <div className="stack"><p className="faint">{say('totpWhy')}</p><div><Button type={demanded ? 'primary' : 'default'} loading={send.isPending} onClick={() => send.mutate({ body: {} })}>{say('totpStart')}</Button></div></div>}
      {send.error && <p className="bad" role="alert">{send.error.message}</p>}
    </Panel>
  );
}
