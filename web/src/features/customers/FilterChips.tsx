import { CloseOutlined } from '@ant-design/icons';
import { useRead } from '../../shared/api/hooks';
import { useCatalogue, valuesOf } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { rangesOf, rangesText, sayRange } from '../../shared/ranges';
import { useFormat } from '../../shared/session';
import { ALL, FILTERS, without, type Filter } from './filter';
import { useCustomerWords } from './words';

/** The filters in words; each is taken away by its cross. */
export function FilterChips({ filter, go }: { filter: Filter; go: (next: Filter) => void }) {
  const say = useCustomerWords();
  const format = useFormat();
  const catalogue = useCatalogue('graded');
  const groups = useRead('/summary', {}, { enabled: !!filter.group, staleTime: 60_000 }).data?.latest.groupings;
  const kpis = useRead('/kpis', {}, { enabled: !!filter.kpi, staleTime: 60_000 }).data?.kpis;
  const scheme = catalogue?.tiers.find((one) => one.name === filter.scheme) ?? catalogue?.tiers[0];
  const named = (among: { name: string; title?: unknown }[] | undefined, name: string | undefined) => textOf(among?.find((one) => one.name === name)?.title as string, name, format.lang);
  const level = (name?: string) => (name === 'not_graded' || name === '$not_graded' ? say('notGraded') : name === '$new' ? say('newcomer') : named(scheme?.levels, name));
  const chips: { key: string; text: string; drop: Filter }[] = [];
  const chip = (key: keyof typeof FILTERS, text: string) => chips.push({ key, text, drop: without(filter, FILTERS[key]) });
  if (filter.as_of) chip('as_of', say('asOfChip', { at: format.day(filter.as_of) }));
  if (filter.level) chip('tier', `${textOf(scheme?.title, say('tier'))}: ${level(filter.level)}`);
  if (filter.segment) chip('segment', `${say('segment')}: ${named(catalogue?.segments, filter.segment)}`);
  if (filter.group) chip('group', `${named([...(catalogue?.groupings ?? []), ...(catalogue?.predictions ?? [])], filter.grouping)}: ${named(groups?.find((one) => one.name === filter.grouping)?.groups, filter.group)}`);
  if (filter.cohort) chip('cohort', filter.period ? say('cohortAgain', { cohort: filter.cohort, n: filter.period }) : say('cohortOf', { cohort: filter.cohort }));
  if (filter.kpi) chip('kpi', say('countedBy', { kpi: named(kpis, filter.kpi) }));
  if (filter.indicator) chip('category', `${named(valuesOf(catalogue), filter.indicator)}: ${filter.value ?? ''}`);
  if (filter.since) chip('moved', say('movedTag', { from: level(filter.from), to: level(filter.to), since: format.day(filter.since) }));
  const ranges = rangesOf(filter.ranges);
  const valued = (name: string) => named(valuesOf(catalogue), name);
  ranges.forEach((range, at) => {
    const rest = rangesText(ranges.filter((_, other) => other !== at));
    chips.push({ key: `range-${at}`, text: sayRange(range, valued(range.name), format.lang, (value) => format.decimal(value), range.or?.map(valued)), drop: { ...filter, ranges: rest || undefined } });
  });
  if (chips.length === 0) return null;
  return (
    <div className="row" role="group" aria-label={say('filters')}>
      {chips.map(({ key, text, drop }) => <span key={key} className="chip">{text}<button type="button" aria-label={say('dropFilter', { what: text })} onClick={() => go(drop)}><CloseOutlined aria-hidden /></button></span>)}
      <button type="button" className="linkish" onClick={() => go(without(filter, ALL))}>{say('clear')}</button>
    </div>
  );
}
