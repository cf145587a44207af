// Bins and bands at cuts that were found.
import type { Bin } from '../api/document';

/** Cuts as people read them: no more digits than tell neighbours apart, never so few that two of them fall together. */
export function rounded(cuts: number[]): number[] {
  for (let digits = 2; digits <= 10; digits += 1) {
    const next = cuts.map((cut) => Number(cut.toPrecision(digits)));
    const gaps = cuts.map((cut, at) => Math.min(at > 0 ? cut - cuts[at - 1]! : Infinity, at < cuts.length - 1 ? cuts[at + 1]! - cut : Infinity, Math.abs(cut) || 1));
    if (next.every((cut, at) => (at === 0 || cut > next[at - 1]!) && Math.abs(cut - cuts[at]!) <= gaps[at]! * 0.05)) return next;
  }
  return cuts;
}

/** Ranges at these cuts. Points stay where there are as many bins as before; else they go evenly from the first to the last. What is no range stays behind them. */
export function binsAt(cuts: number[], before: Bin[]): Bin[] {
  const ranges = before.filter((bin) => !bin.in && !bin.else);
  const rest = before.filter((bin) => bin.in || bin.else);
  const n = cuts.length + 1;
  const [first, last] = [Number(ranges[0]?.points ?? 0), Number(ranges.at(-1)?.points ?? 100)];
  const points = (at: number) => (ranges.length === n ? ranges[at]!.points : n === 1 ? first : Math.round(first + ((last - first) * at) / (n - 1)));
  return [...Array.from({ length: n }, (_, at): Bin => ({
    ...(ranges.length === n && ranges[at]!.title !== undefined ? { title: ranges[at]!.title } : {}),
    ...(at > 0 ? { from: cuts[at - 1] } : {}), ...(at < cuts.length ? { below: cuts[at] } : {}), points: points(at),
  })), ...rest];
}
