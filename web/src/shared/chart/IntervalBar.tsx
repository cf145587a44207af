import type { Interval } from '../api/validation';

/** An estimate as a dot on a line from one end of its interval to the other, on a scale that its neighbours share. What it says stands beside it as a number. */
export function IntervalBar({ of, low, high, mark, tone = 'var(--accent)', width = 150 }: { of: Interval; low: number; high: number; mark?: number; tone?: string; width?: number }) {
  const span = high - low || 1;
  const x = (value: number) => 4 + ((Math.max(low, Math.min(high, value)) - low) / span) * (width - 8);
  return (
    <svg className="interval" width={width} height={18} viewBox={`0 0 ${width} 18`} aria-hidden="true">
      <line x1="4" x2={width - 4} y1="9" y2="9" stroke="var(--line)" />
      {mark !== undefined && mark >= low && mark <= high && <line x1={x(mark)} x2={x(mark)} y1="1" y2="17" stroke="var(--faint)" strokeDasharray="2 2" />}
      <line x1={x(of.low)} x2={x(of.high)} y1="9" y2="9" stroke={tone} strokeWidth="3" strokeLinecap="round" opacity="0.55" />
      <circle cx={x(of.value)} cy="9" r="4" fill={tone} />
    </svg>
  );
}

/** A scale on which all of them find room. */
export function scaleOf(all: (Interval | null | undefined)[], ...also: number[]): { low: number; high: number } {
  const known = all.filter((one): one is Interval => !!one);
  const values = [...known.flatMap((one) => [one.low, one.high]), ...also];
  if (values.length === 0) return { low: 0, high: 1 };
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? { low: low - 1, high: high + 1 } : { low, high };
}
