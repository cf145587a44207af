// Two people changed one draft: what each changed counts, and where both changed the same thing somebody chooses.
import { expect, it } from 'vitest';
import { differences, merged } from '../src/shared/draft/merge';
import { DraftStore } from '../src/shared/draft/store';

const base = { gradus: 1, tiers: { member: { by: 'value', levels: { silver: {}, gold: { from: 60 } } } }, segments: { loyal: { base: 'everyone', where: 'orders >= 5' } } };
const mine = structuredClone(base) as typeof base & { segments: Record<string, unknown> };
mine.tiers.member.levels.gold.from = 65;
mine.segments.fresh = { base: 'everyone', where: 'recency < 30' };
mine.segments.loyal.where = 'orders >= 6';
const theirs = structuredClone(base) as typeof base & { scorecards?: unknown };
theirs.tiers.member.levels.gold.from = 70;
theirs.segments.loyal.base = 'buyers';
theirs.scorecards = { value: {} };

it('tells who changed what, as deep as it goes', () => {
  const told = differences(base, mine, theirs).map(({ path, by }) => `${path.join('.')} ${by}`).sort();
  expect(told).toEqual(['scorecards theirs', 'segments.fresh mine', 'segments.loyal.base theirs', 'segments.loyal.where mine', 'tiers.member.levels.gold.from both']);
  expect(differences(base, mine, mine)).toEqual([]);
});

it('puts both together and asks only where both changed the same', () => {
  const asked: string[] = [];
  const one = merged(base, mine, theirs, (path) => { asked.push(path.join('.')); return 'theirs'; });
  expect(asked).toEqual(['tiers.member.levels.gold.from']);
  expect(one).toEqual({ gradus: 1, scorecards: { value: {} }, tiers: { member: { by: 'value', levels: { silver: {}, gold: { from: 70 } } } }, segments: { loyal: { base: 'buyers', where: 'orders >= 6' }, fresh: { base: 'everyone', where: 'recency < 30' } } });
  expect(merged(base, mine, theirs, () => 'mine')).toHaveProperty('tiers.member.levels.gold.from', 65);
});

it('keeps the order of levels, and what one of them removed is gone', () => {
  const levels = (...names: string[]) => Object.fromEntries(names.map((name) => [name, name === 'gold' ? { from: 60 } : {}]));
  const before = { levels: levels('bronze', 'silver', 'gold') };
  const inserted = { levels: levels('bronze', 'iron', 'silver', 'gold') };
  const removed = { levels: levels('bronze', 'gold') };
  const together = merged(before, inserted, removed, () => 'mine') as typeof before;
  expect(Object.keys(together.levels)).toEqual(['bronze', 'iron', 'gold']);
  expect(Object.keys((merged(before, removed, inserted, () => 'mine') as typeof before).levels)).toEqual(['bronze', 'iron', 'gold']);
});

it('is one unsaved step on top of what the server holds', () => {
  const store = new DraftStore();
  store.load(base as never, 7, 1, []);
  store.set(['segments', 'fresh'], {});
  const joined = merged(base, mine, theirs, () => 'mine');
  store.join(theirs as never, 8, 1, [], joined as never);
  expect(store.get()).toMatchObject({ revision: 8, saved: theirs, document: joined, past: [theirs] });
  store.undo();
  expect(store.get().document).toEqual(theirs);
  // Where nothing of ours is left there is nothing to save.
  store.join(theirs as never, 9, 1, [], theirs as never);
  expect(store.get().document).toBe(store.get().saved);
});
