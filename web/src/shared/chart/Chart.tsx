import { BarChartOutlined, DownloadOutlined, PictureOutlined, TableOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import type { EChartsCoreOption } from 'echarts/core';
import { useMemo, useState } from 'react';
import { useLook } from '../theme/theme';
import { series } from '../theme/palette';
import { downloadCsv } from '../ui/download';
import { useUi } from '../ui/words';
import { useChart, type Clicked } from './useChart';

export interface ChartTable { head: string[]; rows: (string | number | null)[][] }

interface Props {
  label: string;
  option: EChartsCoreOption;
  table: ChartTable;
  height?: number;
  onDrill?: (clicked: Clicked) => void;
  /** From a row of the table to the same place as a click in the chart. */
  onRow?: (index: number) => void;
  /** What a cell of the table opens, where it opens anything. */
  onCell?: (row: number, column: number) => (() => void) | undefined;
  file?: string;
}

/** A chart that can always be read as a table and taken away as CSV or PNG. */
export function Chart({ label, option, table, height = 260, onDrill, onRow, onCell, file }: Props) {
  const ui = useUi();
  const { palette, isDark } = useLook();
  const [asTable, setAsTable] = useState(false);
  const full = useMemo<EChartsCoreOption>(() => ({
    color: series,
    // A figure is there at once; while a cut is dragged it follows.
    animation: false,
    textStyle: { color: palette.ink, fontFamily: 'inherit' },
    aria: { enabled: true, label: { description: label } },
    darkMode: isDark,
    ...option,
    // Rich text is drawn on the canvas: no HTML from customers' names, no inline style.
    tooltip: { renderMode: 'richText', confine: true, backgroundColor: palette.card, borderColor: palette.line, textStyle: { color: palette.ink, fontSize: 12 }, ...(option.tooltip as object | undefined) },
  }), [option, palette, isDark, label]);
  const { box, chart } = useChart(full, onDrill);
  const name = file ?? label;
  const png = () => {
    const url = chart.current?.getDataURL({ pixelRatio: 2, backgroundColor: palette.card });
    if (!url) return;
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name}.png`;
    link.click();
  };
  return (
    <figure className="chart" aria-label={label}>
      <div className="chart-tools">
        <Tooltip title={asTable ? ui('asChart') : ui('asTable')}><Button size="small" type="text" aria-pressed={asTable} aria-label={`${label}: ${asTable ? ui('asChart') : ui('asTable')}`} icon={asTable ? <BarChartOutlined /> : <TableOutlined />} onClick={() => setAsTable(!asTable)} /></Tooltip>
        <Tooltip title={ui('csv')}><Button size="small" type="text" aria-label={`${label}: ${ui('csv')}`} icon={<DownloadOutlined />} onClick={() => downloadCsv(name, table.head, table.rows)} /></Tooltip>
        <Tooltip title={ui('png')}><Button size="small" type="text" aria-label={`${label}: ${ui('png')}`} icon={<PictureOutlined />} disabled={asTable} onClick={png} /></Tooltip>
      </div>
      <div ref={box} style={{ height, display: asTable ? 'none' : 'block' }} role="img" aria-label={label} />
      {asTable && <PlainTable {...table} label={label} height={height} onRow={onRow} onCell={onCell} />}
    </figure>
  );
}

export function PlainTable({ head, rows, label, height, onRow, onCell }: ChartTable & { label: string; height?: number } & Pick<Props, 'onRow' | 'onCell'>) {
  return (
    <div className="table-box" style={{ maxHeight: height }} tabIndex={0}>
      <table className="table" aria-label={label}>
        <thead><tr>{head.map((one, index) => <th key={index} scope="col" className={index ? 'right' : undefined}>{one}</th>)}</tr></thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{row.map((cell, at) => {
              const open = onCell?.(index, at) ?? (at === 0 && onRow ? () => onRow(index) : undefined);
              return <td key={at} className={at ? 'right' : undefined}>{open ? <button type="button" className="linkish" onClick={open}>{cell}</button> : cell}</td>;
            })}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
