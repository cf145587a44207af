import { describe, expect, it } from 'vitest';
import { placeOf, suspects } from '../src/features/quarantine/suspect';
import type { QuarantineRow } from '../src/shared/api/later';

const row = (message: string, cells: Record<string, string>): QuarantineRow => ({
  id: '1', import: 1, file: 'a.csv', row: 1, code: 'x', message: { zh: message, en: message }, expires: '2026-01-01',
  cells: Object.entries(cells).map(([column, value]) => ({ column, value, masked: false })),
});
const source = { mapping: { time: 'InvoiceDate', amount: 'cast(Quantity as decimal(18,4)) * cast(UnitPrice as decimal(18,4))' } };

describe('what a row is in quarantine for', () => {
  it('is the cell that the mapping reads', () => {
    expect(suspects(row('mapping.time: this is no date', { InvoiceDate: '8 December', Quantity: '2' }), source)).toEqual(['InvoiceDate']);
  });
  it('is the one of several that is no number', () => {
    expect(suspects(row('mapping.amount: cannot be worked out', { Quantity: 'one dozen', UnitPrice: '4.95', InvoiceDate: 'x' }), source)).toEqual(['Quantity']);
    expect(suspects(row('mapping.amount: too large', { Quantity: '1', UnitPrice: '4.95' }), source)).toEqual(['Quantity', 'UnitPrice']);
  });
  it('is nothing where nobody says so', () => {
    expect(suspects(row('the row has too few cells', { Quantity: '1' }), source)).toEqual([]);
    expect(suspects(row('mapping.order: empty', { Quantity: '1' }), source)).toEqual([]);
    expect(placeOf('隔离')).toBeNull();
  });
  it('is said without the path of a document', () => {
    expect(placeOf('mapping.time：不是日期')).toEqual({ key: 'time', rest: '不是日期' });
  });
});

it('believes the server, which knows the column, before it guesses', () => {
  const row = { id: '1', import: 1, file: 'a.csv', row: 1, code: 'x', message: { zh: 'mapping.amount: 坏', en: 'mapping.amount: bad' }, expires: '', cells: [{ column: 'price', value: 'x', masked: false }, { column: 'when', value: 'y', masked: false }] };
  expect(suspects({ ...row, column: 'when' }, { mapping: { amount: 'price' } })).toEqual(['when']);
  expect(suspects({ ...row, column: null }, { mapping: { amount: 'price' } })).toEqual(['price']);
  expect(suspects({ ...row, column: 'gone' }, { mapping: { amount: 'price' } })).toEqual(['price']);
});
