import { createInstance } from 'i18next';
import type { Lang } from '../api/contract';
import type { Text } from '../api/document';

export const i18n = createInstance();
void i18n.init({
  lng: 'zh',
  fallbackLng: 'zh',
  initAsync: false,
  resources: { zh: {}, en: {} },
  interpolation: { escapeValue: false },
  // A state or kind that the server has and the page has no word for shows its code; whoever walks the page hears of it.
  saveMissing: true,
  missingKeyHandler: (_, place, key) => console.error(`no word: ${place}.${key}`),
});

const KEY = 'gradus.language';

export function currentLang(): Lang {
  return i18n.language === 'en' ? 'en' : 'zh';
}

/** What the person chose before, else what the browser asks for; Chinese first. */
export function firstLang(): Lang {
  const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY);
  if (stored === 'zh' || stored === 'en') return stored;
  const asked = typeof navigator === 'undefined' ? 'zh' : navigator.language;
  return asked.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

export function setLang(lang: Lang, remember = true) {
  if (remember && typeof localStorage !== 'undefined') localStorage.setItem(KEY, lang);
  void i18n.changeLanguage(lang);
  if (typeof document !== 'undefined') document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
}

/** A text of a document in the language of the reader; the name where it has no title. */
export function textOf(text: Text | null | undefined, otherwise = '', lang: Lang = currentLang()): string {
  if (text === null || text === undefined || text === '') return otherwise;
  if (typeof text === 'string') return text;
  return text[lang] || text[lang === 'zh' ? 'en' : 'zh'] || otherwise;
}

/** What a field that is one text keeps in both languages, as JSON; else the text as it is. */
export function storedText(text: string | null | undefined, lang: Lang = currentLang()): string {
  if (!text?.startsWith('{')) return text ?? '';
  try {
    return textOf(JSON.parse(text) as Text, text, lang);
  } catch {
    return text;
  }
}
