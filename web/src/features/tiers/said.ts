// The rules of a scheme as sentences, in the order in which they take effect.
import type { Lang } from '../../shared/api/contract';
import type { TierScheme } from '../../shared/api/document';
import { saySpan } from '../../shared/condition/span';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { reachOf, remembers } from './policy';

export const useSaid = words('tiers-said', {
  from: ['达到 {{from}} 即为“{{level}}”，低于 {{from}} 就不再够格。', '“{{level}}” takes {{from}} or more; below {{from}} it is no longer earned.'],
  demote: ['达到 {{from}} 升为“{{level}}”；升上来以后，低于 {{demote}} 才算不够。', '“{{level}}” is reached at {{from}}; once there, only a value below {{demote}} is too little.'],
  top_percent: ['“{{level}}”：排在最前面的 {{n}}%，与末位同分的一并计入。', '“{{level}}”: the best {{n}}%, with everybody who ties with the last of them.'],
  quota: ['“{{level}}”：正好 {{n}} 位，每次复核重新排名。', '“{{level}}”: exactly {{n}} customers, ranked anew at each review.'],
  quota_percent: ['“{{level}}”：参评客户的 {{n}}%（舍去零头），每次复核重新排名。', '“{{level}}”: {{n}}% of those who are graded, rounded down, ranked anew at each review.'],
  lowest: ['其余客户为“{{level}}”。', 'Everybody else is “{{level}}”.'],
  grid: ['按两个维度的表格定级。', 'Two axes and a table give the level.'],
  daily: ['每天收盘时复核。', 'Reviewed at the close of each day.'],
  monthly: ['每月最后一天收盘时复核。', 'Reviewed at the close of the last day of each month.'],
  quarterly: ['每季最后一天收盘时复核。', 'Reviewed at the close of the last day of each quarter.'],
  yearly: ['每年最后一天收盘时复核。', 'Reviewed at the close of the last day of each year.'],
  anniversary: ['每位客户各有复核日：首次定级满一年、两年……的那一天。', 'Each customer has a review of their own: on the anniversaries of their first tier.'],
  tier_anniversary: ['每位客户各有复核日：进入现在这一级满一年、两年……的那一天。', 'Each customer has a review of their own: on the anniversaries of entering the level they are in.'],
  at_once: ['升级不等复核：一够格就显示，当天收盘后作数。', 'Rises do not wait for a review: they show as soon as they are earned, and are firm at the close of that day.'],
  at_least: ['进入一级后至少保留 {{span}}，其间不降。', 'Once in a level, nobody falls from it for {{span}}.'],
  grace: ['不够格以后再宽限 {{span}}：其间补足就当没有发生过。', 'A value that is too little is forgiven for {{span}}: whoever is back by then has lost nothing.'],
  after_fall: ['降级以后 {{span}} 内不再升级。', 'For {{span}} after a fall nobody rises again.'],
  one_level: ['一次复核最多降一级。', 'A review takes away one level at most.'],
  freeze: ['{{from}} 至 {{until}} 谁也不降。', 'Nobody falls from {{from}} to {{until}}.'],
  freezeNamed: ['{{title}}（{{from}} 至 {{until}}）谁也不降。', '{{title}} ({{from}} to {{until}}): nobody falls.'],
  start: ['从 {{start}} 起按日历一次次累计：什么时候运行、多久运行一次，结果都一样。', 'Decided review by review from {{start}} on: when and how often anybody grades changes nothing.'],
  plain: ['没有保级规则：每次只看当时的数值，站在门槛边上的客户会来回升降。', 'No keep rules: each review looks at the value of then alone, so customers at a threshold go up and down.'],
});

/** Levels from the highest, then when is decided, then what keeps a level. */
export function sentences(scheme: TierScheme, say: ReturnType<typeof useSaid>, lang: Lang, number: (value: number) => string): { levels: string[]; rules: string[] } {
  const reach = reachOf(scheme);
  const entries = Object.entries(scheme.levels);
  const n = (value: unknown) => number(Number(value));
  const levels = reach === 'grid' ? [say('grid')] : entries.map(([name, one], index) => {
    const level = textOf(one.title, name, lang);
    if (index === 0) return say('lowest', { level });
    if (reach !== 'from') return say(reach, { level, n: n(one[reach]) });
    return one.demote !== undefined && Number(one.demote) !== Number(one.from) ? say('demote', { level, from: n(one.from), demote: n(one.demote) }) : say('from', { level, from: n(one.from) });
  }).reverse();
  const { keep } = scheme;
  const span = (key: 'at_least' | 'grace' | 'after_fall') => (keep?.[key] ? [say(key, { span: saySpan(keep[key], lang) })] : []);
  const rules = [
    say(scheme.decide ?? 'daily'), ...(scheme.promote === 'at_once' ? [say('at_once')] : []), ...span('at_least'), ...span('grace'), ...span('after_fall'), ...(keep?.one_level ? [say('one_level')] : []),
    ...(scheme.freeze ?? []).map(({ title, from, until }) => { const name = textOf(title, '', lang); return name ? say('freezeNamed', { title: name, from, until }) : say('freeze', { from, until }); }),
    ...(remembers(scheme) && scheme.start ? [say('start', { start: scheme.start })] : []),
    ...(remembers(scheme) || reach === 'quota' || reach === 'quota_percent' ? [] : [say('plain')]),
  ];
  return { levels, rules };
}
