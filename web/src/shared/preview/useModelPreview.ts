import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ModelPreview } from '../api/later';
import type { ModelDocument } from '../api/document';
import type { ApiError } from '../api/error';
import { sendTo } from '../api/hooks';
import { identityOf } from '../draft/identity';
import { useDebounced } from '../ui/debounce';

/** What the draft does to everybody, while it is edited. The answer before stays until the next has come. */
export function useModelPreview(document: ModelDocument | null, what: { scorecard?: string; scheme?: string; customer?: string }, enabled = true) {
  const settled = useDebounced(document, 250);
  return useQuery<ModelPreview, ApiError>({
    queryKey: ['preview/model', what, identityOf(settled)],
    enabled: enabled && settled !== null,
    queryFn: ({ signal }) => sendTo('post', '/preview/model', { body: { document: settled!, ...what } }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
}
