/** The browser's formatters, each made once: to make one takes longer than to format a thousand values. */
export const numberFormat = kept((locale, options) => new Intl.NumberFormat(locale, options as Intl.NumberFormatOptions));
export const dateFormat = kept((locale, options) => new Intl.DateTimeFormat(locale, options as Intl.DateTimeFormatOptions));
export const relativeFormat = kept((locale, options) => new Intl.RelativeTimeFormat(locale, options as Intl.RelativeTimeFormatOptions));

type Options = Record<string, string | number | undefined>;

function kept<T>(make: (locale: string, options: Options) => T) {
  const made = new Map<string, T>();
  return (locale: string, options: Options): T => {
    const key = `${locale} ${Object.entries(options).join(' ')}`;
    let own = made.get(key);
    if (own === undefined) made.set(key, own = make(locale, options));
    return own;
  };
}
