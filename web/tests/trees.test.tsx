// @vitest-environment jsdom
// A decision tree: what each key and button makes of it, and how it is read aloud.
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addBranch, addElse, duplicate, keyOf, linesOf, move, nodeAt, pathOf, remove, rulesOf, wayOf, type Way } from '../src/features/trees/nodes';
import { Outline } from '../src/features/trees/Outline';
import { sayBranch } from '../src/features/trees/say';
import type { DecisionTree } from '../src/shared/api/document';
import { setLang } from '../src/shared/i18n/language';

vi.mock('../src/shared/catalogue', () => ({ useCatalogue: () => undefined }));
vi.mock('../src/shared/session', () => ({ useFormat: () => ({ lang: 'en', count: (n: number) => String(n) }), useLang: () => 'en' }));
afterEach(cleanup);

const tree: DecisionTree = {
  value: 'age',
  branches: [
    { is: '< 18', gives: 'young' },
    { when: 'orders >= 2', value: 'spend', branches: [{ is: '[20..100)', gives: 'low' }, { is: '>= 100', gives: 'high' }], else: { gives: 'none' } },
  ],
  else: { gives: 'rest' },
};
const all = (of: DecisionTree, folded = new Set<string>()) => linesOf(of, folded).map((line) => line.key);

describe('the lines of a tree', () => {
  it('come from the root down, and fold', () => {
    expect(all(tree)).toEqual(['', '0', '1', '1.0', '1.1', '1.else', 'else']);
    expect(all(tree, new Set(['1']))).toEqual(['', '0', '1', 'else']);
    expect(linesOf(tree, new Set()).map((line) => line.value)).toEqual([undefined, 'age', 'age', 'spend', 'spend', 'spend', 'age']);
  });

  it('are each a way to a leaf, in words', () => {
    expect(rulesOf(tree).map((rule) => rule.gives)).toEqual(['young', 'low', 'high', 'none', 'rest']);
    const said = linesOf(tree, new Set()).map((line) => sayBranch(line, 'en', undefined));
    expect(said).toEqual(['', 'age < 18', 'orders ≥ 2', 'spend in [20..100)', 'spend ≥ 100', '', '']);
  });

  it('have the paths by which findings and hits name them', () => {
    expect(pathOf('risk', [1, 'else'])).toBe('decision_trees.risk.branches[1].else');
    expect(wayOf('risk', 'decision_trees.risk.branches[1].branches[0].when')).toEqual([1, 0]);
    expect(wayOf('risk', 'decision_trees.risk')).toEqual([]);
    expect(wayOf('risk', 'decision_trees.risky.branches[0]')).toBe(null);
  });
});

describe('a change', () => {
  const way = (at: Way) => keyOf(at);
  it('adds a branch that asks as the others do', () => {
    const [next, to] = addBranch(tree, []);
    expect(way(to)).toBe('2');
    expect(next.branches[2]).toEqual({ is: '-', gives: 'young' });
    expect(next.else).toEqual({ gives: 'rest' });
  });

  it('makes a leaf a split that still gives what it gave', () => {
    const [next, to] = addBranch(tree, [0]);
    expect(way(to)).toBe('0.0');
    expect(next.branches[0]).toEqual({ is: '< 18', branches: [{ is: '-', gives: 'young' }], else: { gives: 'young' } });
  });

  it('takes out a branch; a level without branches becomes what its else gave', () => {
    expect(all(remove(tree, [1])[0])).toEqual(['', '0', 'else']);
    const [once] = remove(tree, [1, 0]);
    const [twice, to] = remove(once, [1, 0]);
    expect(nodeAt(twice, [1])).toEqual({ when: 'orders >= 2', gives: 'none' });
    expect(way(to)).toBe('1');
    expect(remove(tree, [1, 'else'])[0].branches[1]!.else).toBe(undefined);
  });

  it('leaves the last branch of the root', () => {
    const small: DecisionTree = { branches: [{ when: 'a', gives: 1 }] };
    expect(remove(small, [0])[0]).toBe(small);
  });

  it('moves and doubles branches, never beyond the edge', () => {
    const [next, to] = move(tree, [1], -1);
    expect(way(to)).toBe('0');
    expect(next.branches[1]).toBe(tree.branches[0]);
    expect(move(tree, [1], 1)[0]).toBe(tree);
    expect(move(tree, ['else'], -1)[0]).toBe(tree);
    expect(duplicate(tree, [1, 0])[0].branches[1]!.branches!.map((one) => one.gives)).toEqual(['low', 'low', 'high']);
  });

  it('adds an otherwise only where there is none', () => {
    const { else: _, ...open } = tree;
    expect(addElse(open, [])[0].else).toEqual({ gives: 'young' });
    expect(addElse(tree, [])[0]).toEqual(tree);
  });
});

describe('the outline', () => {
  const show = (chosen: Way, over: Partial<Parameters<typeof Outline>[0]> = {}) => {
    const told = { onChoose: vi.fn(), onFold: vi.fn(), onMove: vi.fn(), onAdd: vi.fn(), onRemove: vi.fn(), onEdit: vi.fn() };
    Element.prototype.scrollIntoView = () => {};
    render(<Outline lines={linesOf(tree, new Set())} chosen={chosen} findingsOf={() => []} people={() => undefined} fires={() => false} {...told} {...over} />);
    return told;
  };

  it('is a tree for screen readers, with levels and places', () => {
    setLang('en', false);
    show([1, 0], { people: (way) => (keyOf(way) === '1.0' ? 12 : undefined), fires: (way) => keyOf(way) === '1.0' });
    const items = screen.getAllByRole('treeitem');
    expect(items.map((item) => item.getAttribute('aria-level'))).toEqual(['1', '2', '2', '3', '3', '3', '2']);
    const chosen = screen.getByRole('treeitem', { selected: true });
    expect(chosen.textContent).toContain('spend in [20..100)');
    expect(chosen.textContent).toContain('12');
    expect(chosen.getAttribute('aria-posinset')).toBe('1');
    expect(chosen.className).toContain('fires');
    expect(screen.getByRole('tree').getAttribute('aria-activedescendant')).toBe(chosen.id);
  });

  it('is gone through, folded and changed by the keyboard', async () => {
    const told = show([1]);
    screen.getByRole('tree').focus();
    await userEvent.keyboard('{ArrowDown}');
    expect(told.onChoose).toHaveBeenLastCalledWith([1, 0]);
    await userEvent.keyboard('{ArrowLeft}');
    expect(told.onFold).toHaveBeenLastCalledWith('1', true);
    await userEvent.keyboard('{Alt>}{ArrowUp}{/Alt}');
    expect(told.onMove).toHaveBeenLastCalledWith(-1);
    await userEvent.keyboard('{Insert}{Delete}{Enter}');
    expect([told.onAdd.mock.calls.length, told.onRemove.mock.calls.length, told.onEdit.mock.calls.length]).toEqual([1, 1, 1]);
  });
});
