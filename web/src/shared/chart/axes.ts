import type { Palette } from '../theme/palette';

/** Thin lines, quiet words. */
export function axes(palette: Palette) {
  const text = { color: palette.faint, fontSize: 11 };
  return {
    grid: { left: 8, right: 12, top: 16, bottom: 4, containLabel: true },
    category: (data: string[], rotate = 0) => ({ type: 'category', data, axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, axisLabel: { ...text, rotate, hideOverlap: true } }),
    value: (format?: (value: number) => string) => ({ type: 'value', axisLabel: { ...text, formatter: format }, splitLine: { lineStyle: { color: palette.line } }, splitNumber: 4 }),
    legend: { top: 0, right: 0, textStyle: { color: palette.faint, fontSize: 11 }, itemWidth: 12, itemHeight: 8 },
  };
}
