import { DownloadOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { CustomerPage, CustomerRow } from '../../shared/api/contract';
import { isThere, sendTo, useMore } from '../../shared/api/hooks';
import { useCatalogue, useFresh, type Catalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { useDebounced } from '../../shared/ui/debounce';
import { Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { SavedViews } from '../../shared/ui/SavedViews';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable, type Column } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { Export } from './Export';
import { chipped, whoOf, type Filter } from './filter';
import { FilterChips } from './FilterChips';
import { useCustomerWords } from './words';

/** The list. Filters stand in the address so that every figure can open it; what is typed to find somebody never does. */
export default function Customers() {
  const say = useCustomerWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const filter = useSearch({ strict: false }) as Filter;
  const [text, setText] = useState('');
  const [exporting, setExporting] = useState(false);
  const settled = useDebounced(text.trim(), 250);
  const catalogue = useCatalogue('graded');
  const go = (next: Partial<Filter>) => {
    const clean = Object.fromEntries(Object.entries({ ...filter, ...next }).filter(([, value]) => value));
    void navigate({ to: '/customers', search: clean as never, replace: true });
  };
  const scheme = catalogue?.tiers.find((one) => one.name === filter.scheme) ?? catalogue?.tiers[0];
  const [by, descending] = filter.sort ? [filter.sort.replace(/^-/, ''), filter.sort.startsWith('-')] : [undefined, false];
  const schemeName = filter.scheme ?? scheme?.name;
  const body = {
    text: settled || undefined,
    ...whoOf(filter, schemeName),
    columns: filter.columns ? filter.columns.split(',') : undefined,
    sort: by ? { column: by, descending } : undefined,
    limit: 100,
  };
  const query = useMore<CustomerRow, CustomerPage>(['/customers/search', body], (cursor, signal) => sendTo('post', '/customers/search', { body: { ...body, cursor } }, signal));
  const open = (row: CustomerRow) => void navigate({ to: '/customers/$customer', params: { customer: row.customer } });
  const fresh = useFresh(query.data?.first.as_of);
  const heads = query.data?.first.columns ?? [];
  const total = query.data?.total ?? null;
  const filtered = chipped(filter);
  return (
    <Page wide title={say('title')} fresh={fresh} actions={<>
      <SavedViews kind="customers" content={{ ...filter }} onOpen={(content) => void navigate({ to: '/customers', search: content as never })} />
      {may('export_data') && isThere('post', '/exports') && <Button className="hide-phone" icon={<DownloadOutlined />} disabled={settled !== ''} title={settled ? say('exportFound') : undefined} onClick={() => setExporting(true)}>{say('export')}</Button>}
    </>}>
      <div className="row">
        <Input.Search allowClear autoFocus aria-label={say('find')} placeholder={say('find')} style={{ flex: '1 1 260px', maxWidth: 420 }} value={text} onChange={(event) => setText(event.target.value)} />
        <Select aria-label={say('tier')} style={{ width: 150 }} value={filter.level ?? ''} onChange={(level) => go({ level, scheme: level ? scheme?.name : undefined })} options={[{ value: '', label: say('anyTier') }, ...(scheme?.levels ?? []).map((level) => ({ value: level.name, label: textOf(level.title, level.name) })), { value: 'not_graded', label: say('notGraded') }]} />
        <Select aria-label={say('segment')} style={{ width: 190 }} showSearch optionFilterProp="label" value={filter.segment ?? ''} onChange={(segment) => go({ segment })} options={[{ value: '', label: say('anySegment') }, ...(catalogue?.segments ?? []).map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))]} />
        <Select className="hide-phone" mode="multiple" maxTagCount={0} maxTagPlaceholder={say('columns')} aria-label={say('columns')} placeholder={say('columns')} style={{ width: 130 }} value={heads.map((head) => head.name)} onChange={(next: string[]) => go({ columns: next.join(',') })} options={[...(catalogue?.scores ?? []), ...(catalogue?.predictions ?? []), ...(catalogue?.indicators ?? [])].map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))} />
        {total !== null && <span className="faint" role="status">{total === 1 ? ui('oneCustomer') : ui('nCustomers', { n: format.count(total) })}</span>}
      </div>
      <FilterChips filter={filter} go={(next) => void navigate({ to: '/customers', search: next as never, replace: true })} />
      <Panel flush>
        <Loaded query={query} rows={12} empty={(data) => data.items.length === 0 && <Empty title={say('noneTitle')} text={say('noneText')}>{(filtered || text) && <Button onClick={() => { setText(''); void navigate({ to: '/customers', search: {} }); }}>{say('clear')}</Button>}</Empty>}>
          {(data) => <List page={data.first} rows={data.items} total={data.total} catalogue={catalogue} sort={{ by, descending, go: (sort) => go({ sort }) }} onOpen={open} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} />}
        </Loaded>
      </Panel>
      {exporting && <Export who={whoOf(filter, schemeName)} columns={heads.map((head) => head.name)} n={total} onClose={() => setExporting(false)} />}
    </Page>
  );
}

