import { useEffect, useRef } from 'react';
import type { EChartsCoreOption } from 'echarts/core';
import type { EChartsType } from './echarts';

export interface Clicked { name: string; seriesName?: string; dataIndex: number; seriesIndex?: number; data: unknown; dataType?: string }

/** Draws an option, follows the size of its box, tells what was clicked. */
export function useChart(option: EChartsCoreOption, onClick?: (clicked: Clicked) => void) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const latest = useRef({ option, onClick });
  latest.current = { option, onClick };
  useEffect(() => {
    let gone = false;
    let watch: ResizeObserver | undefined;
    void import('./echarts').then(({ init }) => {
      if (gone || !box.current) return;
      const own = init(box.current);
      chart.current = own;
      own.on('click', (event) => latest.current.onClick?.(event as unknown as Clicked));
      own.setOption(latest.current.option);
      watch = new ResizeObserver(() => own.resize());
      watch.observe(box.current);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);
  return { box, chart };
}
