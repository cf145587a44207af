export const UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;

/** A span in either language; none if it is written another way. */
export function parse(text: string): { n: number; unit: (typeof UNITS)[number] } | null {
  const match = /^\s*(\d+)\s*(days?|天|日|weeks?|周|months?|个?月|quarters?|个?季度|years?|年)\s*$/.exec(text);
  if (!match) return null;
  const word = match[2]!;
  const unit = /^(day|天|日)/.test(word) ? 'day' : /^(week|周)/.test(word) ? 'week' : /^(month|个?月)/.test(word) ? 'month' : /季度|quarter/.test(word) ? 'quarter' : 'year';
  return { n: Number(match[1]), unit };
}

/** A span as people say it; as it is written where it has another form. */
export function saySpan(text: string, lang: 'zh' | 'en'): string {
  const span = parse(text);
  if (!span) return text;
  const { n, unit } = span;
  if (lang === 'zh') return `${n} ${{ day: '天', week: '周', month: '个月', quarter: '个季度', year: '年' }[unit]}`;
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
