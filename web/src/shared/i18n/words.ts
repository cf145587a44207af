// Words stand beside the screen that says them, both languages on one line: so none can be missing.
import { useTranslation } from 'react-i18next';
import { i18n } from './language';

export type Words = Record<string, readonly [zh: string, en: string]>;
type Values = Record<string, string | number>;
export type Say<W extends Words> = (key: keyof W & string, values?: Values) => string;


/** Registers the words of one place and gives the hook that says them. */
export function words<W extends Words>(place: string, own: W) {
  const of = (index: 0 | 1) => Object.fromEntries(Object.entries(own).map(([key, both]) => [key, both[index]]));
  i18n.addResourceBundle('zh', place, of(0));
  i18n.addResourceBundle('en', place, of(1));
  return function useWords(): Say<W> {
    const { t } = useTranslation(place, { i18n });
    return (key, values) => (t as unknown as (key: string, values?: Values) => string)(key, values);
  };
}
