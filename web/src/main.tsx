import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import './app/style.css';
import { router } from './app/router';
import { onSignedOut } from './shared/api/client';
import { ApiError } from './shared/api/error';
import { read } from './shared/api/hooks';
import { firstLang, setLang } from './shared/i18n/language';
import { markStyles } from './shared/theme/nonce';
import { Themed } from './shared/theme/theme';

async function start() {
  markStyles();
  setLang(firstLang(), false);
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What was refused stays refused; only a lost connection is worth another try.
        retry: (times, error) => times < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
        refetchOnWindowFocus: false,
      },
    },
  });
  onSignedOut(() => void router.navigate({ to: '/sign-in', search: { next: location.pathname } as never }));
  const front = ['/setup', '/sign-in', '/sign-in/return', '/password', '/enter'].includes(location.pathname);
  // The screen's own part of the page comes while it is asked who is there.
  void router.preloadRoute({ to: location.pathname } as never);
  if (!front) {
    try {
      const session = await client.fetchQuery({ queryKey: ['/session', {}], queryFn: () => read('/session') });
      if (!localStorage.getItem('gradus.language')) setLang(session.user.language === 'en' ? 'en' : 'zh', false);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        const { needed } = await read('/setup').catch(() => ({ needed: false }));
        await router.navigate(needed ? { to: '/setup' } : { to: '/sign-in', search: { next: location.pathname } as never });
      }
    }
  }
  createRoot(document.getElementById('root')!).render(
    <QueryClientProvider client={client}>
      <Themed>
        <RouterProvider router={router} />
      </Themed>
    </QueryClientProvider>,
  );
}

void start();
