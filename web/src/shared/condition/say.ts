// A condition in words, for the lists and headings where the server has not been asked.
import type { Lang } from '../api/contract';
import type { Catalogue } from '../catalogue';
import { kindTitle } from './kinds';
import type { Behaviour, Condition, ConditionNode, Window } from '../api/document';
import { textOf } from '../i18n/language';

type Names = (Pick<Catalogue, 'indicators' | 'scores' | 'tiers' | 'segments' | 'kinds'> & Partial<Pick<Catalogue, 'columns' | 'rules' | 'predictions'>>) | undefined;

export function sayCondition(condition: Condition | undefined, lang: Lang, names?: Names): string {
  const zh = lang === 'zh';
  if (condition === undefined) return zh ? '所有人' : 'everyone';
  if (typeof condition === 'string') return saySql(condition, lang, names);
  const join = (parts: Condition[], word: string) => parts.map((part) => {
    const said = sayCondition(part, lang, names);
    return typeof part === 'object' && (part.all || part.any) && parts.length > 1 ? `(${said})` : said;
  }).join(word);
  const c: ConditionNode = condition;
  if (c.all?.length === 0 || c.any?.length === 0) return zh ? '（还没有条件）' : '(no condition yet)';
  if (c.all) return join(c.all, zh ? ' 且 ' : ' and ');
  if (c.any) return join(c.any, zh ? ' 或 ' : ' or ');
  if (c.not) return zh ? `不满足（${sayCondition(c.not, lang, names)}）` : `not (${sayCondition(c.not, lang, names)})`;
  if (c.sql) return saySql(c.sql, lang, names);
  if (c.did) return sayBehaviour(c.did, true, lang, names);
  if (c.did_not) return sayBehaviour(c.did_not, false, lang, names);
  if (c.sequence) return c.sequence.steps.map((step) => kind(step.event, lang, names) + ofEvents(step.where, lang, names) + (step.within ? (zh ? `（${span(step.within, lang)}内）` : ` (within ${span(step.within, lang)})`) : '')).join(zh ? ' 之后 ' : ', then ');
  if (c.in_segment) return `${zh ? '属于分群' : 'is in'} ${textOf(names?.segments.find((one) => one.name === c.in_segment)?.title, c.in_segment, lang)}`;
  if (c.in_list) return `${zh ? '在名单' : 'is on the list'} ${c.in_list}`;
  if (c.tier) {
    const scheme = names?.tiers.find((one) => one.name === c.tier!.scheme);
    const level = (name?: string) => textOf(scheme?.levels.find((one) => one.name === name)?.title, name, lang);
    const title = textOf(scheme?.title, c.tier.scheme, lang);
    if (c.tier.is) return `${title} ${zh ? '为' : 'is'} ${level(c.tier.is)}`;
    return [c.tier.at_least && `${title} ${zh ? '至少' : 'at least'} ${level(c.tier.at_least)}`, c.tier.at_most && `${title} ${zh ? '至多' : 'at most'} ${level(c.tier.at_most)}`].filter(Boolean).join(zh ? ' 且 ' : ' and ');
  }
  if (c.value !== undefined) {
    const known = [...(names?.indicators ?? []), ...(names?.scores ?? []), ...(names?.predictions ?? []), ...(names?.rules ?? [])].find((one) => one.name === c.value);
    const name = textOf(known?.title, c.value, lang);
    const tests = [
      c.at_least !== undefined && `≥ ${c.at_least}`, c.more_than !== undefined && `> ${c.more_than}`, c.at_most !== undefined && `≤ ${c.at_most}`, c.less_than !== undefined && `< ${c.less_than}`,
      c.equals !== undefined && `= ${c.equals}`, c.one_of && `${zh ? '属于' : 'is one of'} ${c.one_of.join(zh ? '、' : ', ')}`,
      c.known === true && (zh ? '已知' : 'is known'), c.known === false && (zh ? '未知' : 'is not known'),
    ].filter(Boolean);
    return `${name} ${tests.join(zh ? ' 且 ' : ' and ')}`;
  }
  return JSON.stringify(condition);
}

