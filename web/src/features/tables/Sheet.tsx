import { ExclamationCircleFilled, WarningFilled } from '@ant-design/icons';
import { App, ConfigProvider, Tooltip } from 'antd';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type ClipboardEvent, type KeyboardEvent, type ReactNode } from 'react';
import type { Finding } from '../../shared/api/contract';
import { useCatalogue } from '../../shared/catalogue';
import { sayCondition } from '../../shared/condition/say';
import { useFormat } from '../../shared/session';
import { cellText, copied, emptyRow, fill, insertRows, moveRows, pasted, placeOf, put, type Area, type Column, type Table } from './cells';
import { useTableWords } from './words';

const ROW = 30;
/** The heading, which stays above whatever is scrolled. */
const HEAD = 40;
const MOST = 20_000;

export interface Mark { severity: string; text: string }
/** What findings say of the rows, by row. */
export function marksOf(findings: Finding[], path: string, lang: 'zh' | 'en'): Map<number, (Mark & { kind?: string; at?: number })[]> {
  const marks = new Map<number, (Mark & { kind?: string; at?: number })[]>();
  for (const finding of findings) {
    if (!finding.path?.startsWith(`${path}.`)) continue;
    const place = placeOf(finding.path);
    if (!place) continue;
    const text = `${finding.message[lang]}${finding.hint?.[lang] ? ` ${finding.hint[lang]}` : ''}`;
    marks.set(place.row, [...(marks.get(place.row) ?? []), { severity: finding.severity, text, kind: place.kind, at: place.at }]);
  }
  return marks;
}

interface Props {
  label: string; table: Table; columns: Column[]; heads: ReactNode[]; names: string[]; marks: ReturnType<typeof marksOf>;
  onChange: (next: Table) => void; area: Area; onArea: (area: Area) => void;
}

