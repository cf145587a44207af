import { App, Button, Input } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditEntry } from '../../shared/api/contract';
import { read, useMore } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { downloadCsv } from '../../shared/ui/download';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';

const useWords = words('audit', {
  title: ['审计', 'Audit'],
  lead: ['人的每一次写入都在这里。记录以哈希相连，被改动会显现。', 'Every write by a person is here. Entries are chained by hash, so tampering shows.'],
  verify: ['核对是否被改动', 'Check for tampering'],
  intact: ['{{n}} 条记录完整，未被改动', 'All {{n}} entries are as they were written'],
  broken: ['第 {{n}} 条起被改动！', 'Tampered with from entry {{n}} on!'],
  number: ['编号', 'No.'], at: ['时间', 'When'], who: ['谁', 'Who'], action: ['做了什么', 'Did what'], what: ['对什么', 'To what'], detail: ['详情', 'Detail'], hash: ['哈希', 'Hash'],
  filter: ['在已载入的记录中筛选', 'Filter what is loaded'],
  empty: ['还没有记录', 'No entries yet'],
});

export default function Audit() {
  const say = useWords();
  const ui = useUi();
  const format = useFormat();
  const client = useQueryClient();
  const { modal } = App.useApp();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const query = useMore<AuditEntry>(['/audit'], (cursor, signal) => read('/audit', { query: { limit: 100, cursor } }, signal));
  const verify = async () => {
    setBusy(true);
    try {
      const result = await client.fetchQuery({ queryKey: ['/audit/verify'], queryFn: () => read('/audit/verify'), staleTime: 0 });
      if (result.intact) modal.success({ title: say('intact', { n: format.count(result.entries) }), okText: ui('close') });
      else modal.error({ title: say('broken', { n: result.first_broken ?? '?' }), okText: ui('close') });
    } catch (error) {
      modal.error({ title: (error as Error).message, okText: ui('close') });
    } finally {
      setBusy(false);
    }
  };
  const flat = (one: AuditEntry) => Object.entries(one.detail ?? {}).map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(' · ');
  const shown = (query.data?.items ?? []).filter((one) => !text || `${one.who} ${one.action} ${one.what ?? ''} ${flat(one)}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <Page title={say('title')} lead={say('lead')} actions={<>
      <Input.Search allowClear aria-label={say('filter')} placeholder={say('filter')} style={{ width: 220 }} onChange={(event) => setText(event.target.value)} />
      <Button onClick={() => downloadCsv('audit', [say('number'), say('at'), say('who'), say('action'), say('what'), say('detail'), say('hash')], shown.map((one) => [one.number, one.at, one.who, one.action, one.what ?? '', flat(one), one.hash ?? '']))}>{ui('csv')}</Button>
      <Button type="primary" loading={busy} onClick={() => void verify()}>{say('verify')}</Button>
    </>}>
      <Panel flush>
        <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('empty')} />}>
          {(data) => <DataTable label={say('title')} rows={shown} rowKey={(one) => String(one.number)} total={text ? null : data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} columns={[
            { key: 'n', title: say('number'), align: 'right', width: 70, cell: (one) => one.number },
            { key: 'at', title: say('at'), cell: (one) => <span className="nowrap">{format.minute(one.at)}</span> },
            { key: 'who', title: say('who'), cell: (one) => one.who },
            { key: 'action', title: say('action'), cell: (one) => <code>{one.action}</code> },
            { key: 'what', title: say('what'), cell: (one) => one.what ?? '' },
            { key: 'detail', title: say('detail'), cell: (one) => <span className="faint small wrap">{flat(one)}</span> },
          ]} />}
        </Loaded>
      </Panel>
    </Page>
  );
}
