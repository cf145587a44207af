import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useFormat } from '../session';
import { useScrolls } from './scrolls';
import { useUi } from './words';

export interface Column<T> {
  key: string;
  title: ReactNode;
  cell: (row: T, index: number) => ReactNode;
  width?: number | string;
  align?: 'right';
  /** Shown in the heading as a button; the server sorts. */
  sort?: 'up' | 'down' | null;
  onSort?: () => void;
}

interface Props<T> {
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T, index: number) => string;
  label: string;
  onOpen?: (row: T) => void;
  more?: { has: boolean; busy: boolean; load: () => void };
  total?: number | null;
  height?: number | string;
  empty?: ReactNode;
  selected?: string | null;
}

const ROW = 37;

/** Rows by cursor, only the visible ones drawn; arrows move, Enter opens. Short tables are drawn whole. */
export function DataTable<T>({ columns, rows, rowKey, label, onOpen, more, total, height, empty, selected }: Props<T>) {
  const ui = useUi();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const scrolls = useScrolls(box);
  const [at, setAt] = useState(0);
  const virtual = rows.length > 60;
  const virtualizer = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12, enabled: virtual });
  const items = virtual ? virtualizer.getVirtualItems() : null;
  const lastShown = items?.at(-1)?.index ?? rows.length - 1;
  useEffect(() => {
    if (virtual && more?.has && !more.busy && lastShown >= rows.length - 20) more.load();
  }, [virtual, lastShown, rows.length, more]);

  const go = (next: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, next));
    setAt(index);
    if (virtual) virtualizer.scrollToIndex(index);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`tr[data-index="${index}"]`)?.focus());
  };
  const keys = (event: KeyboardEvent, row: T, index: number) => {
    if (event.target !== event.currentTarget) return;
    const moves: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1, PageDown: index + 15, PageUp: index - 15 };
    if (event.key in moves) {
      event.preventDefault();
      go(moves[event.key]!);
    } else if (event.key === 'Enter' && onOpen) {
      event.preventDefault();
      onOpen(row);
    }
  };
  const line = (row: T, index: number) => (
    <tr
      key={rowKey(row, index)}
      data-index={index}
      aria-rowindex={index + 2}
      tabIndex={onOpen ? (index === at ? 0 : -1) : undefined}
      className={`${onOpen ? 'opens' : ''} ${selected === rowKey(row, index) ? 'selected' : ''}`}
      onKeyDown={(event) => keys(event, row, index)}
      onFocus={() => setAt(index)}
      onClick={(event) => {
        if (!onOpen || (event.target as HTMLElement).closest('button,a,input,label,.ant-select')) return;
        onOpen(row);
      }}
    >
      {columns.map((column) => <td key={column.key} className={column.align}>{column.cell(row, index)}</td>)}
    </tr>
  );
  const above = items?.[0]?.start ?? 0;
  const below = items ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  return (
    <div className="table-wrap">
      <div className="table-box" ref={box} style={virtual || height ? { maxHeight: height ?? 'calc(100vh - 300px)' } : undefined} tabIndex={(virtual || scrolls) && !onOpen ? 0 : undefined}>
        <table className="table" aria-label={label} aria-rowcount={(total ?? rows.length) + 1}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} scope="col" className={column.align} style={{ width: column.width }} aria-sort={column.sort ? (column.sort === 'up' ? 'ascending' : 'descending') : undefined}>
                  {column.onSort ? <button type="button" className="sort" onClick={column.onSort}>{column.title}{column.sort ? (column.sort === 'up' ? ' ↑' : ' ↓') : ''}</button> : column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {above > 0 && <tr aria-hidden style={{ height: above }}><td colSpan={columns.length} /></tr>}
            {items ? items.map((item) => line(rows[item.index]!, item.index)) : rows.map(line)}
            {below > 0 && <tr aria-hidden style={{ height: below }}><td colSpan={columns.length} /></tr>}
          </tbody>
        </table>
        {rows.length === 0 && empty}
      </div>
      {(total != null || more?.has) && rows.length > 0 && (
        <div className="table-foot">
          <span>{total != null ? ui('shownOf', { n: format.count(rows.length), total: format.count(total) }) : ui('shown', { n: format.count(rows.length) })}</span>
          {more?.has && <button type="button" className="linkish" disabled={more.busy} onClick={more.load}>{ui('loadMore')}</button>}
        </div>
      )}
    </div>
  );
}
