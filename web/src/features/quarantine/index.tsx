import { DownloadOutlined, WarningFilled } from '@ant-design/icons';
import { App, Button, Input } from 'antd';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { fetched } from '../../shared/api/client';
import type { ApiError } from '../../shared/api/error';
import type { FileTold, ImportResult } from '../../shared/api/contract';
import type { QuarantineRow } from '../../shared/api/later';
import { isThere, read, renew, useMore, useRead, useSend } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { save } from '../../shared/ui/download';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { placeOf, suspects } from './suspect';

const useWords = words('quarantine', {
  title: ['隔离区', 'Quarantine'],
  lead: ['有错的行不会丢失，也不会计入任何客户。在这里修改后重新导入；或下载工作簿改好再导入。', 'Rows that are wrong are neither lost nor counted for anybody. Mend them here and replay them, or take the workbook away and import it again.'],
  workbook: ['下载失败行工作簿', 'Download the failed rows'],
  file: ['文件', 'File'],
  row: ['行', 'Row'],
  why: ['原因', 'What is wrong'],
  cells: ['内容（可修改）', 'Content (can be changed)'],
  replay: ['重新导入修改过的 {{n}} 行', 'Replay the {{n}} mended rows'],
  replayNone: ['先修改，再重新导入', 'Mend a row, then replay it'],
  mTime: ['发生时间', 'When it happened'], mKind: ['事件类型', 'Kind of event'], mOrder: ['订单号', 'Order'], mAmount: ['金额', 'Amount'], mQuantity: ['数量', 'Quantity'], mEvent_id: ['事件编号', 'Event id'],
  wrongHere: ['要改的在这里', 'to be mended'],
  masked: ['已遮盖，重新填写即可更正', 'masked; type it anew to correct it'],
  emptyTitle: ['隔离区是空的', 'Quarantine is empty'],
  emptyText: ['所有读入的行都已归入账本。导入时出错的行会带着原因出现在这里。', 'Every row read is in the ledger. Rows that fail while importing appear here with the reason.'],
  toImports: ['查看导入记录', 'See the imports'],
  accepted: ['{{n}} 行已进入账本，{{left}} 行仍在隔离区', '{{n}} rows are in the ledger now, {{left}} stay in quarantine'],
});

export default function Quarantine() {
  const say = useWords();
  const format = useFormat();
  const may = useMay();
  const client = useQueryClient();
  const { message } = App.useApp();
  const { import: number } = useSearch({ strict: false }) as { import?: string };
  const query = useMore<QuarantineRow>(['/quarantine', number ?? null], (cursor, signal) => read('/quarantine', { query: { limit: 50, cursor, import: number ? Number(number) : undefined } }, signal));
  const [mended, setMended] = useState<Record<string, Record<string, string>>>({});
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId, (ended) => {
    if (ended.state !== 'done') return;
    const told = ((ended.result ?? {}) as Partial<ImportResult>).files ?? [];
    const total = (of: (one: FileTold) => number | undefined) => told.reduce((sum, one) => sum + (of(one) ?? 0), 0);
    const [accepted, quarantined] = [total((one) => one.new), total((one) => one.quarantined)];
    void message.success(say('accepted', { n: accepted, left: quarantined }));
    setMended({});
    setJobId(null);
    renew(client, ['/quarantine', '/imports']);
  });
  const replay = useSend('post', '/quarantine/replay', { onDone: (started) => setJobId(started.id) });
  const n = Object.keys(mended).length;
  // Which cells a complaint means is in the mapping of the source that the rows came by.
  const first = query.data?.items[0]?.import;
  const imports = useRead('/imports', {}, { enabled: first !== undefined && may('import_data'), staleTime: 60_000 }).data?.items;
  const by = imports?.find((one) => one.number === first)?.source;
  const source = useRead('/sources/{name}', { path: { name: by ?? '' } }, { enabled: !!by, staleTime: 60_000 }).data?.document;
  const why = (row: QuarantineRow) => {
    const place = placeOf(row.message[format.lang]);
    if (!place || !['time', 'kind', 'order', 'amount', 'quantity', 'event_id'].includes(place.key)) return row.message[format.lang];
    return <><b>{say(`m${place.key[0]!.toUpperCase()}${place.key.slice(1)}` as 'mTime')}</b> · {place.rest}</>;
  };
  // It shows who customers are, so the server may ask first who sits there: a link could not answer.
  const file = useMutation<void, ApiError, number>({ mutationFn: async (of) => save(`import-${of}-failed-rows.xlsx`, await fetched(`/imports/${of}/failed-rows`)) });
  const workbook = number ?? query.data?.items[0]?.import;
  const send = () => replay.mutate({ body: { rows: Object.entries(mended).map(([id, cells]) => ({ id, cells: Object.entries(cells).map(([column, value]) => ({ column, value })) })) } });
  return (
    <Page wide title={say('title')} lead={say('lead')} actions={<>
      {workbook !== undefined && isThere('get', '/imports/{number}/failed-rows') && <Button icon={<DownloadOutlined />} loading={file.isPending} onClick={() => file.mutate(Number(workbook))}>{say('workbook')}</Button>}
      {may('mend_quarantine') && <Button type="primary" disabled={n === 0} loading={replay.isPending} onClick={send}>{n === 0 ? say('replayNone') : say('replay', { n })}</Button>}
    </>}>
      {jobId && <Panel><JobProgress job={job} /></Panel>}
      {file.error && <p className="bad" role="alert">{file.error.message}</p>}
      {replay.error && <p className="bad" role="alert">{replay.error.message}</p>}
      <Panel flush>
        <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}><Link to="/imports">{say('toImports')}</Link></Empty>}>
          {(data) => (
            <DataTable
              label={say('title')} rows={data.items} rowKey={(row) => row.id} total={data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }}
              columns={[
                { key: 'file', title: say('file'), cell: (row) => row.file, width: 150 },
                { key: 'row', title: say('row'), align: 'right', width: 60, cell: (row) => format.count(row.row) },
                { key: 'why', title: say('why'), width: 220, cell: (row) => <span className="bad">{why(row)}</span> },
                { key: 'cells', title: say('cells'), cell: (row) => (
                  <div className="row">{row.cells.map((cell) => [cell, suspects(row, source).includes(cell.column)] as const).map(([cell, wrong]) => (
                    <label key={cell.column} className={wrong ? 'small bad' : 'small faint'}>{cell.column}{wrong && <> <WarningFilled aria-hidden /> {say('wrongHere')}</>}
                      <Input size="small" status={wrong ? 'error' : undefined} aria-invalid={wrong || undefined} className={wrong ? 'bad-cell' : undefined} style={{ width: 150, display: 'block' }} title={cell.masked ? say('masked') : undefined} disabled={!may('mend_quarantine')}
                        value={mended[row.id]?.[cell.column] ?? cell.value ?? ''} onChange={(event) => setMended({ ...mended, [row.id]: { ...mended[row.id], [cell.column]: event.target.value } })} />
                    </label>
                  ))}</div>
                ) },
              ]}
            />
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}
