import type { QuarantineRow } from '../../shared/api/later';
import type { SourceDocument } from '../../shared/api/document';

/** What the message speaks of: `mapping.time` is the time. */
export function placeOf(message: string): { key: string; rest: string } | null {
  const found = /^mapping\.(\w+)\s*[:：]\s*/.exec(message);
  return found ? { key: found[1]!, rest: message.slice(found[0].length) } : null;
}

/** The column that the server names; else those that the mapping reads for what went wrong, of several those whose cells are no numbers. */
export function suspects(row: QuarantineRow, source: SourceDocument | undefined): string[] {
  if (row.column != null && row.cells.some((cell) => cell.column === row.column)) return [row.column];
  const key = placeOf(row.message.en)?.key;
  const formula = key ? source?.mapping?.[key] : undefined;
  if (typeof formula !== 'string') return [];
  const named = new Set(formula.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []);
  const read = row.cells.filter((cell) => named.has(cell.column));
  const wordy = read.filter((cell) => cell.value != null && Number.isNaN(Number(cell.value)));
  return (read.length > 1 && wordy.length > 0 ? wordy : read).map((cell) => cell.column);
}
