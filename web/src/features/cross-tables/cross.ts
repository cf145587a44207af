// A cross table as one sheet of texts: the conditions of the columns above, those of the rows at the left, and what is given where they meet.
import type { Finding, Lang } from '../../shared/api/contract';
import type { CrossAxis, CrossBand, CrossTable, Outcome, TableCell } from '../../shared/api/document';
import { textOf } from '../../shared/i18n/language';
import { outcomeOf, outcomeText, testOf, testText } from '../../shared/sheet/notation';
import type { Mark } from '../../shared/sheet/Sheet';

export type Side = 'rows' | 'columns';
/** Where the cells begin: lines of conditions above, columns of conditions at the left, and whether the first of each are titles. */
export interface Frame { titled: boolean; above: number; left: number }

export function frameOf(table: CrossTable, titled: boolean): Frame {
  const more = titled ? 1 : 0;
  return { titled, above: more + Object.keys(table.columns.inputs).length, left: more + Object.keys(table.rows.inputs).length };
}

/** What stands at a place of the sheet. */
export type Spot =
  | { kind: 'corner' }
  | { kind: 'title'; side: Side; band: number }
  | { kind: 'test'; side: Side; band: number; at: number }
  | { kind: 'cell'; row: number; column: number };

export function spotOf(frame: Frame, row: number, column: number): Spot {
  const first = frame.titled ? 1 : 0;
  if (row < frame.above && column < frame.left) return { kind: 'corner' };
  if (row < frame.above) return row < first ? { kind: 'title', side: 'columns', band: column - frame.left } : { kind: 'test', side: 'columns', band: column - frame.left, at: row - first };
  if (column < frame.left) return column < first ? { kind: 'title', side: 'rows', band: row - frame.above } : { kind: 'test', side: 'rows', band: row - frame.above, at: column - first };
  return { kind: 'cell', row: row - frame.above, column: column - frame.left };
}

export function spotText(table: CrossTable, spot: Spot, lang: Lang): string {
  if (spot.kind === 'corner') return '';
  if (spot.kind === 'cell') return outcomeText(table.cells[spot.row]?.[spot.column]);
  const band = table[spot.side].bands[spot.band];
  return spot.kind === 'title' ? textOf(band?.title, '', lang) : testText(band?.when[spot.at]);
}

const sizeOf = (axis: CrossAxis) => Object.keys(axis.inputs).length;
const newBand = (axis: CrossAxis): CrossBand => ({ when: Array.from({ length: sizeOf(axis) }, (): TableCell => '-') });
const row = (table: CrossTable): Outcome[] => table.columns.bands.map(() => null);

/** Texts from a corner of the sheet on; what reaches beyond the last band makes new ones. */
export function put(table: CrossTable, frame: Frame, top: number, left: number, texts: string[][], lang: Lang, isText: (side: Side, at: number) => boolean): CrossTable {
  let next = table;
  texts.forEach((line, down) => line.forEach((typed, along) => {
    const spot = spotOf(frame, top + down, left + along);
    const text = typed.trim();
    if (spot.kind === 'corner') return;
    if (spot.kind === 'cell') {
      while (spot.row >= next.rows.bands.length) next = insertBand(next, 'rows', next.rows.bands.length);
      while (spot.column >= next.columns.bands.length) next = insertBand(next, 'columns', next.columns.bands.length);
      next = { ...next, cells: next.cells.map((cells, at) => (at === spot.row ? cells.map((cell, place) => (place === spot.column ? outcomeOf(text) : cell)) : cells)) };
      return;
    }
    while (spot.band >= next[spot.side].bands.length) next = insertBand(next, spot.side, next[spot.side].bands.length);
    next = withBand(next, spot.side, spot.band, (band) => {
      if (spot.kind === 'title') return titled(band, text, lang);
      const when = Array.from({ length: Math.max(sizeOf(next[spot.side]), band.when.length) }, (_, at): TableCell => band.when[at] ?? '-');
      when[spot.at] = testOf(text, isText(spot.side, spot.at));
      return { ...band, when };
    });
  }));
  return next;
}

function titled(band: CrossBand, text: string, lang: Lang): CrossBand {
  const both = typeof band.title === 'string' ? { zh: band.title, en: band.title } : { ...band.title };
  if (text) both[lang] = text; else delete both[lang];
  const { title: _, ...rest } = band;
  return Object.keys(both).length > 0 ? { ...rest, title: both } : rest;
}

function withBand(table: CrossTable, side: Side, at: number, change: (band: CrossBand) => CrossBand): CrossTable {
  return { ...table, [side]: { ...table[side], bands: table[side].bands.map((band, place) => (place === at ? change(band) : band)) } };
}

const put1 = <T,>(list: T[], at: number, one: T): T[] => [...list.slice(0, at), one, ...list.slice(at)];