/** A formula with the titles of what it names; texts in quotes stay as they are. */
export function saySql(sql: string, lang: Lang, names: Names): string {
  const titles = new Map([...(names?.segments ?? []), ...(names?.tiers ?? []), ...(names?.rules ?? []), ...(names?.scores ?? []), ...(names?.predictions ?? []), ...(names?.indicators ?? [])].map((one) => [one.name, textOf(one.title, one.name, lang)]));
  const joined: Record<string, string> = lang === 'zh' ? { and: '且', or: '或', not: '非' } : {};
  return sql.replace(/'(?:[^']|'')*'|[\p{L}_][\p{L}\p{N}_]*|>=|<=|<>/gu, (part) => {
    if (part === '>=') return '≥';
    if (part === '<=') return '≤';
    if (part === '<>') return '≠';
    return titles.get(part) ?? joined[part.toLowerCase()] ?? part;
  });
}

/** Which of the events are meant, by the titles of their columns. */
function ofEvents(where: string | undefined, lang: Lang, names: Names): string {
  return where ? ` [${saySql(where, lang, names && { ...names, indicators: names.columns ?? [], scores: [], predictions: [], rules: [], segments: [], tiers: [] })}]` : '';
}

function kind(name: string, lang: Lang, names: Names) {
  return textOf(names?.kinds.find((one) => one.name === name)?.title ?? kindTitle(name), name, lang);
}

export function sayWindow(window: Window | undefined, lang: Lang): string {
  const zh = lang === 'zh';
  if (!window) return zh ? '全部时间' : 'all time';
  if (typeof window === 'string') return zh ? `近 ${span(window, lang)}` : `the last ${span(window, lang)}`;
  if (window.calendar) {
    const said: Record<string, [string, string]> = {
      this_month: ['本月', 'this month'], last_month: ['上月', 'last month'], this_quarter: ['本季度', 'this quarter'],
      last_quarter: ['上季度', 'last quarter'], this_year: ['今年', 'this year'], last_year: ['去年', 'last year'],
    };
    return said[window.calendar]![zh ? 0 : 1];
  }
  if (window.since) return zh ? `自最近一次 [${window.since}] 起` : `since the last [${window.since}]`;
  const base = zh ? `${span(window.last ?? '', lang)}` : `${span(window.last ?? '', lang)}`;
  return window.before ? (zh ? `${span(window.before, lang)}前的 ${base}` : `the ${base} before the last ${span(window.before, lang)}`) : zh ? `近 ${base}` : `the last ${base}`;
}

/** `90 days` is `90 天` to a reader of Chinese, and the other way round. */
export function span(text: string, lang: Lang): string {
  const match = /^\s*(\d+)\s*(.*?)\s*$/.exec(text);
  if (!match) return text;
  const units: [RegExp, string, string][] = [
    [/^(days?|天|日)$/, '天', 'day'], [/^(weeks?|周)$/, '周', 'week'], [/^(months?|个?月)$/, '个月', 'month'],
    [/^(quarters?|个?季度)$/, '个季度', 'quarter'], [/^(years?|年)$/, '年', 'year'],
  ];
  const unit = units.find(([pattern]) => pattern.test(match[2]!));
  if (!unit) return text;
  return lang === 'zh' ? `${match[1]} ${unit[1]}` : `${match[1]} ${unit[2]}${match[1] === '1' ? '' : 's'}`;
}

function sayBehaviour(what: Behaviour, did: boolean, lang: Lang, names: Names): string {
  const zh = lang === 'zh';
  const event = kind(what.event, lang, names) + ofEvents(what.where, lang, names);
  const { times } = what;
  const often = !times ? '' : times.exactly !== undefined ? (zh ? `恰好 ${times.exactly} 次` : `exactly ${times.exactly} times`)
    : [times.at_least !== undefined && (zh ? `至少 ${times.at_least} 次` : `at least ${times.at_least} times`), times.at_most !== undefined && (zh ? `至多 ${times.at_most} 次` : `at most ${times.at_most} times`)].filter(Boolean).join(zh ? '、' : ' and ');
  const when = sayWindow(what.window, lang);
  return zh ? `${when}${did ? '做过' : '没做过'} ${event}${often ? ` ${often}` : ''}` : `${did ? 'did' : 'did not do'} ${event}${often ? ` ${often}` : ''} in ${when}`;
}
