// A decision table as a sheet of texts: what a person reads and types in a cell, and what the document keeps of it.
import type { DecisionTable, Outcome, TableCell, TableRow } from '../../shared/api/document';
import type { Finding, Lang } from '../../shared/api/contract';
import type { Mark } from '../../shared/sheet/Sheet';
import { filled as filledArea, type Area } from '../../shared/sheet/clipboard';
import { outcomeOf, outcomeText, testOf, testText } from '../../shared/sheet/notation';

/** What a column of the sheet holds; `at` is its place among the cells or results of a row. */
export interface Column { kind: 'when' | 'then' | 'from' | 'until'; at: number; name: string; isText?: boolean }
export type Table = DecisionTable;

export function columnsOf(table: Table, dated: boolean, isText: (input: string) => boolean): Column[] {
  return [
    ...Object.keys(table.inputs ?? {}).map((name, at): Column => ({ kind: 'when', at, name, isText: isText(table.inputs?.[name]?.value ?? name) })),
    ...Object.keys(table.outputs).map((name, at): Column => ({ kind: 'then', at, name })),
    ...(dated ? (['from', 'until'] as const).map((kind): Column => ({ kind, at: 0, name: kind })) : []),
  ];
}

export function cellText(row: TableRow, column: Column): string {
  if (column.kind === 'from' || column.kind === 'until') return row[column.kind] ?? '';
  return column.kind === 'when' ? testText(row.when?.[column.at]) : outcomeText(row.then[column.at]);
}

/** A row with another text in one of its cells. */
export function withCell(row: TableRow, column: Column, typed: string, n: { when: number; then: number }): TableRow {
  const text = typed.trim();
  if (column.kind === 'from' || column.kind === 'until') {
    const next = { ...row, [column.kind]: text };
    if (!text) delete next[column.kind];
    return next;
  }
  if (column.kind === 'when') {
    const when = filled(row.when ?? [], n.when, '-' as TableCell);
    when[column.at] = testOf(text, column.isText);
    return { ...row, when };
  }
  const then = filled<Outcome>(row.then, n.then, null);
  then[column.at] = outcomeOf(text);
  return { ...row, then };
}

const filled = <T,>(cells: T[], n: number, empty: T): T[] => Array.from({ length: Math.max(n, cells.length) }, (_, at) => cells[at] ?? empty);

export function sizes(table: Table) {
  return { when: Object.keys(table.inputs ?? {}).length, then: Object.keys(table.outputs).length };
}

export function emptyRow(table: Table): TableRow {
  const n = sizes(table);
  return { when: Array.from({ length: n.when }, (): TableCell => '-'), then: Array.from({ length: n.then }, (): Outcome => null) };
}

/** Texts put into the sheet from a corner on; what reaches beyond the last row makes new rows. */
export function put(table: Table, columns: Column[], top: number, left: number, texts: string[][]): Table {
  const n = sizes(table);
  const rows = [...table.rows];
  texts.forEach((line, down) => {
    let row = rows[top + down] ?? emptyRow(table);
    line.forEach((text, along) => {
      const column = columns[left + along];
      if (column) row = withCell(row, column, text, n);
    });
    rows[top + down] = row;
  });
  return { ...table, rows };
}

/** One text in every cell of an area; a single text of the clipboard fills what is chosen, too. */
export function fill(table: Table, columns: Column[], area: Area, text: (row: number, column: number) => string): Table {
  return put(table, columns, area.top, area.left, filledArea(area, text));
}

export function insertRows(table: Table, at: number, rows: TableRow[]): Table {
  return { ...table, rows: [...table.rows.slice(0, at), ...rows, ...table.rows.slice(at)] };
}
export function removeRows(table: Table, from: number, to: number): Table {
  return { ...table, rows: table.rows.filter((_, at) => at < from || at > to) };
}
/** The rows of an area one place up or down; at the edge nothing moves. */
export function moveRows(table: Table, from: number, to: number, by: -1 | 1): Table {
  if (from + by < 0 || to + by >= table.rows.length) return table;
  const rows = [...table.rows];
  const block = rows.splice(from, to - from + 1);
  rows.splice(from + by, 0, ...block);
  return { ...table, rows };
}

