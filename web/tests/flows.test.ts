// A rule flow: steps in order, moved by number as by dragging, and branches that become one rule and back.
import { describe, expect, it } from 'vitest';
import { addStep, branched, changeStep, moveBranch, moveStep, removeStep, stepOf } from '../src/features/flows/steps';
import type { Flow } from '../src/shared/api/document';

const flow: Flow = { steps: { base: { use: 'deal' }, risk: { use: 'risk' }, final: { branches: [{ when: "review_risk = 'low'", use: 'review_base * 2' }], else: '0' } }, gives: 'risk' };
const order = (of: Flow) => Object.keys(of.steps);

describe('a flow', () => {
  it('keeps the order in which its steps are put', () => {
    expect(order(moveStep(flow, 'final', 0))).toEqual(['final', 'base', 'risk']);
    expect(order(moveStep(flow, 'base', 1))).toEqual(['risk', 'base', 'final']);
    expect(moveStep(flow, 'base', 3)).toBe(flow);
    expect(moveStep(flow, 'nobody', 1)).toBe(flow);
    expect(order(addStep(flow, 'more', '1'))).toEqual(['base', 'risk', 'final', 'more']);
  });

  it('gives its last step again when the step that it gave is gone', () => {
    expect(removeStep(flow, 'risk')).toEqual({ steps: { base: flow.steps.base, final: flow.steps.final } });
    expect(removeStep(flow, 'base').gives).toBe('risk');
  });

  it('turns one rule into branches and back without losing it', () => {
    const split = branched({ title: 't', use: 'deal' }, true);
    expect(split).toEqual({ title: 't', branches: [{ when: { all: [] }, use: 'deal' }], else: 'deal' });
    expect(branched(split, false)).toEqual({ title: 't', use: 'deal' });
    expect(changeStep(flow, 'base', (own) => ({ ...own, when: undefined })).steps.base).toEqual({ use: 'deal' });
  });

  it('moves branches, never beyond the edge', () => {
    const branches = [{ when: 'a', use: '1' }, { when: 'b', use: '2' }];
    expect(moveBranch(branches, 0, 1).map((one) => one.use)).toEqual(['2', '1']);
    expect(moveBranch(branches, 0, -1)).toBe(branches);
  });

  it('knows which step a finding is about, by its whole name', () => {
    const steps = ['base', 'base.more', 'risk'];
    expect(stepOf('review', 'flows.review.steps.base.use', steps)).toBe('base');
    expect(stepOf('review', 'flows.review.steps.baseline', steps)).toBe(null);
    expect(stepOf('review', 'flows.review.gives', steps)).toBe(null);
  });
});
