// Reading and sending by path: TanStack Query over the typed client, with the page's one kind of error.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api } from './client';
import { ApiError } from './error';
import { operations } from './operations';
import type { paths } from './paths';

type With<M extends string> = { [P in keyof paths]: paths[P] extends Record<M, unknown> ? P : never }[keyof paths];
type Op<P extends keyof paths, M extends string> = paths[P] extends Record<M, infer O> ? O : never;
type JsonOf<T> = T extends { content: { 'application/json': infer R } } ? R : undefined;
type Good = 200 | 201 | 202 | 204;
type ReplyOf<O> = O extends { responses: infer R } ? JsonOf<R[keyof R & Good]> : never;
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : undefined;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type PathOf<O> = O extends { parameters: { path: infer P } } ? P : never;

export type Read<P extends With<'get'>> = ReplyOf<Op<P, 'get'>>;
interface Where<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
}

/** Untyped at the seam only: the types above are exact. */
type Call = (path: string, init: object) => Promise<{ data?: unknown }>;

/** Whether this server's API has the operation; what it does not have is never asked for. */
export function isThere(method: string, path: string): boolean {
  return operations.has(`${method} ${path}`);
}

async function call(method: string, path: string, init: object): Promise<unknown> {
  if (!isThere(method, path)) throw new ApiError({ title: 'not yet', status: 501, code: 'not_yet' });
  return (await (api[method.toUpperCase() as 'GET'] as unknown as Call)(path, init)).data;
}

export async function read<P extends With<'get'>>(path: P, where: Where<Op<P, 'get'>> = {}, signal?: AbortSignal): Promise<Read<P>> {
  return (await call('get', path, { params: where, signal })) as Read<P>;
}

export function useRead<P extends With<'get'>>(
  path: P,
  where: Where<Op<P, 'get'>> = {},
  options: { enabled?: boolean; refetchInterval?: number | false; staleTime?: number; keep?: boolean; long?: boolean } = {},
) {
  // What takes the server long is not given up when somebody looks at another screen meanwhile.
  const { keep, long, ...rest } = options;
  return useQuery<Read<P>, ApiError>({
    queryKey: [path, where],
    queryFn: long ? () => read(path, where) : ({ signal }) => read(path, where, signal),
    placeholderData: keep ? (before) => before as never : undefined,
    ...rest,
  });
}

type Method = 'post' | 'put' | 'patch' | 'delete';
export interface Sent<O> {
  path?: PathOf<O>;
  body?: BodyOf<O>;
  query?: QueryOf<O>;
  /** The revision that was seen; the server refuses if there is a newer one. */
  revision?: number | string;
}

export async function sendTo<M extends Method, P extends With<M>>(method: M, path: P, sent: Sent<Op<P, M>> = {}, signal?: AbortSignal): Promise<ReplyOf<Op<P, M>>> {
  const headers = sent.revision === undefined ? undefined : { 'If-Match': `"${sent.revision}"` };
  return (await call(method, path, { params: { path: sent.path, query: sent.query }, body: sent.body, headers, signal })) as ReplyOf<Op<P, M>>;
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

interface Page<T> { items: T[]; next_cursor?: string | null; total?: number | null }

/** A list by cursor: pages are appended as the reader scrolls. */
export function useMore<T, L extends Page<T> = Page<T>>(key: readonly unknown[], page: (cursor: string | undefined, signal: AbortSignal) => Promise<L>, enabled = true) {
  return useInfiniteQuery<L, ApiError, { items: T[]; total: number | null; first: L }, readonly unknown[], string | undefined>({
    queryKey: key,
    enabled,
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: (data) => ({ items: data.pages.flatMap((one) => one.items), total: data.pages[0]?.total ?? null, first: data.pages[0]! }),
  });
}

type ItemOf<P extends With<'get'>> = Read<P> extends { items: (infer T)[] } ? T : never;

/** A list of the API in parts: the next one comes as the reader goes on. `more` is what a table takes. */
export function useListed<P extends With<'get'>>(path: P, query: object = {}) {
  const list = useMore<ItemOf<P>>([path, 'parts', query], async (cursor, signal) => (await read(path, { query: { ...query, limit: 100, cursor } } as never, signal)) as unknown as Page<ItemOf<P>>);
  return { ...list, more: { has: list.hasNextPage, busy: list.isFetchingNextPage, load: () => void list.fetchNextPage() } };
}
