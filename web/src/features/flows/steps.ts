// The steps of a rule flow, in order, and every change as a new flow.
import type { Flow, FlowBranch, FlowStep } from '../../shared/api/document';

export const pathOf = (name: string, step: string) => `flows.${name}.steps.${step}`;

/** Which step a finding or a hit is about. */
export function stepOf(name: string, path: string | null | undefined, steps: string[]): string | null {
  return steps.filter((step) => path === pathOf(name, step) || path?.startsWith(`${pathOf(name, step)}.`)).sort((a, b) => b.length - a.length)[0] ?? null;
}

const clean = <T extends object>(one: T): T => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as T;

export function changeStep(flow: Flow, step: string, to: (one: FlowStep) => FlowStep): Flow {
  return { ...flow, steps: Object.fromEntries(Object.entries(flow.steps).map(([key, one]) => [key, key === step ? clean(to(one)) : one])) };
}

export function addStep(flow: Flow, key: string, use: string): Flow {
  return { ...flow, steps: { ...flow.steps, [key]: { use } } };
}

/** A flow whose own result was that step's gives that of its last step again. */
export function removeStep(flow: Flow, step: string): Flow {
  const steps = Object.fromEntries(Object.entries(flow.steps).filter(([key]) => key !== step));
  const { gives, ...rest } = flow;
  return gives === undefined || gives === step ? { ...rest, steps } : { ...flow, steps };
}

/** A step to another place; the others keep their order. */
export function moveStep(flow: Flow, step: string, to: number): Flow {
  const entries = Object.entries(flow.steps);
  const from = entries.findIndex(([key]) => key === step);
  if (from < 0 || to < 0 || to >= entries.length || to === from) return flow;
  entries.splice(to, 0, ...entries.splice(from, 1));
  return { ...flow, steps: Object.fromEntries(entries) };
}

/** One use becomes branches whose rest is that use, and back. */
export function branched(step: FlowStep, on: boolean): FlowStep {
  const { use, branches, else: otherwise, ...rest } = step;
  return on ? { ...rest, branches: [{ when: { all: [] }, use: use ?? '0' }], else: use } : clean({ ...rest, use: otherwise ?? branches?.[0]?.use ?? '0' });
}

export function moveBranch(branches: FlowBranch[], at: number, by: -1 | 1): FlowBranch[] {
  if (at + by < 0 || at + by >= branches.length) return branches;
  const next = [...branches];
  next.splice(at + by, 0, ...next.splice(at, 1));
  return next;
}
