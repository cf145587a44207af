import type { Palette } from '../theme/palette';

/** Thin lines, quiet words. */
export function axes(palette: Palette) {
  const text = { color: palette.faint, fontSize: 11 };
  return {
    grid: { left: 8, right: 12, top: 16, bottom: 4, containLabel: true },
    category: (data: string[], rotate = 0) => ({ type: 'category', data, axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, axisLabel: { ...text, rotate, hideOverlap: true, width: 150, overflow: 'truncate' } }),
    value: (format?: (value: number) => string) => ({ type: 'value', axisLabel: { ...text, formatter: format, hideOverlap: true }, splitLine: { lineStyle: { color: palette.line } }, splitNumber: 4 }),
    // With many names it is leafed through: it never grows into the drawing.
    legend: { type: 'scroll', top: 0, left: 0, right: 0, pageIconColor: palette.faint, pageIconInactiveColor: palette.line, pageTextStyle: { color: palette.faint, fontSize: 11 }, pageIconSize: 9, textStyle: { color: palette.faint, fontSize: 11 }, itemWidth: 12, itemHeight: 8 },
  };
}
