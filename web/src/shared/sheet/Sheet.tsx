import { ExclamationCircleFilled, WarningFilled } from '@ant-design/icons';
import { App, ConfigProvider, Tooltip } from 'antd';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type ClipboardEvent, type KeyboardEvent, type ReactNode } from 'react';
import { draft } from '../draft/store';
import { listed } from '../format/list';
import { useFormat } from '../session';
import { copied, filled, pasted, type Area } from './clipboard';
import { useSheetWords } from './words';

const ROW = 30;
/** The heading, which stays above whatever is scrolled. */
const HEAD = 40;
const MOST = 20_000;

export interface Mark { severity: string; text: string; column?: number }
export interface SheetColumn { name: string; head: ReactNode; kind: string; width: number }

/** What the sheet shows and changes: texts, whatever they stand for. */
export interface SheetBody {
  rows: number;
  columns: SheetColumn[];
  text: (row: number, column: number) => string;
  /** Texts from a corner on; what reaches beyond the edge makes room for itself. */
  put: (top: number, left: number, texts: string[][]) => void;
  /** A text, and a new row below the last. */
  grow?: (row: number, column: number, text: string) => void;
  /** The rows of an area one place up or down; says whether they moved. */
  move?: (from: number, to: number, by: -1 | 1) => boolean;
  /** Where nothing can stand. */
  empty?: (row: number, column: number) => ReactNode | undefined;
}

interface Props {
  label: string; body: SheetBody; marks: Map<number, Mark[]>; area: Area; onArea: (area: Area) => void;
  /** What a row says beside its cells. */
  also?: (row: number) => string;
  rowHead?: (row: number) => ReactNode;
  /** How many customers a row decides for; nothing while nobody knows. */
  people?: (row: number) => number | undefined;
  /** A small word in the corner of a cell. */
  note?: (row: number, column: number) => ReactNode;
  /** Of the row, or of the cell, that decides for the customer who is tried out. */
  fires?: (row: number, column: number) => boolean;
  tint?: (row: number, column: number) => string | undefined;
}

