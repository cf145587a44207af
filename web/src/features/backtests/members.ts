// Every figure of a back-test opens its customers, as long as they were kept.
import { useNavigate } from '@tanstack/react-router';
import { createContext, useContext } from 'react';
import type { GroupAsked } from '../../shared/api/validation';

interface Of { job: string; as_of: string }
const Kept = createContext<Of | null>(null);
export const Members = Kept.Provider;

/** Opens the customers of a group; nothing where they were not kept. */
export function useMembers(): ((which: Omit<GroupAsked, 'as_of'>) => void) | undefined {
  const of = useContext(Kept);
  const navigate = useNavigate();
  return of ? (which) => void navigate({ to: '/backtests/customers', search: { ...of, ...which } as never }) : undefined;
}
