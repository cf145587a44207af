// A cross table as one sheet: both directions, their names and the cells are typed, pasted and moved as one.
import { describe, expect, it } from 'vitest';
import { addInput, beginning, depths, frameOf, insertBand, marksOf, moveBands, placeOf, put, removeBands, removeInput, spotOf, spotText } from '../src/features/cross-tables/cross';
import type { CrossTable } from '../src/shared/api/document';

const table: CrossTable = {
  rows: { inputs: { spend: {}, orders: {} }, bands: [{ title: { en: 'loyal' }, when: ['>= 100', '>= 2'] }, { when: ['-', '-'] }] },
  columns: { inputs: { town: {} }, bands: [{ when: ['"Paris"'] }, { when: ['-'] }] },
  cells: [[5, 4], [1, { sql: 'spend / 2' }]],
};
const plain = frameOf(table, false);
const titled = frameOf(table, true);
const words = (of: CrossTable, frame = plain) => Array.from({ length: frame.above + of.rows.bands.length }, (_, row) => Array.from({ length: frame.left + of.columns.bands.length }, (__, column) => spotText(of, spotOf(frame, row, column), 'en')));
const noText = () => false;

describe('the sheet', () => {
  it('has the conditions around the cells', () => {
    expect(words(table)).toEqual([['', '', '"Paris"', '-'], ['>= 100', '>= 2', '5', '4'], ['-', '-', '1', '=spend / 2']]);
    expect(words(table, titled)[1]).toEqual(['', '', '', '"Paris"', '-']);
    expect(words(table, titled)[2]).toEqual(['loyal', '>= 100', '>= 2', '5', '4']);
  });

  it('takes a whole block from a spreadsheet, and grows both ways', () => {
    const next = put(table, plain, 0, 2, [['Paris', 'Rome', '-'], ['7', '8', '9'], ['4', '5', '6'], ['1', '2', '3']], 'en', (side) => side === 'columns');
    expect(next.columns.bands.map((band) => band.when)).toEqual([['"Paris"'], ['"Rome"'], ['-']]);
    expect(next.cells).toEqual([[7, 8, 9], [4, 5, 6], [1, 2, 3]]);
    expect(next.rows.bands[2]).toEqual({ when: ['-', '-'] });
    expect(table.cells).toEqual([[5, 4], [1, { sql: 'spend / 2' }]]);
  });

  it('names bands in the reader\'s language and keeps the other', () => {
    const next = put(table, titled, 2, 0, [['treu']], 'zh', noText);
    expect(next.rows.bands[0]!.title).toEqual({ en: 'loyal', zh: 'treu' });
    expect(put(table, titled, 2, 0, [['']], 'en', noText).rows.bands[0]).toEqual({ when: ['>= 100', '>= 2'] });
  });

  it('lets nothing be written into the corner', () => {
    expect(put(table, plain, 0, 0, [['x', 'y']], 'en', noText)).toEqual(table);
  });
});

describe('bands', () => {
  it('bring and take their cells along', () => {
    expect(insertBand(table, 'columns', 1).cells).toEqual([[5, null, 4], [1, null, { sql: 'spend / 2' }]]);
    expect(removeBands(table, 'rows', 0, 0)).toMatchObject({ cells: [[1, { sql: 'spend / 2' }]], rows: { bands: [{ when: ['-', '-'] }] } });
    expect(moveBands(table, 'columns', 0, 0, 1).cells).toEqual([[4, 5], [{ sql: 'spend / 2' }, 1]]);
    expect(moveBands(table, 'rows', 0, 0, -1)).toBe(table);
  });

  it('are never taken out to the last', () => {
    expect(removeBands(table, 'rows', 0, 1)).toBe(table);
  });

  it('have one test for each thing that is looked at', () => {
    const wide = addInput(table, 'columns', 'spend');
    expect(wide.columns).toEqual({ inputs: { town: {}, spend: {} }, bands: [{ when: ['"Paris"', '-'] }, { when: ['-', '-'] }] });
    expect(removeInput(wide, 'columns', 'spend')).toEqual(table);
    expect(removeInput(table, 'columns', 'town')).toBe(table);
    expect(addInput(table, 'rows', 'spend').rows.inputs.spend_2).toEqual({ value: 'spend' });
  });
});

describe('findings', () => {
  const finding = (path: string) => ({ severity: 'error', code: 'x', path, message: { zh: 'z', en: 'e' }, hint: { zh: '', en: 'h' } });
  it('stand at their cell or band', () => {
    expect(placeOf('cross_tables.care.cells[1][0]', plain)).toEqual({ row: 2, column: 2 });
    expect(placeOf('cross_tables.care.rows.bands[1].when[1]', titled)).toEqual({ row: 3, column: 2 });
    expect(placeOf('cross_tables.care.columns.bands[1].when[0]', plain)).toEqual({ row: 0, column: 3 });
    expect(placeOf('cross_tables.care.otherwise', plain)).toBe(null);
    const marks = marksOf([finding('cross_tables.care.cells[0][1]'), finding('cross_tables.careless.cells[0][1]')], 'cross_tables.care', plain, 'en');
    expect([...marks.entries()]).toEqual([[1, [{ severity: 'error', text: 'e h', column: 3 }]]]);
  });
});

it('colours numbers by how large they are among the others', () => {
  const deep = depths(table);
  expect([deep(0, 0), deep(0, 1), deep(1, 0), deep(1, 1)]).toEqual([1, 0.75, 0, undefined]);
});

it('begins with two bands each way', () => {
  expect(words(beginning(['spend', 'orders']), frameOf(beginning(['spend', 'orders']), false))).toEqual([['', '>= 1', '-'], ['>= 1', '2', '1'], ['-', '1', '0']]);
});
