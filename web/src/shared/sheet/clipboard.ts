// The clipboard as spreadsheets write and read it.

/** Cells of a clipboard: tabs between cells, lines between rows, quotes around what holds either. */
export function pasted(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  const flat = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  for (let at = 0; at < flat.length; at += 1) {
    const sign = flat[at]!;
    // A quote opens a cell only if its end is followed by the end of a cell: FEEL texts begin with a quote, too.
    if (quoted) {
      if (sign === '"' && flat[at + 1] === '"') { cell += '"'; at += 1; } else if (sign === '"') quoted = false; else cell += sign;
    } else if (sign === '"' && cell === '' && opens(flat, at)) quoted = true;
    else if (sign === '\t') { rows.at(-1)!.push(cell); cell = ''; } else if (sign === '\n') { rows.at(-1)!.push(cell); cell = ''; rows.push([]); } else cell += sign;
  }
  rows.at(-1)!.push(cell);
  return rows;
}

/** Spreadsheets quote a cell only if it holds a tab, a line or a quote. */
function opens(text: string, from: number): boolean {
  let inside = '';
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] !== '"') { inside += text[at]; continue; }
    if (text[at + 1] === '"') { inside += '"'; at += 1; continue; }
    const next = text[at + 1];
    return (next === undefined || next === '\t' || next === '\n') && /["\t\n]/.test(inside);
  }
  return false;
}

/** Lines of cells as a spreadsheet takes them. */
export function copied(lines: string[][]): string {
  return lines.map((line) => line.map(quoted).join('\t')).join('\n');
}
const quoted = (text: string) => (/[\t\n]/.test(text) || /^".*""/s.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

/** Corners of what is chosen, the second included. */
export interface Area { top: number; left: number; bottom: number; right: number }

/** The same text, or another by its place, in every cell of an area. */
export function filled(area: Area, text: (row: number, column: number) => string): string[][] {
  return Array.from({ length: area.bottom - area.top + 1 }, (_, down) => Array.from({ length: area.right - area.left + 1 }, (_, along) => text(area.top + down, area.left + along)));
}
