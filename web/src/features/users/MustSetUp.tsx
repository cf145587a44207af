import { Button } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useSend } from '../../shared/api/hooks';
import { LookTools } from '../../shared/theme/LookTools';
import { SecondFactor } from './SecondFactor';
import { useUserWords } from './words';

/** All that somebody sees of whom a second factor is demanded, until they have set it up. */
export default function MustSetUp() {
  const say = useUserWords();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = useSend('delete', '/session', { onDone: () => { client.clear(); void navigate({ to: '/sign-in' }); } });
  return (
    <main className="front">
      <div className="front-card wide">
        <div className="front-brand"><img src="/gradus.svg" alt="" />Gradus<span className="front-tools"><LookTools /></span></div>
        <h1>{say('mustTitle')}</h1>
        <p>{say('mustText')}</p>
        <SecondFactor demanded />
        <p><Button type="link" onClick={() => leave.mutate()}>{say('signOut')}</Button></p>
      </div>
    </main>
  );
}
