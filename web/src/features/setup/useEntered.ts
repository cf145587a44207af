import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Session } from '../../shared/api/contract';
import { setLang } from '../../shared/i18n/language';

/** What happens once somebody is signed in. */
export function useEntered() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (session: Session, next?: string) => {
    client.clear();
    client.setQueryData(['/session', {}], session);
    if (!localStorage.getItem('gradus.language')) setLang(session.user.language === 'en' ? 'en' : 'zh', false);
    const to = next && /^\/(?!\/)/.test(next) ? next : session.workspace.has_data ? '/' : '/welcome';
    void navigate({ to, replace: true });
  };
}
