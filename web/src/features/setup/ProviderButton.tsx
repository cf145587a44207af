import { Alert, Button, Divider } from 'antd';
import { useRead, useSend } from '../../shared/api/hooks';
import { useLang } from '../../shared/session';
import { useSetupWords } from './words';

const NEXT = 'gradus.next';

/** Where somebody wanted to go before they left for the provider; told once. */
export function takeNext() {
  const next = sessionStorage.getItem(NEXT) ?? undefined;
  sessionStorage.removeItem(NEXT);
  return next;
}

/** Goes to the provider, and remembers where to go on afterwards. */
export function leaveFor(url: string, next?: string, leave: (url: string) => void = (to) => location.assign(to)) {
  if (next) sessionStorage.setItem(NEXT, next);
  leave(url);
}

/** The way to the company's own provider of identities, only where there is one. */
export function ProviderButton({ next, leave }: { next?: string; leave?: (url: string) => void }) {
  const say = useSetupWords();
  const lang = useLang();
  const provider = useRead('/session/provider').data?.provider;
  const send = useSend('post', '/session/provider', {
    onDone: ({ url }) => leaveFor(url, next, leave),
  });
  if (!provider) return null;
  return (
    <>
      <Divider plain>{say('or')}</Divider>
      {send.error && <Alert type="error" showIcon title={send.error.message} />}
      <Button block size="large" loading={send.isPending} onClick={() => send.mutate()}>{say('signInWith', { name: provider.title[lang] })}</Button>
    </>
  );
}
