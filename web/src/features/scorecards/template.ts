import type { Indicator, ModelDocument, Scorecard } from '../../shared/api/document';

// A source that says nothing of its lines leaves it open whether they are spend: then they are.
const spend = "kind = 'order_line' and spend is not false";
const alike = [spend, "kind = 'order_line' and spend"];
const wanted: { name: string; indicator: Indicator; points: number[]; weight: number }[] = [
  { name: 'recency_days', indicator: { title: { zh: '距上次消费天数', en: 'Days since the last purchase' }, kind: 'days_since', where: spend }, points: [100, 75, 50, 25, 0], weight: 0.3 },
  { name: 'orders', indicator: { title: { zh: '订单数', en: 'Orders' }, kind: 'orders', where: spend }, points: [0, 25, 50, 75, 100], weight: 0.3 },
  { name: 'monetary', indicator: { title: { zh: '累计消费金额', en: 'Spend' }, kind: 'sum', of: 'amount', where: spend }, points: [0, 25, 50, 75, 100], weight: 0.4 },
];

/** Recency, frequency, money in quintiles; indicators of the same meaning are used as they are. */
export function rfmCard(document: ModelDocument): { name: string; next: ModelDocument } {
  const indicators = { ...document.indicators };
  const attributes: Scorecard['attributes'] = {};
  for (const one of wanted) {
    const same = Object.entries(indicators).find(([, own]) => own.kind === one.indicator.kind && alike.includes(own.where ?? '') && own.of === one.indicator.of && !own.window);
    const name = same?.[0] ?? one.name;
    if (!same) indicators[name] = one.indicator;
    attributes[name] = { title: indicators[name]!.title, value: name, weight: one.weight, quantiles: { points: one.points }, not_applicable: 0 };
  }
  let name = 'rfm_value';
  for (let n = 2; name in (document.scorecards ?? {}); n += 1) name = `rfm_value_${n}`;
  const card: Scorecard = { title: { zh: '客户价值分', en: 'Customer value' }, combine: 'weighted_sum', attributes, total: { min: 0, max: 100 } };
  return { name, next: { ...document, indicators, scorecards: { ...document.scorecards, [name]: card } } };
}
