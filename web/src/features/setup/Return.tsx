import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useSend } from '../../shared/api/hooks';
import { Empty } from '../../shared/ui/states';
import { Front } from './Front';
import { takeNext } from './ProviderButton';
import { useEntered } from './useEntered';
import { useSetupWords } from './words';

/** Back from the company's provider of identities: what it gave the browser goes to the server, and out of the address. */
export default function Return() {
  const say = useSetupWords();
  const entered = useEntered();
  const send = useSend('post', '/session/provider/return', { onDone: (session) => entered(session, takeNext()) });
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    const told = new URLSearchParams(location.search);
    const of = (name: string) => told.get(name) ?? undefined;
    history.replaceState(null, '', '/sign-in/return');
    send.mutate({ body: { state: of('state') ?? '', code: of('code'), error: of('error'), iss: of('iss') } });
  }, []); // eslint-disable-line
  return (
    <Front>
      {send.error ? <Empty title={say('notSignedIn')} text={send.error.message}><Link to="/sign-in">{say('toSignIn')}</Link></Empty> : <p role="status">{say('entering')}</p>}
    </Front>
  );
}
