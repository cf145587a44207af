import { useNavigate } from '@tanstack/react-router';
import { rangesText, type Range } from './ranges';

/** Opens the customers of a range, or of several at once; those of an earlier grading, if it is named. */
export function useOpen(asOf?: string) {
  const navigate = useNavigate();
  return (...ranges: (Range | null | undefined)[]) => void navigate({ to: '/customers', search: { ranges: rangesText(ranges), ...(asOf ? { as_of: asOf } : {}) } });
}
