// An indicator or a score between bounds, as the server's lists take it; in an address it is one short text.
import type { Lang, Range } from './api/contract';

export type { Range };

const BOUNDS = [['>=', 'from'], ['>', 'above'], ['<=', 'up_to'], ['<', 'below']] as const;

/** `spend>=100<200;orders?;recency?|orders`: names hold none of these signs. */
export function rangesText(ranges: (Range | null | undefined)[]): string {
  return ranges.filter((one) => !!one).map((one) => one.name + (one.unknown ? `?${(one.or ?? []).map((name) => `|${name}`).join('')}` : BOUNDS.map(([sign, key]) => (one[key] === null || one[key] === undefined ? '' : `${sign}${one[key]}`)).join(''))).join(';');
}

export function rangesOf(text: string | undefined): Range[] {
  return (text ?? '').split(';').flatMap((part) => {
    const name = /^[^<>?;]+/.exec(part)?.[0];
    if (!name) return [];
    const range: Range = { name };
    if (part[name.length] === '?') {
      range.unknown = true;
      const or = part.slice(name.length + 1).split('|').filter(Boolean);
      if (or.length) range.or = or;
      return [range];
    }
    for (const match of part.slice(name.length).matchAll(/(>=|<=|>|<)(-?[\d.]+(?:e[+-]?\d+)?)/gi)) {
      range[BOUNDS.find(([sign]) => sign === match[1])![1]] = Number(match[2]);
    }
    return [range];
  });
}

const SIGNS = { from: '≥', above: '>', up_to: '≤', below: '<' };

/** In words, with the title that people know it by; `others` are the titles of those that may be unknown instead. */
export function sayRange(range: Range, title: string, lang: Lang, number: (value: number) => string, others: string[] = range.or ?? []): string {
  if (range.unknown) return lang === 'zh' ? `${[title, ...others].join('或')}没有值` : `${[title, ...others].join(' or ')} has no value`;
  const said = BOUNDS.flatMap(([, key]) => (range[key] === null || range[key] === undefined ? [] : [`${SIGNS[key]} ${number(range[key])}`]));
  if (said.length === 0) return lang === 'zh' ? `${title}有值` : `${title} has a value`;
  return `${title} ${said.join(lang === 'zh' ? ' 且 ' : ' and ')}`;
}
