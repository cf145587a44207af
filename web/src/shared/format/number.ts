import type { Lang } from '../api/contract';
import { numberFormat } from './formatter';

type N = number | string | null | undefined;
const NONE = '–';

function numeric(value: N): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Whole numbers with separators. */
export function count(value: N, lang: Lang): string {
  const number = numeric(value);
  return number === null ? NONE : numberFormat(locale(lang), { maximumFractionDigits: 0 }).format(number);
}

/** A number with at most so many digits, trailing zeros dropped; `fixed` keeps them, so that a column lines up. */
export function decimal(value: N, lang: Lang, digits = 2, fixed = false): string {
  const number = numeric(value);
  return number === null ? NONE : numberFormat(locale(lang), { minimumFractionDigits: fixed ? digits : 0, maximumFractionDigits: digits }).format(number);
}

/** 1.2 万, 3.4 亿; 12 K, 3.4 M. Small numbers stay whole. */
export function short(value: N, lang: Lang): string {
  const number = numeric(value);
  if (number === null) return NONE;
  const size = Math.abs(number);
  const steps: [number, string][] = lang === 'zh' ? [[1e8, ' 亿'], [1e4, ' 万']] : [[1e9, 'B'], [1e6, 'M'], [1e4, 'K']];
  for (const [step, word] of steps) {
    if (size >= step) {
      const per = word === 'K' ? 1e3 : step;
      return numberFormat(locale(lang), { maximumSignificantDigits: size / per >= 1000 ? 4 : 3 }).format(number / per) + word;
    }
  }
  return decimal(number, lang, size < 10 ? 2 : size < 100 ? 1 : 0);
}

/** What a customer has, as the engine writes it: numbers as people read them (a quotient has ten digits, four after the point say what people look for), words as they are. */
export function value(text: string | null | undefined, lang: Lang): string {
  if (text === null || text === undefined || text === '') return NONE;
  return /^-?\d{1,15}(\.\d+)?$/.test(text) ? decimal(text, lang, 4) : text;
}

/** Money as it is booked: two digits, with its sign. */
export function money(value: N, currency: string, lang: Lang): string {
  const number = numeric(value);
  if (number === null) return NONE;
  try {
    return numberFormat(locale(lang), { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(number);
  } catch {
    return `${decimal(number, lang)} ${currency}`;
  }
}

export function shortMoney(value: N, currency: string, lang: Lang): string {
  const number = numeric(value);
  if (number === null) return NONE;
  const sign = money(0, currency, lang).replace(/[\d.,\s]/g, '');
  return `${number < 0 ? '-' : ''}${sign}${short(Math.abs(number), lang)}`;
}

/** 0.123 is 12.3 %. */
export function percent(value: N, lang: Lang, digits = 1): string {
  const number = numeric(value);
  return number === null ? NONE : numberFormat(locale(lang), { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(number);
}

/** +12 or -12; zero has no sign. */
export function signed(value: N, lang: Lang, digits = 2): string {
  const number = numeric(value);
  if (number === null) return NONE;
  return numberFormat(locale(lang), { maximumFractionDigits: digits, signDisplay: 'exceptZero' }).format(number);
}

export function bytes(value: N, lang: Lang): string {
  let number = numeric(value);
  if (number === null) return NONE;
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return `${decimal(number, lang, number < 10 ? 1 : 0)} ${units[unit]}`;
}

export function locale(lang: Lang) {
  return lang === 'zh' ? 'zh-CN' : 'en-GB';
}
