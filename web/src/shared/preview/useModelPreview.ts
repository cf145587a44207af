import { keepPreviousData, useQuery, useQueryClient, type QueryFunctionContext } from '@tanstack/react-query';
import type { ModelPreview } from '../api/later';
import type { ModelDocument } from '../api/document';
import type { ApiError } from '../api/error';
import { sendTo } from '../api/hooks';
import { identityOf } from '../draft/identity';
import { useDebounced } from '../ui/debounce';

/** What the draft does to everybody, while it is edited. The answer before stays until the next has come. */
export function useModelPreview(document: ModelDocument | null, what: { scorecard?: string; scheme?: string; customer?: string }, enabled = true) {
  const settled = useDebounced(document, 250);
  const client = useQueryClient();
  const asked = {
    queryKey: ['preview/model', what, identityOf(settled)],
    queryFn: ({ signal }: QueryFunctionContext) => sendTo('post', '/preview/model', { body: { document: settled!, ...what } }, signal) as Promise<ModelPreview>,
    staleTime: 60_000,
    gcTime: 60_000,
  };
  // Everybody is graded while the screen around it is still being drawn.
  if (enabled && settled !== null && !client.getQueryState(asked.queryKey)) void client.prefetchQuery(asked);
  return useQuery<ModelPreview, ApiError>({ ...asked, enabled: enabled && settled !== null, placeholderData: keepPreviousData });
}
