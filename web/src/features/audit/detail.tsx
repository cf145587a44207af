import type { AuditEntry } from '../../shared/api/contract';
import { useRead } from '../../shared/api/hooks';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';

const useWords = words('audit-detail', {
  role: ['角色', 'role'], note: ['意见', 'remark'], reason: ['原因', 'reason'], source: ['数据源', 'source'], version: ['版本', 'version'], draft: ['草稿', 'draft'],
  customer: ['客户', 'customer'], scheme: ['等级体系', 'scheme'], level: ['级别', 'level'], effective_from: ['生效于', 'in force from'], as_of: ['截至', 'as of'], expires: ['截止', 'until'],
  hash: ['内容指纹', 'fingerprint'], file: ['文件', 'file'], name: ['名称', 'name'], customers: ['客户数', 'customers'], bytes: ['大小', 'size'], job: ['任务', 'job'], identifiers: ['含身份信息', 'with identifiers'],
  from: ['自', 'from'], row: ['行', 'row'], rows: ['行数', 'rows'], outcome: ['结果', 'outcome'], format: ['格式', 'format'], scope: ['数据范围', 'scope'], second_factor_forgotten: ['两步验证已取消', 'second factor forgotten'], sessions_ended: ['所有会话已结束', 'signed out everywhere'], yes: ['是', 'yes'], no: ['否', 'no'],
});
const KEYS = ['role', 'note', 'reason', 'source', 'version', 'customer', 'scheme', 'level', 'effective_from', 'as_of', 'expires', 'hash', 'file', 'name', 'customers', 'bytes', 'job', 'identifiers', 'from', 'row', 'rows', 'outcome', 'format', 'scope', 'second_factor_forgotten', 'sessions_ended'] as const;

/** What an entry says beside who, when and what: keys in words, instants as dates, names of the model by their titles. */
export function useDetail(): (entry: AuditEntry) => [key: string, value: string][] {
  const say = useWords();
  const format = useFormat();
  const catalogue = useCatalogue('graded');
  const roles = useRead('/roles', {}, { staleTime: 600_000 }).data;
  return (entry) => {
    const detail = (entry.detail as Record<string, unknown> | null) ?? {};
    const scheme = catalogue?.tiers.find((one) => one.name === detail.scheme);
    const said = (key: string, value: unknown): string => {
      if (value === null || value === undefined) return '–';
      if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
      // Instants are kept in microseconds.
      if (typeof value === 'number') return value > 1e14 ? format.minute(new Date(value / 1000).toISOString()) : key === 'bytes' ? format.bytes(value) : format.decimal(value);
      if (typeof value === 'object') return JSON.stringify(value);
      if (key === 'scheme') return textOf(scheme?.title, String(value), format.lang);
      if (key === 'level') return textOf(scheme?.levels.find((one) => one.name === value)?.title, String(value), format.lang);
      if (key === 'role') return textOf(roles?.find((one) => one.name === value)?.title, String(value), format.lang);
      if (key === 'version' && value === 'draft') return say('draft');
      return key === 'customer' ? `#${String(value)}` : String(value);
    };
    return Object.entries(detail).map(([key, value]) => [(KEYS as readonly string[]).includes(key) ? say(key as 'role') : key, said(key, value)]);
  };
}

/** Long numbers of machines are shortened; the whole is in the title. */
export function Told({ text }: { text: string }) {
  return /^[0-9a-f]{12,}$/.test(text) ? <code title={text}>{text.slice(0, 8)}…</code> : <>{text}</>;
}