interface ListProps {
  page: CustomerPage; rows: CustomerRow[]; total: number | null; catalogue: Catalogue | undefined;
  sort: { by?: string; descending: boolean; go: (sort: string) => void };
  onOpen: (row: CustomerRow) => void; more: { has: boolean; busy: boolean; load: () => void };
}

/** The columns are those of the answer, so nothing stands under a heading that is not its own. */
function List({ page, rows, total, catalogue, sort, onOpen, more }: ListProps) {
  const say = useCustomerWords();
  const format = useFormat();
  const schemes = Object.keys(rows[0]?.tiers ?? {}).slice(0, 2);
  const columns: Column<CustomerRow>[] = [
    { key: 'who', title: say('customer'), cell: (row) => <button type="button" className="linkish" onClick={() => onOpen(row)}>{row.label} <code className="name">#{row.customer}</code></button> },
    ...schemes.map((name): Column<CustomerRow> => {
      const scheme = catalogue?.tiers.find((one) => one.name === name);
      return { key: `t-${name}`, title: textOf(scheme?.title, name), cell: (row) => {
        const own = row.tiers[name];
        const at = scheme?.levels.findIndex((level) => level.name === own) ?? -1;
        if (!own) return <span className="faint">{say('notGraded')}</span>;
        return at < 0 ? own : <LevelTag title={textOf(scheme!.levels[at]!.title, own)} index={at} of={scheme!.levels.length} />;
      } };
    }),
    ...page.columns.map((head, index): Column<CustomerRow> => {
      const numeric = rows.every((row) => row.values[index] == null || Number.isFinite(Number(row.values[index])));
      const digits = Math.min(2, Math.max(0, ...rows.map((row) => /\.(\d*?)0*$/.exec(row.values[index] ?? '')?.[1]?.length ?? 0)));
      const score = catalogue?.scores.some((one) => one.name === head.name);
      const unit = textOf(catalogue?.indicators.find((one) => one.name === head.name)?.unit, '');
      return {
        key: head.name, align: numeric ? 'right' : undefined,
        title: <>{head.title[format.lang] || head.name}{unit && <span className="unit"> {unit}</span>}</>,
        sort: sort.by === head.name ? (sort.descending ? 'down' : 'up') : null,
        onSort: () => sort.go(sort.by === head.name && sort.descending ? head.name : `-${head.name}`),
        cell: (row) => {
          const value = row.values[index];
          if (value == null) return <span className="faint">–</span>;
          const shown = numeric ? format.decimal(value, digits, true) : value;
          return score ? <b>{shown}</b> : shown;
        },
      };
    }),
  ];
  return <DataTable label={say('title')} rows={rows} rowKey={(row) => row.customer} columns={columns} onOpen={onOpen} total={total} more={more} />;
}
