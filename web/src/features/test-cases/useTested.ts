import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ApiError } from '../../shared/api/error';
import { isThere, sendTo } from '../../shared/api/hooks';
import type { Tested } from '../../shared/api/later';
import { identityOf } from '../../shared/draft/identity';
import { useDraftState } from '../../shared/draft/store';
import { useDebounced } from '../../shared/ui/debounce';

/** The cases of the draft, run as it is edited; the answer before stays until the next has come. */
export function useTested() {
  const { document } = useDraftState();
  const asked = useDebounced(document, 500);
  return useQuery<Tested, ApiError>({
    queryKey: ['model/test', identityOf(asked)], enabled: isThere('post', '/model/test') && !!asked && Object.keys(asked.tests ?? {}).length > 0, placeholderData: keepPreviousData, staleTime: 60_000, gcTime: 60_000, retry: false,
    queryFn: ({ signal }) => sendTo('post', '/model/test', { body: { document: asked! } }, signal),
  });
}
