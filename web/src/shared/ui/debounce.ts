import { useEffect, useState } from 'react';

/** The value once it has not changed for so long. */
export function useDebounced<T>(value: T, ms: number): T {
  const [settled, settle] = useState(value);
  // What has only now been read nobody is typing: there is nothing to wait for.
  const comes = settled === null && value !== null;
  if (comes) settle(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return comes ? value : settled;
}
