// A decision table as a sheet: what is typed or pasted is kept as the document writes it, and comes back as it was.
import { describe, expect, it } from 'vitest';
import { addInput, addOutput, cellText, columnsOf, fill, find, insertRows, marksOf, moveRows, padded, placeOf, put, removeColumn, removeRows, shortRows, withCell, type Table } from '../src/features/tables/cells';
import { copied, filled, pasted } from '../src/shared/sheet/clipboard';
import { outcomeOf, testOf } from '../src/shared/sheet/notation';

const table: Table = {
  hit: 'first',
  inputs: { city: {}, age: { value: 'age_years' } },
  outputs: { service: {}, points: {} },
  rows: [
    { when: ['"Rome"', '< 18'], then: ['call', 5] },
    { when: ['-', { sql: 'age > 3 * 6' }], then: [{ sql: "concat(city, '!')" }, null] },
  ],
};
const columns = columnsOf(table, true, (value) => value === 'city');
const cells = (of: Table) => of.rows.map((row) => columns.map((column) => cellText(row, column)));

describe('a row with too few cells', () => {
  const ragged: Table = { ...table, rows: [...table.rows, { when: ['"Oslo"'], then: ['mail', 1] }, { then: ['mail'] }] };

  it('is known, and marked where the first one is missing', () => {
    expect(shortRows(table)).toEqual([]);
    expect(shortRows(ragged)).toEqual([2, 3]);
    const finding = { code: 'table-row-length', severity: 'error' as const, path: 'decision_tables.deal.rows[2].when', message: { zh: '少', en: 'too few' }, hint: null };
    const marks = marksOf([finding as never], 'decision_tables.deal', columns, 'en', ragged.rows);
    expect([...marks]).toEqual([[2, [{ severity: 'error', text: 'too few', column: 1 }]]]);
  });

  it('is filled with what tests nothing and gives nothing; others stay what they are', () => {
    const whole = padded(ragged);
    expect(shortRows(whole)).toEqual([]);
    expect(whole.rows.slice(2)).toEqual([{ when: ['"Oslo"', '-'], then: ['mail', 1] }, { when: ['-', '-'], then: ['mail', null] }]);
    expect(whole.rows[0]).toBe(table.rows[0]);
  });
});

describe('a cell', () => {
  it('says what the document holds', () => {
    expect(columns.map((one) => one.kind)).toEqual(['when', 'when', 'then', 'then', 'from', 'until']);
    expect(cells(table)).toEqual([['"Rome"', '< 18', 'call', '5', '', ''], ['-', '=age > 3 * 6', "=concat(city, '!')", '', '', '']]);
  });

  it.each(['call', '5', '-2.5', '=a + b', '', 'true', '"12"', '"true"', '1,000 items', '00123456789012345678'])('result %s comes back as it was typed', (typed) => {
    const row = withCell(table.rows[0]!, columns[2]!, typed, { when: 2, then: 2 });
    expect(cellText(row, columns[2]!)).toBe(typed);
  });

  it('knows numbers, texts, truths and formulas', () => {
    expect(['7', '1,234.5', 'gold', '"7"', 'TRUE', '=x', ''].map(outcomeOf)).toEqual([7, 1234.5, 'gold', '7', true, { sql: 'x' }, null]);
    expect(withCell(table.rows[0]!, columns[3]!, '"7"', { when: 2, then: 2 }).then[1]).toBe('7');
  });

  it('puts quotes around words where words are compared, and leaves the notation alone', () => {
    expect(['上海、北京', 'Rome, Paris', '"Rome"', 'not(null)', '-', ''].map((text) => testOf(text, true))).toEqual(['"上海", "北京"', '"Rome", "Paris"', '"Rome"', 'not(null)', '-', '-']);
    expect(['[18..65)', '≥ 18', '“金”', '= a > b'].map((text) => testOf(text))).toEqual(['[18..65)', '>= 18', '"金"', { sql: 'a > b' }]);
  });

  it('has dates only where somebody gave them', () => {
    const dated = withCell(table.rows[0]!, columns[4]!, '2026-12-01', { when: 2, then: 2 });
    expect(dated.from).toBe('2026-12-01');
    expect('from' in withCell(dated, columns[4]!, '', { when: 2, then: 2 })).toBe(false);
  });
});

