// Customers drawn from a seed, and just enough arithmetic for the screens to move. The rules
// themselves live in the engine; nothing here is one.
import type { Attribute, Bin, Condition, ConditionNode, ModelDocument, Scorecard } from '../shared/api/document';

export interface Person { id: number; values: Record<string, number | string | null> }

let seed = 20260622;
function chance() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 4294967296;
}
const normal = () => Math.sqrt(-2 * Math.log(chance() + 1e-9)) * Math.cos(2 * Math.PI * chance());

const cities = ['上海', '杭州', '苏州', '南京', '宁波', '成都', '武汉'];
export const people: Person[] = Array.from({ length: 3600 }, (_, index) => {
  const worth = normal();
  const orders = Math.max(0, Math.round(Math.exp(0.9 + 0.8 * worth) - 0.4));
  const spend = orders === 0 ? 0 : Math.round(orders * Math.exp(5.6 + 0.4 * worth + 0.35 * normal()) * 100) / 100;
  const refund = chance() < 0.12 ? Math.round(spend * chance() * 30) / 100 : 0;
  const satisfaction = chance() < 0.45 ? Math.max(1, Math.min(5, Math.round(4 + normal()))) : null;
  return { id: 10001 + index, values: {
    recency: orders === 0 ? null : Math.max(0, Math.round(Math.exp(4.3 - 0.5 * worth + 0.8 * normal()))),
    orders, spend, spend_90: Math.round(spend * chance() * 0.4), average_order: orders ? Math.round((spend / orders) * 100) / 100 : null,
    visits: Math.max(0, Math.round(1.6 + worth + normal())), satisfaction, complaints: chance() < 0.07 ? 1 + Math.floor(chance() * 2) : 0,
    refund, refund_rate: spend ? refund / spend : null, net_spend: spend - refund, city: chance() < 0.9 ? cities[Math.floor(chance() * chance() * cities.length)]! : null,
  } };
});

const sorted = (name: string) => people.map((one) => one.values[name]).filter((value): value is number => typeof value === 'number').sort((a, b) => a - b);
const cuts = new Map<string, number[]>();
function quantileCuts(name: string, n: number) {
  const key = `${name}/${n}`;
  if (!cuts.has(key)) {
    const all = sorted(name);
    cuts.set(key, Array.from({ length: n - 1 }, (_, index) => all[Math.floor(((index + 1) / n) * all.length)] ?? 0));
  }
  return cuts.get(key)!;
}

function pointsOf(attribute: Attribute, value: number | string | null): number | null {
  if (value === null || value === undefined) return attribute.not_applicable !== undefined ? Number(attribute.not_applicable) : null;
  const holds = (bin: Bin) => (bin.else ? true : bin.in ? bin.in.includes(value) : (bin.from === undefined || Number(value) >= Number(bin.from)) && (bin.below === undefined || Number(value) < Number(bin.below)));
  if (attribute.bins) return Number(attribute.bins.find(holds)?.points ?? 0);
  if (attribute.quantiles) {
    const at = quantileCuts(attribute.value, attribute.quantiles.points.length).filter((cut) => Number(value) > cut).length;
    return Number(attribute.quantiles.points[at] ?? 0);
  }
  if (attribute.slope) return (Number(value) / Number(attribute.slope.per ?? 1)) * Number(attribute.slope.points_each);
  return 0;
}

export function linesOf(card: Scorecard, person: Person) {
  const attributes = Object.entries(card.attributes ?? {});
  const known = attributes.filter(([, one]) => pointsOf(one, person.values[one.value] ?? null) !== null).reduce((sum, [, one]) => sum + Number(one.weight ?? 1), 0);
  const all = attributes.reduce((sum, [, one]) => sum + Number(one.weight ?? 1), 0);
  const lines = attributes.map(([name, one]) => {
    const value = person.values[one.value] ?? null;
    const points = pointsOf(one, value);
    const weight = Number(one.weight ?? 1);
    let amount = points === null ? 0 : points * weight * (card.combine === 'sum' ? 1 : all / (known || 1));
    if (one.cap?.max !== undefined) amount = Math.min(amount, Number(one.cap.max));
    return { name, attribute: one, value, points, weight, amount: Math.round(amount * 100) / 100 };
  });
  const complaints = Number(person.values.complaints ?? 0);
  const adjustments = Object.entries(card.adjustments ?? {}).map(([name, one]) => ({ name, adjustment: one, amount: one.per_event ? Math.max(-15, complaints * Number(one.points)) : person.values.city ? Number(one.points) : 0 }));
  const raw = lines.reduce((sum, line) => sum + line.amount, 0) + adjustments.reduce((sum, line) => sum + line.amount, 0);
  const total = Math.round(Math.min(Number(card.total?.max ?? Infinity), Math.max(Number(card.total?.min ?? -Infinity), raw)) * 100) / 100;
  return { lines, adjustments, total, completeness: all ? known / all : 1 };
}