/** Rows that have fewer cells than the table has columns, counted from 0. */
export function shortRows(table: Table): number[] {
  const n = sizes(table);
  return table.rows.flatMap((row, at) => ((row.when ?? []).length < n.when || row.then.length < n.then ? [at] : []));
}
/** The same table, in which what is missing tests nothing and gives nothing. */
export function padded(table: Table): Table {
  const n = sizes(table);
  return { ...table, rows: table.rows.map((row) => ((row.when ?? []).length < n.when || row.then.length < n.then ? { ...row, when: filled(row.when ?? [], n.when, '-' as TableCell), then: filled<Outcome>(row.then, n.then, null) } : row)) };
}

/** A column more, with room for it in every row. */
export function addInput(table: Table, name: string, value?: string): Table {
  const n = sizes(table).when;
  return { ...table, inputs: { ...table.inputs, [name]: value === undefined || value === name ? {} : { value } }, rows: table.rows.map((row) => ({ ...row, when: [...filled(row.when ?? [], n, '-' as TableCell).slice(0, n), '-'] })) };
}
export function addOutput(table: Table, name: string): Table {
  const n = sizes(table).then;
  return { ...table, outputs: { ...table.outputs, [name]: {} }, rows: table.rows.map((row) => ({ ...row, then: [...filled<Outcome>(row.then, n, null).slice(0, n), null] })) };
}
/** Without a column, and without what its cells said. */
export function removeColumn(table: Table, kind: 'when' | 'then', name: string): Table {
  const key = kind === 'when' ? 'inputs' : 'outputs';
  const at = Object.keys(table[key] ?? {}).indexOf(name);
  if (at < 0) return table;
  const rest = Object.fromEntries(Object.entries(table[key] ?? {}).filter(([own]) => own !== name));
  return { ...table, [key]: rest, rows: table.rows.map((row) => ({ ...row, [kind]: (row[kind] ?? []).filter((_: unknown, place: number) => place !== at) })) };
}

/** The next cell after a place that holds a text, from the beginning again after the end. */
export function find(table: Table, columns: Column[], text: string, after: { row: number; column: number }): { row: number; column: number } | null {
  const wanted = text.trim().toLowerCase();
  if (!wanted || columns.length === 0) return null;
  const n = table.rows.length * columns.length;
  for (let step = 1; step <= n; step += 1) {
    const at = (after.row * columns.length + after.column + step) % n;
    const [row, column] = [Math.floor(at / columns.length), at % columns.length];
    if (cellText(table.rows[row]!, columns[column]!).toLowerCase().includes(wanted)) return { row, column };
  }
  return null;
}

/** Which row and cell a finding is about: `decision_tables.NAME.rows[3].when[1]`, counted from 0. */
export function placeOf(path: string | null | undefined): { row: number; kind?: 'when' | 'then'; at?: number } | null {
  const match = /\.rows(?:\[(\d+)\]|\.(\d+))(?:\.(when|then)(?:\[(\d+)\]|\.(\d+))?)?/.exec(path ?? '');
  if (!match) return null;
  const at = match[4] ?? match[5];
  return { row: Number(match[1] ?? match[2]), kind: match[3] as 'when' | undefined, at: at === undefined ? undefined : Number(at) };
}

/** What findings say of the rows, by row. */
export function marksOf(findings: Finding[], path: string, columns: Column[], lang: Lang, rows: TableRow[] = []): Map<number, Mark[]> {
  const marks = new Map<number, Mark[]>();
  for (const finding of findings) {
    if (!finding.path?.startsWith(`${path}.`)) continue;
    const place = placeOf(finding.path);
    if (!place) continue;
    // Of a row with too few cells the first that is missing is shown; of one with too many, no cell is at fault.
    const at = place.at ?? (finding.code === 'table-row-length' && place.kind ? (rows[place.row]?.[place.kind]?.length ?? 0) : 0);
    const column = place.kind === undefined ? -1 : columns.findIndex((one) => one.kind === place.kind && one.at === at);
    const told = marks.get(place.row) ?? [];
    if (told.length === 0) marks.set(place.row, told);
    told.push({ severity: finding.severity, text: `${finding.message[lang]}${finding.hint?.[lang] ? ` ${finding.hint[lang]}` : ''}`, column: column < 0 ? undefined : column });
  }
  return marks;
}