describe('the clipboard', () => {
  it('is taken as spreadsheets write it', () => {
    expect(pasted('a\tb\r\nc\td\r\n')).toEqual([['a', 'b'], ['c', 'd']]);
    expect(pasted('"two\nlines"\t"a ""word"""\n"Rome", "Paris"\t"Oslo"')).toEqual([['two\nlines', 'a "word"'], ['"Rome", "Paris"', '"Oslo"']]);
    expect(pasted('')).toEqual([['']]);
  });

  it('brings back what was copied', () => {
    const area = { top: 0, left: 0, bottom: 1, right: 3 };
    const again = put({ ...table, rows: [] }, columns, 0, 0, pasted(copied(filled(area, (row, column) => cellText(table.rows[row]!, columns[column]!)))));
    expect(again.rows).toEqual(table.rows);
  });

  it('makes new rows beyond the last, and ignores what is beyond the last column', () => {
    const next = put(table, columns, 1, 4, [['2026-01-01', '2026-02-01', 'beyond'], ['2026-03-01']]);
    expect(next.rows).toHaveLength(3);
    expect(next.rows[1]).toMatchObject({ from: '2026-01-01', until: '2026-02-01', when: table.rows[1]!.when });
    expect(next.rows[2]).toEqual({ when: ['-', '-'], then: [null, null], from: '2026-03-01' });
    expect(table.rows).toHaveLength(2);
  });

  it('takes five thousand rows at once', () => {
    const text = Array.from({ length: 5000 }, (_, at) => `"City ${at}"\t>= ${at}\tmail\t${at}`).join('\n');
    const before = performance.now();
    const next = put({ ...table, rows: [] }, columns, 0, 0, pasted(text));
    expect(performance.now() - before).toBeLessThan(1000);
    expect(next.rows).toHaveLength(5000);
    expect(next.rows[4999]).toEqual({ when: ['"City 4999"', '>= 4999'], then: ['mail', 4999] });
  });
});

describe('rows and columns', () => {
  it('are filled, put in, taken out and moved', () => {
    expect(fill(table, columns, { top: 0, left: 3, bottom: 1, right: 3 }, () => '9').rows.map((row) => row.then[1])).toEqual([9, 9]);
    expect(insertRows(table, 1, [{ then: ['x', 1] }]).rows.map((row) => row.then[0])).toEqual(['call', 'x', table.rows[1]!.then[0]]);
    expect(removeRows(table, 0, 0).rows).toEqual([table.rows[1]]);
    expect(moveRows(table, 0, 0, 1).rows).toEqual([table.rows[1], table.rows[0]]);
    expect(moveRows(table, 0, 0, -1)).toBe(table);
  });

  it('keep cells and columns together', () => {
    const wide = addOutput(addInput(table, 'spend_2', 'spend'), 'note');
    expect(wide.inputs?.spend_2).toEqual({ value: 'spend' });
    expect(wide.rows[0]).toEqual({ when: ['"Rome"', '< 18', '-'], then: ['call', 5, null] });
    expect(removeColumn(removeColumn(wide, 'when', 'spend_2'), 'then', 'note')).toEqual(table);
    expect(removeColumn(table, 'when', 'city').rows[0]!.when).toEqual(['< 18']);
  });

  it('are found by what they say, round and round', () => {
    const first = find(table, columns, 'CA', { row: 0, column: 0 });
    expect(first).toEqual({ row: 0, column: 2 });
    expect(find(table, columns, 'age', first!)).toEqual({ row: 1, column: 1 });
    expect(find(table, columns, 'rome', { row: 1, column: 1 })).toEqual({ row: 0, column: 0 });
    expect(find(table, columns, 'nowhere', { row: 0, column: 0 })).toBe(null);
    expect(find({ ...table, rows: [] }, columns, 'rome', { row: 0, column: 0 })).toBe(null);
  });

  it('are found by the path of a finding', () => {
    expect(placeOf('decision_tables.service.rows[12].when[1]')).toEqual({ row: 12, kind: 'when', at: 1 });
    expect(placeOf('decision_tables.service.rows[3]')).toEqual({ row: 3, kind: undefined, at: undefined });
    expect(placeOf('decision_tables.service.inputs.age')).toBe(null);
  });
});