export const scoreOf = (model: ModelDocument, person: Person, card = 'value') => {
  const found = model.scorecards?.[card];
  return found ? linesOf(found, person).total : 0;
};

export function levelOf(model: ModelDocument, person: Person, scheme = 'membership'): string | null {
  if (!person.values.orders) return null;
  const score = scoreOf(model, person);
  let level: string | null = null;
  for (const [name, one] of Object.entries(model.tiers?.[scheme]?.levels ?? {})) if (one.from === undefined || score >= Number(one.from)) level = name;
  return level;
}

export function holds(model: ModelDocument, person: Person, condition: Condition): boolean {
  if (typeof condition === 'string') {
    const match = /^\s*(\w+)\s*(>=|<=|=|>|<)\s*([\d.]+)\s*$/.exec(condition);
    if (!match) return true;
    const value = Number(person.values[match[1]!] ?? NaN);
    const limit = Number(match[3]);
    return { '>=': value >= limit, '<=': value <= limit, '=': value === limit, '>': value > limit, '<': value < limit }[match[2]!] ?? true;
  }
  const c: ConditionNode = condition;
  if (c.all) return c.all.every((part) => holds(model, person, part));
  if (c.any) return c.any.some((part) => holds(model, person, part));
  if (c.not) return !holds(model, person, c.not);
  if (c.sql) return holds(model, person, c.sql);
  if (c.in_segment) return inSegment(model, person, c.in_segment);
  if (c.tier) {
    const order = Object.keys(model.tiers?.[c.tier.scheme]?.levels ?? {});
    const at = order.indexOf(levelOf(model, person, c.tier.scheme) ?? '');
    if (c.tier.is) return at === order.indexOf(c.tier.is);
    return (!c.tier.at_least || at >= order.indexOf(c.tier.at_least)) && (!c.tier.at_most || (at >= 0 && at <= order.indexOf(c.tier.at_most)));
  }
  if (c.did) return c.did.event === 'visit' ? Number(person.values.visits) >= (c.did.times?.at_least ?? 1) : Number(person.values.recency ?? 999) < 90;
  if (c.did_not) return !holds(model, person, { did: c.did_not });
  if (c.value !== undefined) {
    const value = person.values[c.value] ?? (c.value === 'value' ? scoreOf(model, person) : null);
    if (c.known !== undefined) return (value !== null) === c.known;
    if (value === null) return false;
    const n = Number(value);
    return (c.at_least === undefined || n >= Number(c.at_least)) && (c.at_most === undefined || n <= Number(c.at_most)) && (c.more_than === undefined || n > Number(c.more_than))
      && (c.less_than === undefined || n < Number(c.less_than)) && (c.equals === undefined || value === c.equals) && (!c.one_of || c.one_of.includes(value));
  }
  return true;
}

export function inSegment(model: ModelDocument, person: Person, name: string): boolean {
  if (name === 'everyone') return true;
  const segment = model.segments?.[name];
  return !!segment && inSegment(model, person, segment.base) && holds(model, person, segment.where);
}

export function histogram(values: number[], n = 30) {
  if (values.length === 0) return [];
  const low = Math.min(...values);
  const ordered = [...values].sort((a, b) => a - b);
  const high = ordered[Math.floor(ordered.length * 0.985)]! || low + 1;
  const step = (high - low) / n || 1;
  const bins = Array.from({ length: n }, (_, index) => ({ from: low + index * step, to: low + (index + 1) * step, count: 0 }));
  for (const value of values) bins[Math.min(n - 1, Math.max(0, Math.floor((value - low) / step)))]!.count += 1;
  return bins;
}
export const labelOf = (person: Person) => `${['王', '李', '张', '刘', '陈', '杨', '赵', '黄'][person.id % 8]}** · 1${30 + (person.id % 60)}****${String(person.id * 7).slice(-4)}`;
