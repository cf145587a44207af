import type * as C from '../shared/api/contract';
import type { Condition, ModelDocument } from '../shared/api/document';
import { sayCondition } from '../shared/condition/say';
import { textOf } from '../shared/i18n/language';
import { histogram, holds, inSegment, labelOf, levelOf, linesOf, people, scoreOf } from './base';
import { model as published } from './model';

export const AS_OF = '2025-06-30';
const both = (text: unknown, name = ''): C.Both => ({ zh: textOf(text as string, name, 'zh'), en: textOf(text as string, name, 'en') });
const tally = <T,>(items: T[], key: (item: T) => string) => {
  const out = new Map<string, number>();
  for (const item of items) out.set(key(item), (out.get(key(item)) ?? 0) + 1);
  return out;
};
const NONE = 'not_graded';

export function catalogue(model: ModelDocument): C.Catalogue {
  return {
    columns: [{ name: 'kind', type: 'text', title: { zh: '事件类型', en: 'Kind of event' } }, { name: 'amount', type: 'decimal', title: { zh: '金额', en: 'Amount' } }, { name: 'quantity', type: 'number', title: { zh: '数量', en: 'Quantity' } }, { name: 'spend', type: 'boolean', title: { zh: '计入消费', en: 'Counts as spend' } }, { name: 'order_id', type: 'text', title: { zh: '订单', en: 'Order' } }, { name: 'category', type: 'text', title: { zh: '品类', en: 'Category' } }, { name: 'city', type: 'text' }, { name: 'satisfaction', type: 'number', title: { zh: '满意度', en: 'Satisfaction' } }],
    kinds: [{ name: 'order_line', title: { zh: '订单行', en: 'Order line' } }, { name: 'refund', title: { zh: '退款', en: 'Refund' } }, { name: 'visit', title: { zh: '到店', en: 'Visit' } }, { name: 'feedback', title: { zh: '问卷', en: 'Survey' } }, { name: 'complaint', title: { zh: '投诉', en: 'Complaint' } }, { name: 'profile', title: { zh: '资料', en: 'Profile' } }],
    functions: [{ name: 'round', signature: 'round(x, digits)', title: { zh: '四舍五入', en: 'Rounds half away from zero' } }, { name: 'coalesce', signature: 'coalesce(a, b, …)', title: { zh: '第一个已知的值', en: 'The first known value' } }, { name: 'if', signature: 'if(condition, then, else)', title: { zh: '按条件取值', en: 'One of two values' } }, { name: 'greatest', signature: 'greatest(a, b, …)', title: { zh: '最大值', en: 'The greatest' } }, { name: 'month', signature: 'month(date)', title: { zh: '月份', en: 'Month of a date' } }],
    indicators: Object.entries(model.indicators ?? {}).map(([name, one]) => ({ name, title: one.title ?? name, type: name === 'city' ? 'text' : 'number', unit: one.unit })),
    scores: Object.entries(model.scorecards ?? {}).map(([name, one]) => ({ name, title: one.title ?? name })),
    tiers: Object.entries(model.tiers ?? {}).map(([name, one]) => ({ name, title: one.title ?? name, levels: Object.entries(one.levels).map(([level, two]) => ({ name: level, title: two.title ?? level })) })),
    segments: Object.entries(model.segments ?? {}).map(([name, one]) => ({ name, title: one.title ?? name })),
    groupings: Object.entries(model.groupings ?? {}).map(([name, one]) => ({ name, title: one.title ?? name })),
    lists: [],
  };
}