/** A band more, with room for its cells. */
export function insertBand(table: CrossTable, side: Side, at: number): CrossTable {
  const bands = put1(table[side].bands, at, newBand(table[side]));
  const cells = side === 'rows' ? put1(table.cells, at, row(table)) : table.cells.map((line) => put1<Outcome>(line, at, null));
  return { ...table, [side]: { ...table[side], bands }, cells };
}

/** Without the bands of a stretch and what their cells gave; one is always left. */
export function removeBands(table: CrossTable, side: Side, from: number, to: number): CrossTable {
  const keep = (_: unknown, at: number) => at < from || at > to;
  const bands = table[side].bands.filter(keep);
  if (bands.length === 0) return table;
  const cells = side === 'rows' ? table.cells.filter(keep) : table.cells.map((line) => line.filter(keep));
  return { ...table, [side]: { ...table[side], bands }, cells };
}

/** A stretch of bands one place on; at the edge nothing moves. */
export function moveBands(table: CrossTable, side: Side, from: number, to: number, by: -1 | 1): CrossTable {
  if (from < 0 || from + by < 0 || to + by >= table[side].bands.length) return table;
  const moved = <T,>(list: T[]): T[] => {
    const next = [...list];
    const block = next.splice(from, to - from + 1);
    next.splice(from + by, 0, ...block);
    return next;
  };
  const cells = side === 'rows' ? moved(table.cells) : table.cells.map(moved);
  return { ...table, [side]: { ...table[side], bands: moved(table[side].bands) }, cells };
}

/** Another thing that an axis looks at. */
export function addInput(table: CrossTable, side: Side, value: string): CrossTable {
  const axis = table[side];
  let key = value;
  for (let n = 2; key in axis.inputs; n += 1) key = `${value}_${n}`;
  const bands = axis.bands.map((band) => ({ ...band, when: [...band.when, '-'] }));
  return { ...table, [side]: { inputs: { ...axis.inputs, [key]: key === value ? {} : { value } }, bands } };
}

export function removeInput(table: CrossTable, side: Side, key: string): CrossTable {
  const axis = table[side];
  const at = Object.keys(axis.inputs).indexOf(key);
  if (at < 0 || sizeOf(axis) === 1) return table;
  return { ...table, [side]: { inputs: Object.fromEntries(Object.entries(axis.inputs).filter(([own]) => own !== key)), bands: axis.bands.map((band) => ({ ...band, when: band.when.filter((_, place) => place !== at) })) } };
}

/** Where on the sheet a finding stands: `cross_tables.NAME.cells[1][2]`, `…rows.bands[0].when[1]`. */
export function placeOf(path: string | null | undefined, frame: Frame): { row: number; column: number } | null {
  const cell = /\.cells\[(\d+)\](?:\[(\d+)\])?/.exec(path ?? '');
  if (cell) return { row: frame.above + Number(cell[1]), column: frame.left + Number(cell[2] ?? 0) };
  const band = /\.(rows|columns)\.bands\[(\d+)\](?:\.when\[(\d+)\])?/.exec(path ?? '');
  if (!band) return null;
  const test = (frame.titled ? 1 : 0) + Number(band[3] ?? 0);
  return band[1] === 'rows' ? { row: frame.above + Number(band[2]), column: test } : { row: test, column: frame.left + Number(band[2]) };
}

export function marksOf(findings: Finding[], path: string, frame: Frame, lang: Lang): Map<number, Mark[]> {
  const marks = new Map<number, Mark[]>();
  for (const finding of findings) {
    const place = finding.path?.startsWith(`${path}.`) ? placeOf(finding.path, frame) : null;
    if (place) marks.set(place.row, [...(marks.get(place.row) ?? []), { severity: finding.severity, text: `${finding.message[lang]} ${finding.hint?.[lang] ?? ''}`.trim(), column: place.column }]);
  }
  return marks;
}

/** How deep a cell is coloured, from its number among all numbers of the table; texts have none. */
export function depths(table: CrossTable): (row: number, column: number) => number | undefined {
  const numbers = table.cells.flat().filter((one): one is number => typeof one === 'number');
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return (at, column) => {
    const one = table.cells[at]?.[column];
    return typeof one === 'number' && most > least ? (one - least) / (most - least) : undefined;
  };
}

/** Two indicators, two bands each. */
export function beginning(indicators: string[]): CrossTable {
  const [first = '', second = first] = indicators;
  const axis = (name: string): CrossAxis => ({ inputs: name ? { [name]: {} } : {}, bands: [{ when: name ? ['>= 1'] : [] }, { when: name ? ['-'] : [] }] });
  return { rows: axis(first), columns: axis(second), cells: [[2, 1], [1, 0]] };
}
