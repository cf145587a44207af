import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { paths } from './paths';
import { api } from './client';
import type { Listed } from './contract';
import type { ApiError } from './error';
import { received, sent as written } from './wire';

type With<M extends string> = { [P in keyof paths]: paths[P] extends Record<M, unknown> ? P : never }[keyof paths];
type Op<P extends keyof paths, M extends string> = paths[P] extends Record<M, infer O> ? O : never;
type ReplyOf<O> = O extends { responses: { 200: { content: { 'application/json': infer R } } } } ? R : never;
type BodyOf<O> = O extends { requestBody?: { content: { 'application/json': infer B } } } ? B : undefined;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type PathOf<O> = O extends { parameters: { path: infer P } } ? P : never;

export type Read<P extends With<'get'>> = ReplyOf<Op<P, 'get'>>;
interface Where<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
}

/** Untyped at the seam only: the types above are exact. */
type Call = (path: string, init: object) => Promise<{ data?: unknown }>;

export async function read<P extends With<'get'>>(path: P, where: Where<Op<P, 'get'>> = {}, signal?: AbortSignal): Promise<Read<P>> {
  const { data } = await (api.GET as unknown as Call)(path, { params: where, signal });
  return received('get', path, data) as Read<P>;
}

export function useRead<P extends With<'get'>>(
  path: P,
  where: Where<Op<P, 'get'>> = {},
  options: { enabled?: boolean; refetchInterval?: number | false; staleTime?: number; keep?: boolean } = {},
) {
  const { keep, ...rest } = options;
  return useQuery<Read<P>, ApiError>({
    queryKey: [path, where],
    queryFn: ({ signal }) => read(path, where, signal),
    placeholderData: keep ? (before) => before as never : undefined,
    ...rest,
  });
}

type Method = 'post' | 'put' | 'patch' | 'delete';
export interface Sent<O> {
  path?: PathOf<O>;
  body?: BodyOf<O>;
  query?: QueryOf<O>;
  etag?: string;
}

export async function sendTo<M extends Method, P extends With<M>>(method: M, path: P, sent: Sent<Op<P, M>> = {}, signal?: AbortSignal): Promise<ReplyOf<Op<P, M>>> {
  const call = api[method.toUpperCase() as 'POST'] as unknown as Call;
  const headers = sent.etag ? { 'If-Match': sent.etag } : undefined;
  const body = written(method, path, sent.body ?? (method === 'post' ? {} : undefined));
  const { data } = await call(path, { params: { path: sent.path, query: sent.query }, body, headers, signal });
  return received(method, path, data) as ReplyOf<Op<P, M>>;
}

/** A change; `renews` names the paths whose answers it makes old. */
export function useSend<M extends Method, P extends With<M>>(
  method: M,
  path: P,
  options: { renews?: string[]; onDone?: (reply: ReplyOf<Op<P, M>>) => void } = {},
) {
  const client = useQueryClient();
  return useMutation<ReplyOf<Op<P, M>>, ApiError, Sent<Op<P, M>> | void>({
    mutationFn: (sent) => sendTo(method, path, sent ?? {}),
    onSuccess: (reply) => {
      renew(client, options.renews ?? []);
      options.onDone?.(reply);
    },
  });
}

export function renew(client: QueryClient, paths: string[]) {
  for (const path of paths) {
    void client.invalidateQueries({ predicate: (query) => String(query.queryKey[0]).startsWith(path) });
  }
}

/** A list by cursor: pages are appended as the reader scrolls. */
export function useMore<T>(key: readonly unknown[], page: (cursor: string | undefined, signal: AbortSignal) => Promise<Listed<T>>, enabled = true) {
  const query = useInfiniteQuery<Listed<T>, ApiError, { items: T[]; total: number | null }, readonly unknown[], string | undefined>({
    queryKey: key,
    enabled,
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: (data) => ({ items: data.pages.flatMap((one) => one.items), total: data.pages[0]?.total ?? null }),
  });
  return query;
}
