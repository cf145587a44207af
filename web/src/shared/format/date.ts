import dayjs from 'dayjs';
import type { Lang } from '../api/contract';
import { dateFormat, relativeFormat } from './formatter';
import { locale } from './number';

const NONE = '–';
const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text);

/** A local date stays what it is; an instant is shown in the workspace's zone. */
export function day(value: string | null | undefined, zone?: string): string {
  if (!value) return NONE;
  if (isDate(value)) return value;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return value;
  return dateFormat('sv-SE', { dateStyle: 'short', timeZone: zone }).format(at);
}

/** The instant with which a local date begins in a zone: midnight, or the first moment after a skipped one. */
export function begins(date: string, zone?: string): string {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const shown = dateFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone });
  const offset = (at: number) => Date.parse(`${shown.format(at).replace(' ', 'T')}Z`) - at;
  // The offset that holds there, not the one that held at midnight of Greenwich.
  return new Date(midnight - offset(midnight - offset(midnight))).toISOString();
}

/** The date so many days later. */
export function later(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** 2026-11-22 06:00 */
export function minute(value: string | null | undefined, zone?: string): string {
  if (!value) return NONE;
  if (isDate(value)) return value;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return value;
  return dateFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: zone }).format(at);
}

/** 3 days ago, 3天前; against the clock of the workspace, which may stand still. */
export function ago(value: string | null | undefined, now: string, lang: Lang): string {
  if (!value) return NONE;
  const days = dayjs(now).diff(dayjs(value), 'minute');
  const relative = relativeFormat(locale(lang), { numeric: 'auto' });
  if (Math.abs(days) < 60) return relative.format(-days, 'minute');
  if (Math.abs(days) < 60 * 24) return relative.format(-Math.round(days / 60), 'hour');
  if (Math.abs(days) < 60 * 24 * 60) return relative.format(-Math.round(days / 1440), 'day');
  return relative.format(-Math.round(days / (1440 * 30.4)), 'month');
}

/** 38 s, 2 min 5 s */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 10) return `${Math.round(value * 10) / 10} s`;
  if (value < 60) return `${Math.round(value)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}
