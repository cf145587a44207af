import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { ApiError } from '../api/error';
import type { Scalar } from '../api/document';
import { isThere, sendTo } from '../api/hooks';
import type { RulesPreview } from '../api/later';
import { identityOf } from '../draft/identity';
import { useDraftState } from '../draft/store';
import { useDebounced } from '../ui/debounce';

/** Who is tried out: a customer as they are, or somebody with these values. */
export type Probe = { customer: string } | { inputs: Record<string, Scalar> } | null;
export type RuleLook = ReturnType<typeof useRuleLook>;

/** How many each part of a rule decides for while it is edited, and what the customer who is tried out meets. */
export function useRuleLook(name: string) {
  const { document } = useDraftState();
  const [probe, setProbe] = useState<Probe>(null);
  const asked = useDebounced(document, 350);
  const whom = useDebounced(probe, 250);
  const there = isThere('post', '/preview/rules');
  const query = useQuery<RulesPreview, ApiError>({
    queryKey: ['preview/rules', name, whom, identityOf(asked)], enabled: there && asked !== null, placeholderData: keepPreviousData, staleTime: 60_000, gcTime: 60_000, retry: false,
    queryFn: ({ signal }) => sendTo('post', '/preview/rules', { body: { document: asked!, name, ...whom } }, signal),
  });
  const data = query.data;
  const counts = useMemo(() => new Map((data && !data.needs_fold ? data.parts : []).map((part) => [part.path, part.count])), [data]);
  const met = useMemo(() => new Set(probe ? (data?.met ?? []) : []), [data, probe]);
  return { there, probe, setProbe, query, counts, met };
}
