import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useSend } from '../../shared/api/hooks';
import { Empty } from '../../shared/ui/states';
import { Front } from './Front';
import { useEntered } from './useEntered';
import { useSetupWords } from './words';

/** A one-time link: the token stands behind the #, so that it reaches no log. */
export default function Enter() {
  const say = useSetupWords();
  const entered = useEntered();
  const send = useSend('post', '/session/enter', { onDone: (session) => entered(session, '/') });
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    const token = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, '', '/enter');
    send.mutate({ body: { code: token } });
  }, []); // eslint-disable-line
  return (
    <Front>
      {send.isError ? <Empty title={say('linkOld')} text={say('linkOldText')}><Link to="/sign-in">{say('toSignIn')}</Link></Empty> : <p role="status">{say('entering')}</p>}
    </Front>
  );
}
