// A decision tree by the places of its branches: what is shown line by line, and every change as a new tree.
import type { DecisionTree, Outcome, TableCell, TreeBranch, TreeElse, TreeLevel } from '../../shared/api/document';

/** From the root down: the n-th branch of a level, or its else. */
export type Way = readonly (number | 'else')[];
export type Node = TreeBranch & TreeElse;

export interface Line {
  way: Way;
  key: string;
  node: Node;
  depth: number;
  isLeaf: boolean;
  isOpen: boolean;
  /** The value that an `is` of this branch tests. */
  value?: string;
  place: number;
  of: number;
}

export const keyOf = (way: Way) => way.join('.');
const steps = (way: Way) => way.flatMap((one) => (one === 'else' ? ['else'] : ['branches', one]));

/** As findings and hits name it: `decision_trees.NAME.branches[0].else`. */
export function pathOf(name: string, way: Way): string {
  return `decision_trees.${name}${way.map((one) => (one === 'else' ? '.else' : `.branches[${one}]`)).join('')}`;
}

/** The way that a finding's path begins with; the rest of the path is what is wrong there. */
export function wayOf(name: string, path: string | null | undefined): Way | null {
  const root = `decision_trees.${name}`;
  if (path !== root && !path?.startsWith(`${root}.`)) return null;
  const way: (number | 'else')[] = [];
  for (let rest = path.slice(root.length); ;) {
    const match = /^\.(?:else|branches\[(\d+)\])/.exec(rest);
    if (!match) return way;
    way.push(match[1] === undefined ? 'else' : Number(match[1]));
    rest = rest.slice(match[0].length);
  }
}

export function nodeAt(tree: DecisionTree, way: Way): Node | undefined {
  let at: unknown = tree;
  for (const step of steps(way)) at = (at as Record<string | number, unknown> | undefined)?.[step];
  return at as Node | undefined;
}

export const isLeaf = (node: TreeLevel) => !node.branches?.length;

/** The lines of the outline; what is folded shows no lines below. The root is the first. */
export function linesOf(tree: DecisionTree, folded: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  const walk = (node: Node, way: Way, value: string | undefined, place: number, of: number) => {
    const key = keyOf(way);
    const leaf = isLeaf(node);
    const isOpen = !leaf && !folded.has(key);
    lines.push({ way, key, node, depth: way.length, isLeaf: leaf, isOpen, value, place, of });
    if (!isOpen) return;
    const below = node.value ?? value;
    const n = node.branches!.length + (node.else ? 1 : 0);
    node.branches!.forEach((branch, at) => walk(branch, [...way, at], below, at + 1, n));
    if (node.else) walk(node.else, [...way, 'else'], below, n, n);
  };
  walk(tree as Node, [], undefined, 1, 1);
  return lines;
}

/** Each way to a leaf, as one rule. */
export function rulesOf(tree: DecisionTree): { way: Way; lines: Line[]; gives: Outcome | undefined }[] {
  const all = linesOf(tree, new Set());
  const by = new Map(all.map((line) => [line.key, line]));
  return all.filter((line) => line.isLeaf && line.depth > 0).map((line) => ({ way: line.way, lines: line.way.map((_, at) => by.get(keyOf(line.way.slice(0, at + 1)))!), gives: line.node.gives }));
}

function clean<T extends object>(node: T): T {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined)) as T;
}

export function change(tree: DecisionTree, way: Way, to: (node: Node) => Node): DecisionTree {
  const walk = (node: Node, rest: Way): Node => {
    const [step, ...below] = rest;
    if (step === undefined) return clean(to(node));
    if (step === 'else') return { ...node, else: walk((node.else ?? {}) as Node, below) };
    return { ...node, branches: node.branches?.map((branch, at) => (at === step ? walk(branch as Node, below) : branch)) };
  };
  return walk(tree as Node, way) as DecisionTree;
}

/** What a new leaf gives: of the kind that the other leaves give. */
function like(tree: DecisionTree): Outcome {
  const given = rulesOf(tree).map((rule) => rule.gives).find((one) => one !== undefined && one !== null);
  return typeof given === 'number' ? 0 : given ?? '';
}

/** A branch more below a place, and its way; a leaf becomes a split that still gives what it gave to everybody else. */
export function addBranch(tree: DecisionTree, way: Way): [DecisionTree, Way] {
  const node = nodeAt(tree, way);
  if (!node) return [tree, way];
  const tested = node.value ?? valueFor(tree, way);
  const branch: TreeBranch = { ...(tested ? { is: '-' as TableCell } : { when: { all: [] } }), gives: like(tree) };
  const at = node.branches?.length ?? 0;
  const next = change(tree, way, ({ gives, ...rest }) => ({ ...rest, branches: [...(rest.branches ?? []), branch], else: rest.else ?? (way.length > 0 && isLeaf(node) ? { gives: gives ?? like(tree) } : undefined) }));
  return [next, [...way, at]];
}

/** Who is taken by none of the branches. */
export function addElse(tree: DecisionTree, way: Way): [DecisionTree, Way] {
  return [change(tree, way, (node) => (isLeaf(node) || node.else ? node : { ...node, else: { gives: like(tree) } })), [...way, 'else']];
}

/** Without a branch and all below it. A level that loses its last branch gives what everybody else was given. */
export function remove(tree: DecisionTree, way: Way): [DecisionTree, Way] {
  const step = way.at(-1);
  const up = way.slice(0, -1);
  const above = nodeAt(tree, up);
  if (step === undefined || !above) return [tree, way];
  if (step === 'else') return [change(tree, up, ({ else: _, ...rest }) => rest), up];
  const left = above.branches!.filter((_, at) => at !== step);
  if (left.length > 0) return [change(tree, up, (node) => ({ ...node, branches: left })), [...up, Math.min(step, left.length - 1)]];
  if (up.length === 0) return [tree, way];
  return [change(tree, up, ({ branches: _, else: otherwise, value: _value, ...rest }) => {
    const { title: _title, ...below } = otherwise ?? {};
    return otherwise ? { ...rest, ...below } : { ...rest, gives: like(tree) };
  }), up];
}

/** A branch one place up or down among those beside it. */
export function move(tree: DecisionTree, way: Way, by: -1 | 1): [DecisionTree, Way] {
  const step = way.at(-1);
  const up = way.slice(0, -1);
  const beside = nodeAt(tree, up)?.branches ?? [];
  if (typeof step !== 'number' || step + by < 0 || step + by >= beside.length) return [tree, way];
  const next = [...beside];
  next.splice(step + by, 0, ...next.splice(step, 1));
  return [change(tree, up, (node) => ({ ...node, branches: next })), [...up, step + by]];
}

export function duplicate(tree: DecisionTree, way: Way): [DecisionTree, Way] {
  const step = way.at(-1);
  const up = way.slice(0, -1);
  if (typeof step !== 'number') return [tree, way];
  return [change(tree, up, (node) => ({ ...node, branches: [...node.branches!.slice(0, step + 1), node.branches![step]!, ...node.branches!.slice(step + 1)] })), [...up, step + 1]];
}

/** The value that the branches at a place test, if a level above names one. */
export function valueFor(tree: DecisionTree, way: Way): string | undefined {
  for (let n = way.length - 1; n >= 0; n -= 1) {
    const value = nodeAt(tree, way.slice(0, n))?.value;
    if (value !== undefined) return value;
  }
  return undefined;
}

export function beginning(indicator: string | undefined): DecisionTree {
  return { branches: [{ when: indicator ? { value: indicator, at_least: 1 } : { all: [] }, gives: 'A' }], else: { gives: 'B' } };
}
