// What a person reads and types in a cell of a rule, and what the document keeps of it.
import type { Outcome, TableCell } from '../api/document';

/** A test as one reads it; what is not tested is a dash. */
export function testText(cell: TableCell | undefined | null): string {
  if (cell === undefined || cell === null) return '-';
  return typeof cell === 'object' ? `=${cell.sql}` : cell;
}

/** What is given, as one reads it; nothing is nothing. */
export function outcomeText(value: Outcome | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') return `=${value.sql}`;
  // A text that reads like something else is kept in quotes, so that it comes back as a text.
  if (typeof value === 'string' && typeof outcomeOf(value) !== 'string') return `"${value}"`;
  return String(value);
}

/** What a spreadsheet calls a test: nothing is anything; a word in a column of words needs no quotes. */
export function testOf(text: string, isText = false): TableCell {
  if (text === '' || text === '－' || text === '—' || text === '*') return '-';
  if (text.startsWith('=')) return { sql: text.slice(1).trim() };
  if (!isText || text === '-' || /["“”()[\]<>]|^not\b|^null$/.test(text)) return text.replace(/[“”]/g, '"').replace(/，/g, ',').replace(/≥/g, '>=').replace(/≤/g, '<=');
  return text.split(/[,，、]/).map((one) => one.trim()).filter(Boolean).map((one) => `"${one}"`).join(', ');
}

/** A number, true, false, an expression after =, else a text; nothing gives nothing. */
export function outcomeOf(text: string): Outcome {
  if (text === '') return null;
  if (text.startsWith('=')) return { sql: text.slice(1).trim() };
  if (/^".*"$/s.test(text)) return text.slice(1, -1);
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  // Spreadsheets write 1,234.5; what would lose digits stays what was written.
  const plain = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replace(/,/g, '') : text;
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) && plain.length < 17 ? Number(plain) : text;
}
