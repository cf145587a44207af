// A branch in words.
import type { Lang } from '../../shared/api/contract';
import type { Catalogue } from '../../shared/catalogue';
import { sayCondition, saySql } from '../../shared/condition/say';
import { textOf } from '../../shared/i18n/language';
import { outcomeText, testText } from '../../shared/sheet/notation';
import type { Line } from './nodes';

/** What has to hold for the branch; nothing for an else and for the root. */
export function sayBranch(line: Pick<Line, 'node' | 'value'>, lang: Lang, names: Catalogue | undefined): string {
  const { node, value } = line;
  const title = textOf(node.title, '', lang);
  const test = node.when !== undefined ? sayCondition(node.when, lang, names)
    : node.is !== undefined ? sayTest(value, testText(node.is), lang, names) : '';
  return title && test ? `${title}${lang === 'zh' ? `（${test}）` : ` (${test})`}` : title || test;
}

export function sayValue(value: string | undefined, lang: Lang, names: Catalogue | undefined): string {
  return value === undefined ? '' : saySql(value, lang, names);
}

function sayTest(value: string | undefined, test: string, lang: Lang, names: Catalogue | undefined): string {
  if (test.startsWith('=')) return saySql(test.slice(1), lang, names);
  if (test === '-') return lang === 'zh' ? '任何情形' : 'in any case';
  const said = test.replace(/>=/g, '≥').replace(/<=/g, '≤').replace(/!=/g, '≠').replace(/"/g, '');
  const what = sayValue(value, lang, names);
  if (/^null$/.test(test)) return `${what} ${lang === 'zh' ? '未知' : 'is not known'}`;
  if (/^not\(null\)$/.test(test)) return `${what} ${lang === 'zh' ? '已知' : 'is known'}`;
  return /^[<>≥≤≠]/.test(said) ? `${what} ${said}` : /^[[(]/.test(said) ? `${what} ${lang === 'zh' ? '在' : 'in'} ${said}` : `${what} = ${said}`;
}

export function sayGives(line: Pick<Line, 'node'>): string {
  return outcomeText(line.node.gives);
}
