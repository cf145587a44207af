// Rules of a file, put into the draft: only what was chosen, nothing replaced unasked.
import { describe, expect, it } from 'vitest';
import { broughtBy, merged } from '../src/shared/rules/part';
import type { ModelDocument } from '../src/shared/api/document';

const mine: ModelDocument = { gradus: 1, indicators: { orders: { kind: 'orders' } }, decision_tables: { level: { outputs: { o: {} }, rows: [] } } };
const part: ModelDocument = { gradus: 1, decision_tables: { level: { outputs: { other: {} }, rows: [{ then: [1] }] }, gift: { outputs: { o: {} }, rows: [] } }, flows: { all: { steps: { a: { use: 'gift' } } } } };

describe('what a file brings', () => {
  it('is listed, with what is here already', () => {
    expect(broughtBy(part, mine).map((one) => [one.section, one.name, one.isTaken])).toEqual([['decision_tables', 'level', true], ['decision_tables', 'gift', false], ['flows', 'all', false]]);
  });

  it('is taken as it was chosen, and leaves the rest of the draft', () => {
    const next = merged(mine, part, (one) => one.name !== 'level', { spend: 'orders * 2', age: '' });
    expect(next.decision_tables).toEqual({ level: mine.decision_tables!.level, gift: part.decision_tables!.gift });
    expect(next.flows).toEqual(part.flows);
    expect(next.indicators).toEqual({ orders: { kind: 'orders' }, spend: { kind: 'formula', of: 'orders * 2' } });
    expect(mine.decision_tables!.gift).toBe(undefined);
    expect(merged(mine, part, () => true, {}).decision_tables!.level).toEqual(part.decision_tables!.level);
  });
});
