import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import type { CustomerPage, CustomerRow } from '../../shared/api/contract';
import { sendTo, useMore } from '../../shared/api/hooks';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable, type Column } from '../../shared/ui/table';
import { askedOf, NOBODY, type Address } from './asked';
import { cornerTitle } from './Grid';
import { useSatisfactionWords } from './words';

type Cell = { band?: string; group?: string; corner?: string; topic?: string };

const NOTHING_ASKED = { measure: null, field: null, kind: null, scale: null, of_customers: false, window: null, by: null, weigh_by: null, loyalty: null, leaving: null, loyal: null, codes: null, as_of: null };

/** The customers of a cell of the grid, of one of the two lists, or who name a topic. */
export default function SatisfactionCustomers() {
  const say = useSatisfactionWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { band, group, corner, topic, ...address } = useSearch({ strict: false }) as Cell & Address;
  const body = { of: { ...NOTHING_ASKED, ...askedOf(address) }, ...Object.fromEntries(Object.entries({ band, group, corner, topic }).filter(([, value]) => value)), limit: 100 };
  const query = useMore<CustomerRow, CustomerPage>(['/satisfaction/customers', body], (cursor, signal) => sendTo('post', '/satisfaction/customers', { body: { ...body, ...(cursor ? { cursor } : {}) } }, signal));
  const catalogue = useCatalogue('graded');
  const told = corner ? cornerTitle(corner as 'satisfied_leaving', !!address.of_customers) : null;
  const title = told ? say(told) : topic ? say('ofTopic', { topic }) : say('ofCell');
  const scheme = catalogue?.tiers.find((one) => one.name === Object.keys(query.data?.items[0]?.tiers ?? {})[0]);
  const columns: Column<CustomerRow>[] = [
    { key: 'who', title: say('customer'), cell: (row) => <button type="button" className="linkish" onClick={() => open(row)}>{row.label} <code className="name">#{row.customer}</code></button> },
    ...(scheme ? [{ key: 'tier', title: textOf(scheme.title, scheme.name), cell: (row: CustomerRow) => { const at = scheme.levels.findIndex((level) => level.name === row.tiers[scheme.name]); return at < 0 ? <span className="faint">–</span> : <LevelTag title={textOf(scheme.levels[at]!.title, scheme.levels[at]!.name)} index={at} of={scheme.levels.length} />; } }] : []),
    ...(query.data?.first.columns ?? []).map((head, index): Column<CustomerRow> => ({ key: head.name, title: head.title[format.lang] || head.name, align: 'right', cell: (row) => format.value(row.values[index]) })),
  ];
  const open = (row: CustomerRow) => void navigate({ to: '/customers/$customer', params: { customer: row.customer } });
  const back = <Button onClick={() => void navigate({ to: '/satisfaction', search: address as never })}>{say('back')}</Button>;
  // Nobody was asked: no fault of what was sent.
  const nobody = query.error && (query.error.problem.errors ?? []).some((one) => NOBODY.includes(one.code ?? ''));
  return (
    <Page wide title={title} lead={told ? say(`${told}_do`) : undefined} fresh={query.data && { asOf: query.data.first.as_of }} actions={back}>
      <Panel flush>
        {nobody ? <Empty title={say('emptyTitle')} text={say('emptyText')}>{back}</Empty> : <Loaded query={query} rows={10} empty={(data) => data.items.length === 0 && <Empty title={say('nobody')} />}>
          {(data) => <DataTable label={title} rows={data.items} rowKey={(row) => row.customer} columns={columns} onOpen={open} total={data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} />}
        </Loaded>}
      </Panel>
    </Page>
  );
}
