// The guided tour of the sample data: each person walks it themselves, and the server remembers where they are.
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Read } from './api/hooks';
import { isThere, useRead, useSend } from './api/hooks';
import { useSession } from './session';

export type Tour = NonNullable<Read<'/me/tour'>['tour']>;
export type TourState = 'open' | 'left' | 'done';

/** The tour of this workspace and how one goes on; nothing where the data are the operator's own. */
export function useTour() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const sample = useSession()?.workspace.sample;
  const tour = useRead('/me/tour', {}, { enabled: !!sample && isThere('get', '/me/tour'), staleTime: 300_000 }).data?.tour ?? undefined;
  const send = useSend('put', '/me/tour', { onDone: (reply) => client.setQueryData(['/me/tour', {}], reply) });
  return {
    tour: sample ? tour : undefined,
    /** Remembers the step; with `walk`, opens its screen. */
    go: (step: number, state: TourState, walk = true) => {
      const to = tour?.steps[step]?.path;
      if (!tour || !to) return;
      client.setQueryData(['/me/tour', {}], { tour: { ...tour, step, state } });
      send.mutate({ body: { step, state } });
      if (walk && state === 'open') void navigate({ to });
    },
  };
}
