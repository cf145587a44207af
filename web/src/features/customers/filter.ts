// Which customers a list shows. It stands in the address, so that every figure can open its customers.
import { rangesOf } from '../../shared/ranges';

export interface Filter {
  scheme?: string; level?: string; segment?: string; grouping?: string; group?: string; by?: string; cohort?: string; period?: string; kpi?: string;
  indicator?: string; value?: string; ranges?: string; since?: string; from?: string; to?: string; as_of?: string; columns?: string; sort?: string;
}

/** As the server takes it, for lists and exports alike. */
export function whoOf(filter: Filter, scheme: string | undefined) {
  const ranges = rangesOf(filter.ranges);
  return {
    tier: filter.level && scheme ? { scheme, level: filter.level === 'not_graded' ? undefined : filter.level } : undefined,
    segment: filter.segment,
    group: filter.grouping && filter.group ? { grouping: filter.grouping, group: filter.group } : undefined,
    cohort: filter.cohort ? { by: filter.by ?? 'month', cohort: filter.cohort, period: filter.period === undefined ? undefined : Number(filter.period) } : undefined,
    kpi: filter.kpi,
    category: filter.indicator && filter.value !== undefined ? { indicator: filter.indicator, value: filter.value } : undefined,
    ranges: ranges.length ? ranges : undefined,
    moved: filter.since && filter.from && filter.to && scheme ? { scheme, since: filter.since, from: filter.from, to: filter.to } : undefined,
    as_of: filter.as_of,
  };
}

/** What takes each filter away again. */
export const FILTERS = {
  tier: ['level', 'scheme'], segment: ['segment'], group: ['grouping', 'group'], cohort: ['by', 'cohort', 'period'], kpi: ['kpi'], category: ['indicator', 'value'],
  moved: ['since', 'from', 'to', 'scheme'], as_of: ['as_of'],
} as const satisfies Record<string, readonly (keyof Filter)[]>;

export function without(filter: Filter, keys: readonly (keyof Filter)[]): Filter {
  return Object.fromEntries(Object.entries(filter).filter(([key]) => !keys.includes(key as keyof Filter)));
}

export const ALL: readonly (keyof Filter)[] = [...Object.values(FILTERS).flat(), 'ranges'];

/** Whether anybody is left out, so that there is something to take away. */
export function chipped(filter: Filter): boolean {
  return ALL.some((key) => key !== 'scheme' && key !== 'by' && !!filter[key]);
}
