import type { Lang, Permission, Session } from './api/contract';
import { useRead } from './api/hooks';
import { useTranslation } from 'react-i18next';
import { currentLang, i18n } from './i18n/language';
import * as dates from './format/date';
import * as numbers from './format/number';

/** Who is signed in and what the workspace is. Screens inside the frame always have it. */
export function useSession(): Session | undefined {
  return useRead('/session', {}, { staleTime: 60_000 }).data;
}

export function useMay(): (permission: Permission) => boolean {
  const session = useSession();
  return (permission) => session?.permissions.includes(permission) ?? false;
}

export function useLang(): Lang {
  useTranslation(undefined, { i18n });
  return currentLang();
}

/** Numbers, money and dates as this reader and this workspace write them. */
export function useFormat() {
  const lang = useLang();
  const workspace = useSession()?.workspace;
  const zone = workspace?.time_zone;
  const currency = workspace?.currency ?? 'CNY';
  const now = workspace?.clock.now ?? new Date().toISOString();
  const today = dates.day(now, zone);
  type N = number | string | null | undefined;
  type S = string | null | undefined;
  return {
    lang,
    currency,
    now,
    /** The workspace's own date. */
    today,
    count: (value: N) => numbers.count(value, lang),
    decimal: (value: N, digits?: number, fixed?: boolean) => numbers.decimal(value, lang, digits, fixed),
    value: (value: S) => numbers.value(value, lang),
    short: (value: N) => numbers.short(value, lang),
    money: (value: N) => numbers.money(value, currency, lang),
    shortMoney: (value: N) => numbers.shortMoney(value, currency, lang),
    percent: (value: N, digits?: number) => numbers.percent(value, lang, digits),
    signed: (value: N, digits?: number) => numbers.signed(value, lang, digits),
    bytes: (value: N) => numbers.bytes(value, lang),
    day: (value: S) => dates.day(value, zone),
    minute: (value: S) => dates.minute(value, zone),
    /** The instant with which a local date of the workspace begins. */
    begins: (date: string) => dates.begins(date, zone),
    /** The last second of a local date of the workspace. */
    closes: (date: string) => new Date(Date.parse(dates.begins(dates.later(date, 1), zone)) - 1000).toISOString(),
    /** Against the real clock: jobs and sessions happen now even where the data stand still. */
    ago: (value: S) => dates.ago(value, new Date().toISOString(), lang),
    seconds: dates.seconds,
  };
}
