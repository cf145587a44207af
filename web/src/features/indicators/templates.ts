import type { Indicator } from '../../shared/api/document';

type Key = 'tRecency' | 'tFrequency' | 'tMoney' | 'tMoney90' | 'tAverage' | 'tCount' | 'tShare' | 'tTrend' | 'tLast' | 'tFormula';
// A source that says nothing of its lines leaves it open whether they are spend: then they are.
const spend = "kind = 'order_line' and spend is not false";

/** What an operator begins with; the names are free. */
export const templates: { key: Key; name: string; indicator: Indicator }[] = [
  { key: 'tRecency', name: 'recency_days', indicator: { title: { zh: '距上次消费天数', en: 'Days since the last purchase' }, kind: 'days_since', where: spend } },
  { key: 'tFrequency', name: 'orders', indicator: { title: { zh: '订单数', en: 'Orders' }, kind: 'orders', where: spend } },
  { key: 'tMoney', name: 'monetary', indicator: { title: { zh: '累计消费金额', en: 'Spend' }, kind: 'sum', of: 'amount', where: spend } },
  { key: 'tMoney90', name: 'monetary_90', indicator: { title: { zh: '近90天消费金额', en: 'Spend in 90 days' }, kind: 'sum', of: 'amount', where: spend, window: '90 days' } },
  { key: 'tAverage', name: 'average_order', indicator: { title: { zh: '客单价', en: 'Average order' }, kind: 'average', of: 'amount', per: 'order', where: spend } },
  { key: 'tCount', name: 'visits_90', indicator: { title: { zh: '近90天到店次数', en: 'Visits in 90 days' }, kind: 'count', where: "kind = 'visit'", window: '90 days' } },
  { key: 'tShare', name: 'share', indicator: { title: { zh: '占比', en: 'Share' }, kind: 'share', of: '1', where: "kind = 'order_line'", share: 'amount >= 100' } },
  { key: 'tTrend', name: 'spend_trend', indicator: { title: { zh: '近90天消费环比', en: 'Spend against the 90 days before' }, kind: 'sum', of: 'amount', where: spend, window: '90 days', compare: 'previous_period' } },
  { key: 'tLast', name: 'last_value', indicator: { title: { zh: '最近一次的值', en: 'Last value' }, kind: 'last', of: 'amount', where: "kind = 'order_line'" } },
  { key: 'tFormula', name: 'formula', indicator: { title: { zh: '公式', en: 'Formula' }, kind: 'formula', of: '' } },
];