/** A sheet: only the rows that are seen are drawn, the keyboard goes everywhere, and a clipboard is taken as it comes. */
export function Sheet({ label, table, columns, heads, names, marks, onChange, area, onArea }: Props) {
  const say = useTableWords();
  const format = useFormat();
  const catalogue = useCatalogue();
  const { message } = App.useApp();
  const { componentDisabled } = ConfigProvider.useConfig();
  const fixed = !!componentDisabled;
  const box = useRef<HTMLDivElement>(null);
  /** Where one stands; the area stretches from there. */
  const [at, setAt] = useState({ row: area.top, column: area.left });
  const [typing, setTyping] = useState<string | null>(null);
  const dragging = useRef(false);
  const virtualizer = useVirtualizer({ count: table.rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 16, scrollMargin: HEAD, scrollPaddingStart: HEAD });
  const last = { row: Math.max(0, table.rows.length - 1), column: Math.max(0, columns.length - 1) };
  const text = (row: number, column: number) => (table.rows[row] && columns[column] ? cellText(table.rows[row], columns[column]) : '');
  useEffect(() => {
    // Somebody outside chose another place: a mark, a row that is new.
    if (at.row < area.top || at.row > area.bottom || at.column < area.left || at.column > area.right) setAt({ row: area.top, column: area.left });
    virtualizer.scrollToIndex(area.top);
  }, [area.top, area.left]); // eslint-disable-line
  useEffect(() => {
    const stop = () => { dragging.current = false; };
    addEventListener('pointerup', stop);
    return () => removeEventListener('pointerup', stop);
  }, []);

  const show = (row: number, column: number) => {
    virtualizer.scrollToIndex(row);
    const cell = box.current?.querySelector<HTMLElement>(`[data-column="${column}"]`);
    if (cell && box.current) {
      const left = cell.offsetLeft - 56;
      if (left < box.current.scrollLeft) box.current.scrollLeft = left;
      else if (cell.offsetLeft + cell.offsetWidth > box.current.scrollLeft + box.current.clientWidth) box.current.scrollLeft = cell.offsetLeft + cell.offsetWidth - box.current.clientWidth;
    }
  };
  /** Goes there; with `stretch` the area reaches from where it began. */
  const go = (row: number, column: number, stretch = false) => {
    const to = { row: Math.max(0, Math.min(last.row, row)), column: Math.max(0, Math.min(last.column, column)) };
    if (stretch) {
      onArea({ top: Math.min(at.row, to.row), bottom: Math.max(at.row, to.row), left: Math.min(at.column, to.column), right: Math.max(at.column, to.column) });
    } else {
      setAt(to);
      onArea({ top: to.row, bottom: to.row, left: to.column, right: to.column });
    }
    show(to.row, to.column);
  };
  /** The far corner of the area, seen from where it began. */
  const far = { row: at.row === area.top ? area.bottom : area.top, column: at.column === area.left ? area.right : area.left };
  const change = (next: Table) => { if (!fixed && next !== table) onChange(next); };
  const begin = (start: string) => { if (!fixed && columns.length > 0) setTyping(start); };
  const commit = (value: string, down: number, along: number) => {
    setTyping(null);
    box.current?.focus({ preventScroll: true });
    if (value !== text(at.row, at.column)) change(put(table, columns, at.row, at.column, [[value]]));
    // Past the last row a new one begins, as one types on.
    if (down > 0 && at.row === last.row && !fixed) {
      const grown = put(table, columns, at.row, at.column, [[value]]);
      change(insertRows(grown, grown.rows.length, [emptyRow(grown)]));
      const to = { row: at.row + 1, column: at.column };
      setAt(to);
      onArea({ top: to.row, bottom: to.row, left: to.column, right: to.column });
    } else go(at.row + down, at.column + along);
  };
  const paste = (raw: string) => {
    if (fixed || columns.length === 0) return;
    let texts = pasted(raw);
    if (texts.length === 0) return;
    if (area.top + texts.length > MOST) {
      texts = texts.slice(0, MOST - area.top);
      void message.warning(say('tooMany', { n: format.count(MOST) }));
    }
    const wide = Math.max(...texts.map((line) => line.length));
    if (texts.length === 1 && wide === 1) {
      change(fill(table, columns, area, () => texts[0]![0]!));
      return;
    }
    change(put(table, columns, area.top, area.left, texts));
    onArea({ top: area.top, left: area.left, bottom: area.top + texts.length - 1, right: Math.min(last.column, area.left + wide - 1) });
    void message.success(say('pasted', { rows: format.count(texts.length), columns: wide }));
  };
  const keys = (event: KeyboardEvent) => {
    if (typing !== null || event.target !== box.current) return;
    const { key, shiftKey: shift } = event;
    const command = event.ctrlKey || event.metaKey;
    const from = shift ? far : at;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 300) / ROW) - 2);
    const moves: Record<string, [number, number]> = {
      ArrowUp: [command ? 0 : from.row - 1, from.column], ArrowDown: [command ? last.row : from.row + 1, from.column], ArrowLeft: [from.row, command ? 0 : from.column - 1], ArrowRight: [from.row, command ? last.column : from.column + 1],
      PageUp: [from.row - page, from.column], PageDown: [from.row + page, from.column], Home: [command ? 0 : from.row, 0], End: [command ? last.row : from.row, last.column],
    };
    if (event.altKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
      const by = key === 'ArrowUp' ? -1 : 1;
      const next = moveRows(table, area.top, area.bottom, by);
      if (next !== table) {
        change(next);
        setAt({ ...at, row: at.row + by });
        onArea({ ...area, top: area.top + by, bottom: area.bottom + by });
      }
    } else if (moves[key]) go(...moves[key], shift);
    else if (command && key.toLowerCase() === 'a') onArea({ top: 0, left: 0, bottom: last.row, right: last.column });
    else if (command && key.toLowerCase() === 'd') change(fill(table, columns, area, (_, column) => text(area.top, column)));
    else if (command) return;
    else if (key === 'Enter' || key === 'F2') begin(text(at.row, at.column));
    else if (key === 'Delete' || key === 'Backspace') change(fill(table, columns, area, () => ''));
    else if (key === 'Escape') go(at.row, at.column);
    else if (key.length === 1 && !event.altKey) begin(key);
    else return;
    event.preventDefault();
  };
  const onCopy = (event: ClipboardEvent, cut = false) => {
    if (typing !== null) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', copied(table, columns, area));
    if (cut) change(fill(table, columns, area, () => ''));
  };

  const items = virtualizer.getVirtualItems();
  const width = (column: Column) => (column.kind === 'from' || column.kind === 'until' ? 108 : column.kind === 'then' ? 150 : 170);
  const template = `56px ${columns.map((column) => `minmax(${width(column)}px, 1fr)`).join(' ')}`;
  const id = (row: number, column: number) => `cell-${row}-${column}`;
  const inside = (row: number, column: number) => row >= area.top && row <= area.bottom && column >= area.left && column <= area.right;
  return (
    <div
      ref={box} className="sheet" role="grid" aria-label={label} aria-rowcount={table.rows.length + 1} aria-colcount={columns.length + 1} aria-multiselectable="true" aria-readonly={fixed || undefined} tabIndex={0}
      aria-activedescendant={columns.length > 0 && table.rows.length > 0 ? id(at.row, at.column) : undefined}
      onKeyDown={keys} onCopy={(event) => onCopy(event)} onCut={(event) => onCopy(event, true)} onPaste={(event) => { if (typing === null) { event.preventDefault(); paste(event.clipboardData.getData('text/plain')); } }}
    >
      <div className="sheet-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, height: HEAD }}>
        <div role="columnheader" className="sheet-number" aria-colindex={1}>{say('number')}</div>
        {columns.map((column, index) => <div key={index} role="columnheader" data-column={index} aria-colindex={index + 2} className={`sheet-${column.kind}`}>{heads[index]}</div>)}
      </div>
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
        {items.map((item) => {
          const row = table.rows[item.index]!;
          const said = marks.get(item.index);
          const worst = said?.some((one) => one.severity === 'error') ? 'error' : said ? 'warning' : undefined;
          const number = <div role="rowheader" aria-colindex={1} className={`sheet-number ${worst ?? ''}`} onPointerDown={(event) => { event.preventDefault(); box.current?.focus({ preventScroll: true }); setAt({ row: item.index, column: 0 }); onArea({ top: event.shiftKey ? Math.min(at.row, item.index) : item.index, bottom: event.shiftKey ? Math.max(at.row, item.index) : item.index, left: 0, right: last.column }); }}>{worst === 'error' ? <ExclamationCircleFilled /> : worst ? <WarningFilled /> : null} {item.index + 1}</div>;
          const also = row.if === undefined ? '' : say('condition', { what: sayCondition(row.if, format.lang, catalogue) });
          return (
            <div key={item.index} role="row" aria-rowindex={item.index + 2} className="sheet-row" style={{ gridTemplateColumns: template, transform: `translateY(${item.start - HEAD}px)` }}>
              {said || also ? <Tooltip placement="right" title={<>{said?.map((one, index) => <div key={index}>{one.text}</div>)}{also}</>}>{number}</Tooltip> : number}
              {columns.map((column, index) => {
                const active = item.index === at.row && index === at.column;
                const shown = cellText(row, column);
                const wrong = said?.find((one) => one.kind === column.kind && one.at === column.at);
                return (
                  <div
                    key={index} id={id(item.index, index)} role="gridcell" aria-colindex={index + 2} aria-selected={inside(item.index, index)} aria-invalid={wrong?.severity === 'error' || undefined} title={wrong?.text ?? (shown.length > 18 ? shown : undefined)}
                    className={`sheet-${column.kind} ${active ? 'active' : ''} ${inside(item.index, index) ? 'chosen' : ''} ${wrong ? 'wrong' : ''} ${shown === '-' ? 'anything' : ''}`}
                    onPointerDown={(event) => { if (active && typing !== null) return; event.preventDefault(); box.current?.focus({ preventScroll: true }); dragging.current = true; setTyping(null); go(item.index, index, event.shiftKey); }}
                    onPointerEnter={() => { if (dragging.current) onArea({ top: Math.min(at.row, item.index), bottom: Math.max(at.row, item.index), left: Math.min(at.column, index), right: Math.max(at.column, index) }); }}
                    onDoubleClick={() => begin(shown)}
                  >
                    {active && typing !== null ? <Typing label={say('cell', { column: names[index] ?? '', row: item.index + 1 })} start={typing} onDone={commit} onStop={() => { setTyping(null); box.current?.focus({ preventScroll: true }); }} /> : shown}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The one cell that is being typed in. */
function Typing({ label, start, onDone, onStop }: { label: string; start: string; onDone: (value: string, down: number, along: number) => void; onStop: () => void }) {
  const [value, setValue] = useState(start);
  const over = useRef(false);
  const done = (down: number, along: number) => { if (over.current) return; over.current = true; onDone(value, down, along); };
  return (
    <input
      aria-label={label} className="sheet-input" autoFocus value={value} onChange={(event) => setValue(event.target.value)} onBlur={() => done(0, 0)} onPointerDown={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        // Enter chooses a word while Chinese is being typed; that ends nothing.
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') done(event.shiftKey ? -1 : 1, 0);
        else if (event.key === 'Tab') done(0, event.shiftKey ? -1 : 1);
        else if (event.key === 'Escape') { over.current = true; onStop(); } else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
