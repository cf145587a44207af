// Every operation that the page knows: as the API's document has it, else as the page waits for it.
import type { Later } from './later';
import type { paths as Landed } from './schema';

type Methods = 'get' | 'put' | 'post' | 'patch' | 'delete';
type LandedMethods<P> = P extends keyof Landed ? { [M in Methods]: Landed[P] extends Record<M, unknown> ? M : never }[Methods] : never;
type From<P, T> = P extends keyof T ? T[P] : unknown;

export type paths = { [P in keyof Landed | keyof Later]: (P extends keyof Landed ? Pick<Landed[P], LandedMethods<P> & keyof Landed[P]> : unknown) & Omit<From<P, Later>, LandedMethods<P>> };
