import { Fragment } from 'react';
import { useLook } from '../theme/theme';

interface Cell { value: number; lines: string[] }

/** A table of buttons: each cell opens what is in it; colour says how much. */
export function HeatMap({ label, rows, columns, cells, onOpen }: { label: string; rows: string[]; columns: string[]; cells: (Cell | null)[][]; onOpen?: (row: number, column: number) => void }) {
  const { palette, isDark } = useLook();
  const most = Math.max(1e-9, ...cells.flat().map((cell) => cell?.value ?? 0));
  return (
    <div className="table-box">
      <table className="heat" aria-label={label}>
        <tbody>
          {cells.map((row, at) => (
            <tr key={at}>
              <th scope="row" style={{ width: 76, textAlign: 'right' }}>{rows[at]}</th>
              {row.map((cell, column) => (
                <td key={column}>{cell && (
                  <button type="button" disabled={!onOpen} aria-label={`${rows[at]} ${columns[column]} ${cell.lines.join(' ')}`} style={{ background: `color-mix(in srgb, ${palette.accent} ${Math.round(6 + (isDark ? 42 : 50) * Math.sqrt(cell.value / most))}%, ${palette.card})` }} onClick={() => onOpen?.(at, column)}>
                    {/* What is seen is part of the name, word for word: lines are parted by a space there, too. */}
                    {cell.lines.map((line, index) => <Fragment key={index}>{index > 0 && ' '}<div>{line}</div></Fragment>)}
                  </button>
                )}</td>
              ))}
            </tr>
          ))}
          <tr><th />{columns.map((name, index) => <th key={index} scope="col">{name}</th>)}</tr>
        </tbody>
      </table>
    </div>
  );
}
