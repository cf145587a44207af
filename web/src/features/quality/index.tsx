import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Quality } from '../../shared/api/contract';
import type { ApiError } from '../../shared/api/error';
import { read, useRead } from '../../shared/api/hooks';
import type { ImportSummary } from '../../shared/api/later';
import { words } from '../../shared/i18n/words';
import { fileNames } from '../../shared/format/list';
import { useFormat } from '../../shared/session';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { Missing } from './Missing';
import { QualityFields } from '../../shared/ui/QualityFields';

const useWords = words('quality', {
  title: ['质量与对账', 'Quality and reconciliation'],
  lead: ['每一次导入的账都要平：读入 = 归属 + 未归属 + 隔离，行数与金额皆然。', 'The books of every import balance: read = attributed + unattributed + quarantined, in rows and in money.'],
  import: ['导入', 'Import'],
  read: ['累计读入', 'Read in all'],
  attributed: ['归属客户', 'Attributed'],
  unattributed: ['未归属', 'Unattributed'],
  quarantined: ['隔离', 'Quarantined'],
  balance: ['对账', 'Balance'],
  balances: ['平', 'balances'],
  differs: ['差 {{n}} 行', '{{n}} rows off'],
  fields: ['字段质量', 'Quality by field'],
  file: ['文件', 'Files'],
  emptyTitle: ['还没有可检查的数据', 'Nothing to look at yet'],
  emptyText: ['导入之后，这里逐项列出完整、有效、异常与对账。', 'After an import this screen shows what is filled, valid and unusual, and whether the books balance.'],
  toImport: ['导入文件', 'Import files'],
});

/** Every import: what is added up here is the whole of it. */
function useAll() {
  return useQuery<{ items: ImportSummary[] }, ApiError>({
    queryKey: ['/imports', 'all'],
    queryFn: async ({ signal }) => {
      const items: ImportSummary[] = [];
      let cursor: string | undefined;
      do {
        const page = await read('/imports', { query: { limit: 200, cursor: cursor === undefined ? undefined : Number(cursor) } }, signal);
        items.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      return { items };
    },
  });
}

export default function QualityPage() {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const query = useAll();
  const [picked, pick] = useState<string | null>(null);
  const number = picked ?? (query.data?.items[0] ? String(query.data.items[0].number) : null);
  const detail = useRead('/imports/{number}', { path: { number: Number(number ?? 0) } }, { enabled: number !== null });
  return (
    <Page title={say('title')} lead={say('lead')}>
      <Loaded query={query} empty={(data) => data.items.length === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><Link to="/imports/new">{say('toImport')}</Link></Empty></Panel>}>
        {({ items }) => {
          const live = items.filter((one) => one.state !== 'undone');
          const sum = (of: (one: (typeof items)[number]) => number) => format.count(live.reduce((all, one) => all + of(one), 0));
          return (
            <>
              <div className="figures">
                <Figure label={say('read')} value={sum((one) => one.read)} /><Figure label={say('attributed')} value={sum((one) => one.attributed)} tone="good" />
                <Figure label={say('unattributed')} value={sum((one) => one.unattributed)} /><Figure label={say('quarantined')} value={sum((one) => one.quarantined)} tone={live.some((one) => one.quarantined > 0) ? 'warn' : undefined} onOpen={() => void navigate({ to: '/quarantine' })} />
              </div>
              <Panel title={say('balance')} flush>
                <div className="table-box"><table className="table">
                  <thead><tr><th scope="col">{say('import')}</th><th scope="col">{say('file')}</th><th scope="col" className="right">{say('read')}</th><th scope="col" className="right">{say('attributed')}</th><th scope="col" className="right">{say('unattributed')}</th><th scope="col" className="right">{say('quarantined')}</th><th scope="col">{say('balance')}</th></tr></thead>
                  <tbody>{live.map((one) => {
                    const off = one.read - one.attributed - one.unattributed - (one.reference ?? 0) - one.retractions - one.skipped - one.quarantined;
                    return <tr key={one.number}><th scope="row"><Link to="/imports/$number" params={{ number: String(one.number) }}>{one.number}</Link></th><td className="wrap">{fileNames(one.files)}</td><td className="right">{format.count(one.read)}</td><td className="right">{format.count(one.attributed)}</td><td className="right">{format.count(one.unattributed)}</td><td className="right">{one.quarantined > 0 ? <Link to="/quarantine" search={{ import: String(one.number) }}>{format.count(one.quarantined)}</Link> : 0}</td><td>{off === 0 ? <span className="tag good">{say('balances')}</span> : <span className="tag bad">{say('differs', { n: off })}</span>}</td></tr>;
                  })}</tbody>
                </table></div>
              </Panel>
              <Missing />
              <Panel title={say('fields')} flush extra={<Select aria-label={say('import')} style={{ minWidth: 220 }} value={number ?? undefined} onChange={pick} options={items.map((one) => ({ value: String(one.number), label: `${say('import')} ${one.number} · ${fileNames(one.files)}` }))} />}>
                <Loaded query={detail}>{(data) => (data.quality ? <QualityFields quality={data.quality as Quality} /> : null)}</Loaded>
              </Panel>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
