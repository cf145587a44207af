// Saaty's scale as steps from -8 to 8: 0 is equal, 4 is five times as important, -4 a fifth. What follows from the
// comparisons is the server's to compute; here they are only kept, moved and written.

export const MOST = 8;
export const valueOf = (step: number) => (step >= 0 ? step + 1 : 1 / (1 - step));
export const sayStep = (step: number) => (step >= 0 ? String(step + 1) : `1/${1 - step}`);
export const within = (step: number) => Math.max(-MOST, Math.min(MOST, Math.round(step)));

/** The step whose value is nearest to a ratio, on a scale where twice and half are equally far. */
export function nearest(ratio: number): number {
  if (!(ratio > 0) || !Number.isFinite(ratio)) return ratio > 0 ? MOST : 0;
  let best = 0;
  for (let step = -MOST; step <= MOST; step += 1) if (Math.abs(Math.log(valueOf(step) / ratio)) < Math.abs(Math.log(valueOf(best) / ratio)) - 1e-9) best = step;
  return best;
}

/** Steps of the pairs above the diagonal, by `first second`. */
export type Steps = Record<string, number>;
const key = (a: string, b: string) => `${a} ${b}`;
export const stepOf = (steps: Steps, names: string[], i: number, j: number) => (i === j ? 0 : i < j ? (steps[key(names[i]!, names[j]!)] ?? 0) : 0 - (steps[key(names[j]!, names[i]!)] ?? 0));
export function withStep(steps: Steps, names: string[], i: number, j: number, step: number): Steps {
  const next = within(step);
  return i < j ? { ...steps, [key(names[i]!, names[j]!)]: next } : { ...steps, [key(names[j]!, names[i]!)]: 0 - next };
}

/** As the present weights have it: where one of two weighs nothing, the pair says nothing. */
export function fromWeights(names: string[], weights: number[]): Steps {
  const out: Steps = {};
  names.forEach((a, i) => names.slice(i + 1).forEach((b, at) => { const [one, other] = [weights[i]!, weights[i + 1 + at]!]; out[key(a, b)] = one > 0 && other > 0 ? nearest(one / other) : 0; }));
  return out;
}

export const matrixOf = (steps: Steps, names: string[]) => names.map((_, i) => names.map((__, j) => valueOf(stepOf(steps, names, i, j))));

/** What a key does to a cell; null: nothing. */
export function pressed(pressedKey: string, step: number): number | null {
  if (pressedKey === 'ArrowUp' || pressedKey === 'ArrowRight') return within(step + 1);
  if (pressedKey === 'ArrowDown' || pressedKey === 'ArrowLeft') return within(step - 1);
  if (pressedKey === 'Home') return -MOST;
  if (pressedKey === 'End') return MOST;
  if (pressedKey === '/') return 0 - step;
  return /^[1-9]$/.test(pressedKey) ? Number(pressedKey) - 1 : null;
}

/** Weights with three digits that still add up to one: the rest goes to those that rounding took most from. */
export function rounded(weights: number[]): number[] {
  const total = weights.reduce((sum, one) => sum + one, 0) || 1;
  const thousandths = weights.map((one) => (one / total) * 1000);
  const floors = thousandths.map(Math.floor);
  const short = 1000 - floors.reduce((sum, one) => sum + one, 0);
  const order = thousandths.map((one, at) => ({ at, rest: one - Math.floor(one) })).sort((a, b) => b.rest - a.rest || a.at - b.at);
  order.slice(0, short).forEach(({ at }) => { floors[at]! += 1; });
  return floors.map((one) => one / 1000);
}
