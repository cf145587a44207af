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

/** The way to the company's own provider of identities, only where there is one. */
export function ProviderButton({ next, leave = (url) => location.assign(url) }: { next?: string; leave?: (url: string) => void }) {
  const say = useSetupWords();
  const lang = useLang();
  const provider = useRead('/session/provider').data?.provider;
  const send = useSend('post', '/session/provider', {
    onDone: ({ url }) => {
      if (next) sessionStorage.setItem(NEXT, next);
      leave(url);
    },
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
