// What lifts or keeps a tier, as the page and the customer read it.
import type { Both, Deed, Explanation } from '../../shared/api/contract';
import { words } from '../../shared/i18n/words';

export interface Way { deeds: Deed[]; words?: Both }
export interface Goal { level: string; level_title: Both; keeps: boolean; by: string; not_before?: string | null; state: 'to_do' | 'by_itself' | 'out_of_reach'; ways: Way[]; sooner?: Way[]; out_of_reach: Both | null; words: Both }
export interface SchemeWays { scheme: string; title: Both; level: string | null; level_title: Both | null; none_because: Both | null; goals: Goal[] }

/** From the statement, which has them beside the tiers. */
export function waysOf({ standings, goals = [] }: Pick<Explanation, 'standings' | 'goals'>): SchemeWays[] {
  return standings.map((standing) => {
    const title = (level: string | null) => standing.levels.find((one) => one.level === level)?.title ?? (level === null ? null : { zh: level, en: level });
    return {
      scheme: standing.scheme, title: standing.title, level: standing.level, level_title: title(standing.level), none_because: null,
      goals: goals.filter((one) => one.scheme === standing.scheme).map((one) => ({
        ...one, level_title: title(one.level)!, state: one.out_of_reach ? 'out_of_reach' : one.ways.length ? 'to_do' : 'by_itself', ways: one.ways.map((deeds) => ({ deeds })), sooner: (one.sooner ?? []).map((deeds) => ({ deeds })),
      })),
    };
  });
}

export const useWaysWords = words('ways', {
  tab: ['怎样升级、保级', 'What lifts or keeps it'],
  lead: ['在写明的日期之内做到其中任何一项就够，哪一天做到都一样。', 'Any one of these is enough, on whichever day within the dates it is done.'],
  lift: ['升为“{{level}}”', 'To rise to “{{level}}”'], keep: ['保住“{{level}}”', 'To keep “{{level}}”'],
  by: ['{{by}} 以前', 'by {{by}}'], sooner: ['更早也行，但需', 'sooner, too, with'], between: ['{{from}} 至 {{by}} 之间：做得太早，到定级时就不算数了', 'from {{from}} on, by {{by}}: done earlier it is too long ago by then'],
  enough: ['什么都不用做：照现在这样，到 {{by}} 就会是这一级。', 'Nothing to do: as things stand, the level comes by {{by}}.'],
  enoughKeep: ['什么都不用做：照现在这样，到 {{by}} 这一级保得住。', 'Nothing to do: as things stand, the level is kept by {{by}}.'],
  outOfReach: ['这一期够不着', 'Out of reach this time'],
  nothing: ['没有更高的等级可升，也没有要保的等级，或等级是人工设定的。', 'There is no higher level to reach and none to keep, or a person set the tier.'],
  or: ['或者', 'or'], orElse: ['，或者', ', or '], and: ['，并且', ' and '],
  order: ['一笔 {{amount}} 的订单', 'one order of {{amount}}'], orders: ['{{n}} 笔订单，每笔 {{amount}}', '{{n}} orders of {{amount}} each'],
  anyOrder: ['一笔任意金额的订单', 'one order of any amount'], anyOrders: ['{{n}} 笔任意金额的订单', '{{n}} orders of any amount'],
  deed: ['{{title}}一次', '{{title}}, once'], deeds: ['{{title}} {{n}} 次', '{{title}}, {{n}} times'],
  customer: ['可以这样告诉客户', 'What to tell the customer'], copy: ['复制', 'Copy'], copied: ['已复制', 'Copied'],
  youAre: ['在“{{scheme}}”里，您现在是“{{level}}”。', 'In “{{scheme}}” you are “{{level}}” now.'], youAreNone: ['在“{{scheme}}”里，您还没有等级。', 'In “{{scheme}}” you have no level yet.'],
  youLift: ['{{by}} 前再有{{ways}}，就能升为“{{level}}”。', 'By {{by}}, {{ways}} takes you to “{{level}}”.'],
  youFrom: ['（请在 {{from}} 当天或之后完成。）', '(Not before {{from}}, please.)'],
  youKeep: ['{{by}} 前再有{{ways}}，就能保住“{{level}}”。', 'By {{by}}, {{ways}} keeps you at “{{level}}”.'],
  youEnough: ['什么都不用做，到 {{by}} 您就是“{{level}}”。', 'There is nothing to do: by {{by}} you are “{{level}}”.'],
  youOut: ['“{{level}}”这一期还差得远，我们下一期再提醒您。', '“{{level}}” is too far for this time; we shall remind you next time.'],
});
type Say = ReturnType<typeof useWaysWords>;

/** Amounts as the page writes them, in a sentence of the server's: `GBP 381` and `381 GBP` are £381. */
export function moneyIn(text: string, currency: string, money: (amount: number) => string): string {
  const number = '(-?\\d[\\d,]*(?:\\.\\d+)?)';
  const said = (_: string, amount: string) => money(Number(amount.replaceAll(',', '')));
  return text.replace(new RegExp(`${currency} ${number}`, 'g'), said).replace(new RegExp(`${number} ${currency}\\b`, 'g'), said);
}

/** One way in words: a deed, or two together. */
export function sayWay(way: Way, say: Say, lang: 'zh' | 'en', money: (amount: number) => string): string {
  if (way.words) return way.words[lang];
  return way.deeds.map((one) => {
    const many = one.times > 1;
    if (one.kind === 'order_line') return one.amount === null ? say(many ? 'anyOrders' : 'anyOrder', { n: one.times }) : say(many ? 'orders' : 'order', { n: one.times, amount: money(one.amount) });
    return say(many ? 'deeds' : 'deed', { title: one.title[lang], n: one.times });
  }).join(say('and'));
}

/** What an employee may say or send, in the second person. */
export function tellCustomer(one: SchemeWays, say: Say, lang: 'zh' | 'en', money: (amount: number) => string): string {
  const scheme = one.title[lang];
  const parts = [one.level_title ? say('youAre', { scheme, level: one.level_title[lang] }) : say('youAreNone', { scheme })];
  for (const goal of one.goals) {
    const level = goal.level_title[lang];
    if (goal.state === 'out_of_reach') parts.push(say('youOut', { level }));
    else if (goal.state === 'by_itself') parts.push(say('youEnough', { by: goal.by, level }));
    else parts.push(say(goal.keeps ? 'youKeep' : 'youLift', { by: goal.by, level, ways: goal.ways.map((way) => sayWay(way, say, lang, money)).join(lang === 'zh' ? '，或者' : ', or ') }) + (goal.not_before ? `${lang === 'zh' ? '' : ' '}${say('youFrom', { from: goal.not_before })}` : ''));
  }
  return parts.join(lang === 'zh' ? '' : ' ');
}