export function distribution(name: string): C.Distribution {
  const values = people.map((one) => one.values[name]);
  const known = values.filter((one): one is number => typeof one === 'number');
  if (known.length === 0) {
    const names = [...tally(values.filter((one): one is string => typeof one === 'string'), (one) => one)].sort((a, b) => b[1] - a[1]);
    return { bins: names.map(([label, count], index) => ({ from: index, to: index + 1, count, label })), n_unknown: values.filter((one) => one === null).length, n_not_applicable: 0, quantiles: [] };
  }
  const ordered = [...known].sort((a, b) => a - b);
  return { bins: histogram(known), n_unknown: 0, n_not_applicable: values.length - known.length, quantiles: [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map((q) => ({ q, value: ordered[Math.min(ordered.length - 1, Math.floor(q * ordered.length))]! })) };
}

function levels(model: ModelDocument) {
  const counted = tally(people, (one) => levelOf(model, one) ?? NONE);
  return Object.entries(model.tiers?.membership?.levels ?? {}).map(([name, one]) => ({ name, title: one.title ?? name, count: counted.get(name) ?? 0 }));
}
const revenue = (level: string) => people.filter((one) => levelOf(published, one) === level).reduce((sum, one) => sum + Number(one.values.net_spend), 0);
const allRevenue = people.reduce((sum, one) => sum + Number(one.values.net_spend), 0);

export function home(jobs: C.Job[], overrides: C.Override[], versions: C.Version[], quarantined: number): C.Home {
  const found = levels(published);
  return {
    as_of: AS_OF, run: { id: 'r12', finished: '2026-11-22T06:00:38Z', version: 7, state: 'done', seconds: 38 }, customers: people.length,
    tiers: [{ scheme: 'membership', title: published.tiers!.membership!.title!, levels: found.map((one) => ({ ...one, share: one.count / people.length, revenue_share: revenue(one.name) / allRevenue })), not_graded: people.length - found.reduce((sum, one) => sum + one.count, 0) }],
    moved: { up: 143, down: 86, entered: 52, left: 0 },
    waiting_approvals: [
      ...versions.filter((one) => one.state === 'review').map((one) => ({ kind: 'version' as const, id: String(one.version), title: { zh: `版本 ${one.version}：${one.note}`, en: `Version ${one.version}: ${one.note}` }, by: one.by ?? '', at: one.at })),
      ...overrides.filter((one) => one.state === 'waiting').map((one) => ({ kind: 'override' as const, id: one.id, title: { zh: `人工调整：${one.label} → 金卡`, en: `Override: ${one.label} → Gold` }, by: one.by, at: one.at })),
    ],
    expiring_overrides: overrides.filter((one) => one.state === 'active'), quarantine: { open: quarantined }, failed_jobs: jobs.filter((one) => one.state === 'failed'),
    freshness: [{ what: { zh: '订单', en: 'Orders' }, at: '2025-06-30', age_days: 0 }, { what: { zh: '问卷', en: 'Survey' }, at: '2025-06-12', age_days: 18 }, { what: { zh: '到店', en: 'Visits' }, at: '2025-06-29', age_days: 1 }],
    warnings: [{ code: 'not-validated', message: { zh: '版本 7 尚未验证：没有与结果对照过。', en: 'Version 7 is not yet validated: it was never held against outcomes.' } }],
  };
}

export function statement(model: ModelDocument, customer: string): C.Statement {
  const person = people.find((one) => String(one.id) === customer) ?? people[0]!;
  const card = model.scorecards!.value!;
  const made = linesOf(card, person);
  const lines: C.StatementLine[] = made.lines.map((line) => ({
    kind: 'attribute', name: line.name, title: both(line.attribute.title, line.name), value: line.value === null ? null : String(line.value),
    bin: line.attribute.bins ? both('', line.points === null ? '' : `${line.points} 分档`) : line.attribute.quantiles ? { zh: '五分位', en: 'quintile' } : null,
    points: line.points, weight: line.weight, amount: line.amount, group: line.attribute.group,
  }));
  for (const one of made.adjustments) if (one.amount !== 0) lines.push({ kind: 'adjustment', name: one.name, title: both(one.adjustment.title, one.name), amount: one.amount });
  const sum = lines.reduce((all, line) => all + line.amount, 0);
  if (Math.abs(sum - made.total) > 0.005) lines.push({ kind: 'total_cap', name: 'total', title: { zh: '总分封顶', en: 'Limit on the score' }, amount: Math.round((made.total - sum) * 100) / 100 });
  return { scorecard: 'value', title: both(card.title), lines, total: made.total, completeness: made.completeness };
}

export function previewModel(document: ModelDocument, customer?: string): C.ModelPreview {
  const before = people.map((one) => levelOf(published, one) ?? NONE);
  const after = people.map((one) => levelOf(document, one) ?? NONE);
  const order = Object.keys(document.tiers?.membership?.levels ?? {});
  const rank = (name: string) => order.indexOf(name);
  const pairs = tally(people.map((_, index) => `${before[index]}\u0000${after[index]}`), (one) => one);
  const matrix = [...pairs].map(([pair, count]) => ({ from: pair.split('\u0000')[0]!, to: pair.split('\u0000')[1]!, count }));
  const bins = histogram([0, 100, ...people.map((one) => scoreOf(document, one))], 40);
  const old = histogram([0, 100, ...people.map((one) => scoreOf(published, one))], 40);
  const counted = tally(after, (one) => one);
  const countedBefore = tally(before, (one) => one);
  return {
    as_of: AS_OF, customers: people.length, seconds: 0.18,
    score: { histogram: bins.map((bin, index) => ({ ...bin, before: old[index]?.count ?? 0 })), quantiles: [] },
    tiers: order.map((level) => ({ level, title: document.tiers!.membership!.levels[level]!.title ?? level, count: counted.get(level) ?? 0, before: countedBefore.get(level) ?? 0 })),
    moved: { up: matrix.filter((one) => rank(one.to) > rank(one.from)).reduce((sum, one) => sum + one.count, 0), down: matrix.filter((one) => rank(one.to) < rank(one.from)).reduce((sum, one) => sum + one.count, 0) },
    matrix, edges: people.slice(0, 6).map((one) => ({ customer: String(one.id), level: levelOf(document, one) ?? '', distance: 0.4 })),
    attributes: Object.entries(document.scorecards?.value?.attributes ?? {}).map(([name, one]) => {
      const values = people.map((person) => person.values[one.value]);
      if (one.bins) return { name, bins: one.bins.map((bin) => ({ label: bin.in ? bin.in.join(', ') : bin.else ? 'else' : `[${bin.from ?? '-∞'}, ${bin.below ?? '∞'})`, points: Number(bin.points), count: values.filter((value) => value !== null && (bin.in ? bin.in.includes(value as number) : bin.else ? Number(value) < 3 : (bin.from === undefined || Number(value) >= Number(bin.from)) && (bin.below === undefined || Number(value) < Number(bin.below)))).length })) };
      return { name, bins: (one.quantiles?.points ?? []).map((points, index) => ({ label: `Q${index + 1}`, points: Number(points), count: Math.round(values.length / 5) })) };
    }),
    customer: customer ? { statement: statement(document, customer) } : null,
  };
}

export function previewSegment(document: ModelDocument, base: string, where: Condition): C.SegmentPreview {
  const population = people.filter((one) => base === 'everyone' || inSegment(document, one, base));
  const inside = population.filter((one) => holds(document, one, where));
  const outside = population.filter((one) => !inside.includes(one));
  const sample = (list: typeof people) => list.slice(0, 10).map((one) => ({ customer: String(one.id), label: labelOf(one), values: [{ name: 'orders', value: String(one.values.orders) }, { name: 'recency', value: one.values.recency === null ? null : String(one.values.recency) }] }));
  const names = catalogue(document);
  return {
    count: inside.length, base_count: population.length, share: population.length ? inside.length / population.length : 0,
    words: { zh: sayCondition(where, 'zh', names), en: sayCondition(where, 'en', names) }, inside: sample(inside),
    outside: sample(outside).map((one) => ({ ...one, fails: { zh: '距上次消费天数 88，差 3 天', en: 'Days since the last purchase is 88, 3 short' } })), estimated: false,
  };
}

export function rows(filter: { tier?: { level: string }; segment?: string; text?: string; where?: Condition }): C.CustomerRow[] {
  return people.filter((one) => (!filter.tier || (levelOf(published, one) ?? NONE) === filter.tier.level) && (!filter.segment || inSegment(published, one, filter.segment)) && (!filter.where || holds(published, one, filter.where)) && (!filter.text || labelOf(one).includes(filter.text) || String(one.id).includes(filter.text)))
    .map((one) => ({ customer: String(one.id), label: labelOf(one), tier: { membership: levelOf(published, one) }, score: { value: scoreOf(published, one) }, values: one.values }));
}

export function summary(): C.Summary {
  const found = levels(published);
  const spend = people.map((one) => Number(one.values.net_spend)).sort((a, b) => a - b);
  let running = 0;
  const lorenz: [number, number][] = [[0, 0]];
  spend.forEach((value, index) => {
    running += value;
    if (index % 180 === 179) lorenz.push([(index + 1) / spend.length, running / allRevenue]);
  });
  const part = (name: string, title: unknown, list: typeof people): C.Part => {
    const value = list.reduce((sum, one) => sum + Number(one.values.net_spend), 0);
    return { name, title: both(title, name), count: list.length, share: list.length / people.length, value, value_share: value / allRevenue };
  };
  const at = (level: string) => people.filter((one) => (levelOf(published, one) ?? NONE) === level);
  const order: [string, C.Both][] = found.map((one) => [one.name, both(one.title, one.name)]);
  const scores = people.map((one) => scoreOf(published, one));
  const bins = histogram([0, 100, ...scores], 25);
  const base = found.map((one) => one.count);
  const months = ['2024-07-31', '2024-08-31', '2024-09-30', '2024-10-31', '2024-11-30', '2024-12-31', '2025-01-31', '2025-02-28', '2025-03-31', '2025-04-30', '2025-05-31', '2025-06-30'];
  return {
    latest: {
      as_of: AS_OF, n_customers: people.length,
      value: { name: 'net_spend', title: { zh: '净消费金额', en: 'Net spend' }, total: allRevenue, mean: allRevenue / people.length, lorenz: [...lorenz, [1, 1]], gini: 0.62, top20_share: 0.64 },
      tiers: [{ name: 'membership', title: { zh: '会员等级', en: 'Membership' }, levels: found.map((one) => part(one.name, one.title, at(one.name))), n_graded: base.reduce((a, b) => a + b, 0), n_not_graded: at(NONE).length, n_provisional: 0 }],
      scores: [{ name: 'value', title: { zh: '客户价值分', en: 'Customer value' }, n_known: people.length, n_unknown: 0, mean: 48.2, quantiles: [], histogram: { low: bins[0]!.from, high: bins.at(-1)!.to, counts: bins.map((bin) => bin.count) } }],
      segments: Object.entries(published.segments!).map(([name, one]) => ({ members: part(name, one.title, people.filter((person) => inSegment(published, person, name))), n_unknown: 0 })),
      groupings: [{ name: 'city', title: { zh: '城市', en: 'City' }, groups: ['上海', '杭州', '苏州', '南京', '宁波'].map((name) => part(name, name, people.filter((one) => one.values.city === name))), n_none: 120 }],
      rfm: { recency: { zh: '最近消费', en: 'Recency' }, frequency: { zh: '消费频次', en: 'Frequency' }, monetary: { zh: '消费金额', en: 'Spend' }, n_unknown: 40, recency_cuts: [160, 90, 50, 25], frequency_cuts: [1, 2, 4, 7], cells: Array.from({ length: 5 }, (_, r) => Array.from({ length: 5 }, (_, f) => ({ count: Math.round(40 + 160 * Math.exp(-Math.abs(r - f))), mean_value: 300 * (1 + r) * (1 + f * f * 0.6) }))) },
    },
    history: [{ scheme: 'membership', title: { zh: '会员等级', en: 'Membership' }, levels: order, points: months.map((as_of, index) => ({ as_of, counts: base.map((count, level) => Math.round(count * (0.72 + 0.025 * index + 0.02 * Math.sin(index + level)))), not_graded: 300 - index * 9 })) }],
    migrations: [{ scheme: 'membership', title: { zh: '会员等级', en: 'Membership' }, from_as_of: '2025-05-31', to_as_of: AS_OF, levels: order, n_up: 143, n_down: 86, n_same: 3100,
      counts: [...base.map((count, from) => [...base.map((_, to) => (from === to ? Math.round(count * 0.9) : Math.abs(from - to) === 1 ? Math.round(count * 0.05) : 0)), 0, 0]), [38, 9, 3, 2, 240, 0], [0, 0, 0, 0, 52, 0]] }],
  };
}
