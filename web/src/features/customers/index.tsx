import { DownloadOutlined, FilterOutlined, SaveOutlined } from '@ant-design/icons';
import { App, Button, Dropdown, Input, Popover, Select, Tag } from 'antd';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { CustomerRow } from '../../shared/api/contract';
import type { Condition } from '../../shared/api/document';
import { sendTo, useMore, useRead, useSend } from '../../shared/api/hooks';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { sayCondition } from '../../shared/condition/say';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { useDebounced } from '../../shared/ui/debounce';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, LevelTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable, type Column } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { Export } from './Export';
import { useCustomerWords } from './words';

interface Filter { scheme?: string; level?: string; segment?: string; where?: string; columns?: string; sort?: string }

/** The list. Filters stand in the address so that every figure can open it; what is typed to find somebody never does. */
export default function Customers() {
  const say = useCustomerWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const filter = useSearch({ strict: false }) as Filter;
  const [text, setText] = useState('');
  const [naming, name] = useState(false);
  const [exporting, setExporting] = useState(false);
  const settled = useDebounced(text.trim(), 250);
  const catalogue = useRead('/catalogue').data;
  const home = useRead('/home').data;
  const views = useRead('/views');
  const saveView = useSend('post', '/views', { renews: ['/views'], onDone: () => void message.success(say('viewSaved')) });
  const removeView = useSend('delete', '/views/{id}', { renews: ['/views'] });
  const go = (next: Partial<Filter>) => {
    const clean = Object.fromEntries(Object.entries({ ...filter, ...next }).filter(([, value]) => value));
    void navigate({ to: '/customers', search: clean as never, replace: true });
  };
  const scheme = catalogue?.tiers.find((one) => one.name === filter.scheme) ?? catalogue?.tiers[0];
  const where = parse(filter.where);
  const shown = (filter.columns ? filter.columns.split(',') : (catalogue?.indicators.slice(0, 3).map((one) => one.name) ?? []));
  const [by, descending] = filter.sort ? [filter.sort.replace(/^-/, ''), filter.sort.startsWith('-')] : [undefined, false];
  const body = {
    text: settled || undefined, tier: filter.level && scheme ? { scheme: scheme.name, level: filter.level } : undefined, segment: filter.segment,
    where, columns: shown, sort: by ? { by, descending } : undefined, limit: 100,
  };
  const query = useMore<CustomerRow>(['/customers/search', body], (cursor, signal) => sendTo('post', '/customers/search', { body: { ...body, cursor } }, signal), catalogue !== undefined);
  const open = (row: CustomerRow) => void navigate({ to: '/customers/$customer', params: { customer: row.customer } });
  const sorted = (key: string) => ({ sort: by === key ? (descending ? ('down' as const) : ('up' as const)) : null, onSort: () => go({ sort: by === key && descending ? key : `-${key}` }) });
  const columns: Column<CustomerRow>[] = [
    { key: 'who', title: say('customer'), cell: (row) => <button type="button" className="linkish" onClick={() => open(row)}>{row.label} <code className="name">#{row.customer}</code></button> },
    ...(catalogue?.tiers ?? []).slice(0, 2).map((tier): Column<CustomerRow> => ({ key: `t-${tier.name}`, title: textOf(tier.title, tier.name), cell: (row) => {
      const at = tier.levels.findIndex((level) => level.name === row.tier[tier.name]);
      return at < 0 ? <span className="faint">{say('notGraded')}</span> : <><LevelTag title={textOf(tier.levels[at]!.title, tier.levels[at]!.name)} index={at} of={tier.levels.length} />{row.override && <span className="tag warn"> {say('override')}</span>}</>;
    } })),
    ...(catalogue?.scores ?? []).slice(0, 2).map((score): Column<CustomerRow> => ({ key: `s-${score.name}`, title: textOf(score.title, score.name), align: 'right', ...sorted(score.name), cell: (row) => <b>{format.decimal(row.score[score.name])}</b> })),
    ...shown.map((key): Column<CustomerRow> => {
      const one = catalogue?.indicators.find((own) => own.name === key);
      const numeric = one?.type !== 'text' && one?.type !== 'category';
      return { key, title: textOf(one?.title, key), align: numeric ? 'right' : undefined, ...sorted(key), cell: (row) => { const value = row.values?.[key]; return typeof value === 'number' || (numeric && value != null && value !== '' && Number.isFinite(Number(value))) ? format.decimal(value) : (value ?? '–'); } };
    }),
  ];
  const total = query.data?.total ?? null;
  const filtered = filter.level || filter.segment || filter.where;
  return (
    <Page wide title={say('title')} fresh={{ at: home?.run?.finished, version: home?.run?.version }} actions={<>
      <Dropdown trigger={['click']} menu={{ items: (views.data?.items ?? []).filter((one) => one.kind === 'customers').map((one) => ({ key: one.id, label: <span className="spread">{one.name}<Button size="small" type="text" aria-label={`${say('removeView')} ${one.name}`} onClick={(event) => { event.stopPropagation(); removeView.mutate({ path: { id: one.id } }); }}>×</Button></span>, onClick: () => void navigate({ to: '/customers', search: one.content as never }) })).concat([{ key: '$save', label: <span>{say('saveView')}</span>, onClick: () => void name(true) }]) }}><Button icon={<SaveOutlined />}>{say('views')}</Button></Dropdown>
      {may('export_data') && <Button className="hide-phone" icon={<DownloadOutlined />} onClick={() => setExporting(true)}>{say('export')}</Button>}
    </>}>
      <div className="row">
        <Input.Search allowClear autoFocus aria-label={say('find')} placeholder={say('find')} style={{ flex: '1 1 260px', maxWidth: 420 }} value={text} onChange={(event) => setText(event.target.value)} />
        <Select aria-label={say('tier')} style={{ width: 150 }} value={filter.level ?? ''} onChange={(level) => go({ level, scheme: level ? scheme?.name : undefined })} options={[{ value: '', label: say('anyTier') }, ...(scheme?.levels ?? []).map((level) => ({ value: level.name, label: textOf(level.title, level.name) })), { value: 'not_graded', label: say('notGraded') }]} />
        <Select aria-label={say('segment')} style={{ width: 190 }} showSearch optionFilterProp="label" value={filter.segment ?? ''} onChange={(segment) => go({ segment })} options={[{ value: '', label: say('anySegment') }, ...(catalogue?.segments ?? []).map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))]} />
        <Popover trigger="click" placement="bottom" content={<div style={{ width: 'min(720px, 86vw)' }}><ConditionBuilder label={say('condition')} value={where} onChange={(next) => go({ where: next === undefined ? undefined : JSON.stringify(next) })} /></div>}><Button icon={<FilterOutlined />} type={filter.where ? 'primary' : 'default'} ghost={!!filter.where}>{filter.where ? say('conditionOn') : say('condition')}</Button></Popover>
        <Select className="hide-phone" mode="multiple" maxTagCount={0} maxTagPlaceholder={say('columns')} aria-label={say('columns')} placeholder={say('columns')} style={{ width: 130 }} value={shown} onChange={(next: string[]) => go({ columns: next.join(',') })} options={(catalogue?.indicators ?? []).map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))} />
        {filtered && <Button type="text" onClick={() => void navigate({ to: '/customers', search: {} })}>{say('clear')}</Button>}
        {total !== null && <span className="faint" role="status">{ui('nCustomers', { n: format.count(total) })}</span>}
      </div>
      {where !== undefined && <p><Tag closable onClose={() => go({ where: undefined })}>{sayCondition(where, format.lang, catalogue)}</Tag></p>}
      <Panel flush>
        <Loaded query={query} rows={12} empty={(data) => data.items.length === 0 && <Empty title={say('noneTitle')} text={say('noneText')} />}>
          {(data) => <DataTable label={say('title')} rows={data.items} rowKey={(row) => row.customer} columns={columns} onOpen={open} total={data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} />}
        </Loaded>
      </Panel>
      <AskName open={naming} title={say('saveView')} taken={(views.data?.items ?? []).map((one) => one.name)} onClose={() => name(false)} onDone={(own) => { name(false); saveView.mutate({ body: { kind: 'customers', name: own, content: { ...filter } } }); }} />
      {exporting && <Export who={{ tier: body.tier, segment: body.segment, where: body.where }} columns={shown} n={total} onClose={() => setExporting(false)} />}
    </Page>
  );
}

function parse(text: string | undefined): Condition | undefined {
  if (!text) return undefined;
  try {
    return JSON.parse(text) as Condition;
  } catch {
    return text;
  }
}