/** A sheet: only the rows that are seen are drawn, the keyboard goes everywhere, and a clipboard is taken as it comes. */
export function Sheet({ label, body, marks, area, onArea, also, rowHead, people, note, fires, tint }: Props) {
  const say = useSheetWords();
  const format = useFormat();
  const { columns } = body;
  const { message } = App.useApp();
  const { componentDisabled } = ConfigProvider.useConfig();
  const fixed = !!componentDisabled;
  const box = useRef<HTMLDivElement>(null);
  /** Where one stands; the area stretches from there. */
  const [at, setAt] = useState({ row: area.top, column: area.left });
  const [typing, setTyping] = useState<string | null>(null);
  /** Rows of the last paste that had fewer cells than its widest one. */
  const [ragged, setRagged] = useState<number[]>([]);
  const dragging = useRef(false);
  const virtualizer = useVirtualizer({ count: body.rows, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 16, scrollMargin: HEAD, scrollPaddingStart: HEAD });
  const last = { row: Math.max(0, body.rows - 1), column: Math.max(0, columns.length - 1) };
  const text = (row: number, column: number) => (row < body.rows && columns[column] ? body.text(row, column) : '');
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
      const left = cell.offsetLeft - numbers;
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
  const put = (top: number, left: number, texts: string[][]) => { if (!fixed) { draft.apart(); body.put(top, left, texts); } };
  const fill = (to: (row: number, column: number) => string) => put(area.top, area.left, filled(area, to));
  const barred = (row: number, column: number) => body.empty?.(row, column) !== undefined;
  const begin = (start: string) => { if (!fixed && columns.length > 0 && !barred(at.row, at.column)) setTyping(start); };
  const commit = (value: string, down: number, along: number) => {
    setTyping(null);
    box.current?.focus({ preventScroll: true });
    // Past the last row a new one begins, as one types on.
    if (down > 0 && at.row === last.row && !fixed && body.grow) {
      draft.apart();
      body.grow(at.row, at.column, value);
      const to = { row: at.row + 1, column: at.column };
      setAt(to);
      onArea({ top: to.row, bottom: to.row, left: to.column, right: to.column });
      return;
    }
    if (value !== text(at.row, at.column)) put(at.row, at.column, [[value]]);
    go(at.row + down, at.column + along);
  };
  const paste = (raw: string) => {
    if (fixed || columns.length === 0) return;
    let texts = pasted(raw);
    if (texts.length === 0) return;
    if (area.top + texts.length > MOST) {
      texts = texts.slice(0, MOST - area.top);
      void message.warning(say('tooMany', { n: format.count(MOST) }));
    }
    const wide = texts.reduce((most, line) => Math.max(most, line.length), 0);
    setRagged(texts.flatMap((line, at) => (line.length < wide ? [area.top + at] : [])));
    if (texts.length === 1 && wide === 1) {
      fill(() => texts[0]![0]!);
      return;
    }
    put(area.top, area.left, texts);
    onArea({ top: area.top, left: area.left, bottom: area.top + texts.length - 1, right: Math.max(area.left, Math.min(last.column, area.left + wide - 1)) });
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
      draft.apart();
      if (!fixed && body.move?.(area.top, area.bottom, by)) {
        setAt({ ...at, row: at.row + by });
        onArea({ ...area, top: area.top + by, bottom: area.bottom + by });
      }
    } else if (moves[key]) go(...moves[key], shift);
    else if (command && key.toLowerCase() === 'a') onArea({ top: 0, left: 0, bottom: last.row, right: last.column });
    else if (command && key.toLowerCase() === 'd') fill((_, column) => text(area.top, column));
    else if (command) return;
    else if (key === 'Enter' || key === 'F2') begin(text(at.row, at.column));
    else if (key === 'Delete' || key === 'Backspace') fill(() => '');
    else if (key === 'Escape') go(at.row, at.column);
    else if (key.length === 1 && !event.altKey) begin(key);
    else return;
    event.preventDefault();
  };
  const onCopy = (event: ClipboardEvent, cut = false) => {
    if (typing !== null) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', copied(filled(area, text)));
    if (cut) fill(() => '');
  };

  const items = virtualizer.getVirtualItems();
  // Room for the row's number beside a mark.
  const numbers = Math.max(56, 34 + 9 * String(body.rows).length);
  const template = `${numbers}px ${columns.map((column) => `minmax(${column.width}px, 1fr)`).join(' ')}${people ? ' 92px' : ''}`;
  // The heading and every row are as wide as their columns together, so that they stand one below the other.
  const wide = numbers + columns.reduce((sum, column) => sum + column.width, 0) + (people ? 92 : 0);
  const id = (row: number, column: number) => `cell-${row}-${column}`;
  const inside = (row: number, column: number) => row >= area.top && row <= area.bottom && column >= area.left && column <= area.right;
  return (
    <>
    {ragged.length > 0 && <p className="sheet-said warn small" role="status">{say('ragged', { n: format.count(ragged.length), rows: listed(ragged.slice(0, 8).map((row) => format.count(row + 1)), format.lang) + (ragged.length > 8 ? ' …' : '') })} <button type="button" className="linkish" onClick={() => { const to = ragged.find((row) => row > at.row) ?? ragged[0]!; go(to, area.left); box.current?.focus({ preventScroll: true }); }}>{say('show')}</button> <button type="button" className="linkish" onClick={() => setRagged([])}>{say('fine')}</button></p>}
    <div
      ref={box} className="sheet" role="grid" aria-label={label} aria-rowcount={body.rows + 1} aria-colcount={columns.length + (people ? 2 : 1)} aria-multiselectable="true" aria-readonly={fixed || undefined} tabIndex={0}
      aria-activedescendant={columns.length > 0 && body.rows > 0 ? id(at.row, at.column) : undefined}
      onKeyDown={keys} onCopy={(event) => onCopy(event)} onCut={(event) => onCopy(event, true)} onPaste={(event) => { if (typing === null) { event.preventDefault(); paste(event.clipboardData.getData('text/plain')); } }}
    >
      <div className="sheet-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, height: HEAD, minWidth: wide }}>
        <div role="columnheader" className="sheet-number" aria-colindex={1}>{say('number')}</div>
        {columns.map((column, index) => <div key={index} role="columnheader" data-column={index} aria-colindex={index + 2} className={`sheet-${column.kind}`}>{column.head}</div>)}
        {people && <div role="columnheader" className="sheet-people" aria-colindex={columns.length + 2} title={say('peopleHint')}><span>{say('people')}</span></div>}
      </div>
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
        {items.map((item) => {
          const said = marks.get(item.index);
          const beside = also?.(item.index) ?? '';
          const worst = said?.some((one) => one.severity === 'error') ? 'error' : said ? 'warning' : undefined;
          const chooseRow = (event: { preventDefault: () => void; shiftKey: boolean }) => {
            event.preventDefault();
            box.current?.focus({ preventScroll: true });
            setAt({ row: item.index, column: 0 });
            onArea({ top: event.shiftKey ? Math.min(at.row, item.index) : item.index, bottom: event.shiftKey ? Math.max(at.row, item.index) : item.index, left: 0, right: last.column });
          };
          const number = <div role="rowheader" aria-colindex={1} className={`sheet-number ${worst ?? ''}`} onPointerDown={chooseRow}>{worst === 'error' ? <ExclamationCircleFilled /> : worst ? <WarningFilled /> : null} {rowHead ? rowHead(item.index) : item.index + 1}</div>;
          const n = people?.(item.index);
          return (
            <div key={item.index} role="row" aria-rowindex={item.index + 2} className="sheet-row" style={{ gridTemplateColumns: template, minWidth: wide, transform: `translateY(${item.start - HEAD}px)` }}>
              {said || beside ? <Tooltip placement="right" title={<>{said?.map((one, index) => <div key={index}>{one.text}</div>)}{beside}</>}>{number}</Tooltip> : number}
              {columns.map((column, index) => {
                const active = item.index === at.row && index === at.column;
                const bar = body.empty?.(item.index, index);
                const shown = bar === undefined ? text(item.index, index) : '';
                const wrong = said?.find((one) => one.column === index);
                const fired = fires?.(item.index, index);
                const small = note?.(item.index, index);
                return (
                  <div
                    key={index} id={id(item.index, index)} role="gridcell" aria-colindex={index + 2} aria-selected={inside(item.index, index)} aria-invalid={wrong?.severity === 'error' || undefined} title={wrong?.text ?? (fired ? say('fires') : shown.length > 18 ? shown : undefined)} style={tint && !inside(item.index, index) ? { background: tint(item.index, index) } : undefined}
                    className={`sheet-${column.kind} ${active ? 'active' : ''} ${inside(item.index, index) ? 'chosen' : ''} ${wrong ? 'wrong' : ''} ${shown === '-' ? 'anything' : ''} ${fired ? 'fires' : ''} ${bar === undefined ? '' : 'barred'}`}
                    onPointerDown={(event) => { if (active && typing !== null) return; event.preventDefault(); box.current?.focus({ preventScroll: true }); dragging.current = true; setTyping(null); go(item.index, index, event.shiftKey); }}
                    onPointerEnter={() => { if (dragging.current) onArea({ top: Math.min(at.row, item.index), bottom: Math.max(at.row, item.index), left: Math.min(at.column, index), right: Math.max(at.column, index) }); }}
                    onDoubleClick={() => begin(shown)}
                  >
                    {active && typing !== null ? <Typing label={say('cell', { column: column.name, row: item.index + 1 })} start={typing} onDone={commit} onStop={() => { setTyping(null); box.current?.focus({ preventScroll: true }); }} /> : <>{bar ?? shown}{small != null && <span className="sheet-note">{small}</span>}</>}
                  </div>
                );
              })}
              {people && <div role="gridcell" aria-colindex={columns.length + 2} className="sheet-people">{n === undefined ? '' : format.count(n)}</div>}
            </div>
          );
        })}
      </div>
    </div>
    </>
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
