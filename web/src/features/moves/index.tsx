import { Button, Select, Segmented } from 'antd';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { read, useMore, useRead, type Read } from '../../shared/api/hooks';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { MoveTable, type Move } from '../../shared/ui/MoveTable';
import { useUi } from '../../shared/ui/words';

const useWords = words('moves', {
  title: ['谁变了、为什么', 'Who moved, and why'],
  lead: ['两次评级之间等级、分组或分群的变化，每一条都写明原因。', 'Changes of tier, group or segment between two gradings, each with its cause.'],
  asOf: ['评级时点', 'Graded as of'], anyTime: ['所有时点', 'Any time'],
  kind: ['什么变了', 'What changed'], tier: ['等级', 'Tier'], group: ['分组', 'Group'], segment: ['分群', 'Segment'],
  name: ['哪一个', 'Which one'], any: ['全部', 'Any'],
  from: ['从', 'From'], to: ['到', 'To'], none: ['未定级或不在其中', 'Not graded, in none'],
  cause: ['原因', 'Cause'],
  new: ['新客户', 'New customer'], gone: ['不再是客户', 'Gone'], values: ['自身数据变化', 'Their own values'], cuts: ['分界线变化', 'Cuts moved'], both: ['两者都有', 'Both'], override: ['人工调整', 'Override'], decision: ['定级日', 'Decision day'],
  summary: ['最多的变化', 'Most of the moves'], customers: ['人数', 'Customers'],
  emptyTitle: ['没有这样的变化', 'Nothing changed like this'], emptyText: ['换一个时点或放宽筛选；第一次评级没有可比较的。', 'Take another time or fewer filters; a first grading has nothing to compare with.'],
  clear: ['清除筛选', 'Clear the filters'],
});

type Moves = Read<'/transitions'>;
interface Filter { kind?: string; name?: string; from?: string; to?: string; cause?: string; as_of?: string }
const CAUSES = ['values', 'cuts', 'both', 'override', 'decision', 'new', 'gone'] as const;

/** Every change with its cause; filters stand in the address so that figures can open it. */
export default function MovesPage() {
  const say = useWords();
  const format = useFormat();
  const ui = useUi();
  const navigate = useNavigate();
  const filter = useSearch({ strict: false }) as Filter;
  const catalogue = useCatalogue('graded');
  const instants = useRead('/instants').data ?? [];
  const kind = filter.kind ?? 'tier';
  const go = (next: Partial<Filter>) => void navigate({ to: '/moves', search: Object.fromEntries(Object.entries({ ...filter, ...next }).filter(([, value]) => value)) as never, replace: true });
  const query = { kind, name: filter.name, from: filter.from, to: filter.to, cause: filter.cause, since: filter.as_of, until: filter.as_of, limit: 50 };
  const list = useMore<Move, Moves>(['/transitions', query], (cursor, signal) => read('/transitions', { query: { ...query, cursor } }, signal));
  const things = kind === 'tier' ? catalogue?.tiers : kind === 'group' ? catalogue?.groupings : catalogue?.segments;
  const levels = kind === 'tier' ? (catalogue?.tiers.find((one) => one.name === filter.name) ?? catalogue?.tiers[0])?.levels : undefined;
  const places = kind === 'segment' ? [{ value: 'in', label: say('segment') }] : [...(levels ?? []).map((level) => ({ value: level.name, label: textOf(level.title, level.name) })), { value: '$none', label: say('none') }];
  const filtered = filter.name || filter.from || filter.to || filter.cause || filter.as_of;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={instants.length > 0 ? { asOf: filter.as_of ?? instants.at(-1) } : undefined}>
      <div className="row">
        <Segmented aria-label={say('kind')} value={kind} onChange={(next) => go({ kind: next, name: undefined, from: undefined, to: undefined })} options={(['tier', 'group', 'segment'] as const).map((one) => ({ value: one as string, label: say(one) }))} />
        <Select aria-label={say('asOf')} style={{ width: 140 }} value={filter.as_of ?? ''} onChange={(as_of) => go({ as_of })} options={[{ value: '', label: say('anyTime') }, ...[...instants].reverse().map((one) => ({ value: one, label: format.day(one) }))]} />
        <Select aria-label={say('name')} style={{ minWidth: 150 }} value={filter.name ?? ''} onChange={(name) => go({ name, from: undefined, to: undefined })} options={[{ value: '', label: say('any') }, ...(things ?? []).map((one) => ({ value: one.name, label: textOf(one.title, one.name) }))]} />
        {kind === 'tier' && <>
          <Select aria-label={say('from')} style={{ minWidth: 120 }} value={filter.from ?? ''} onChange={(from) => go({ from })} options={[{ value: '', label: `${say('from')}: ${say('any')}` }, ...places]} />
          <Select aria-label={say('to')} style={{ minWidth: 120 }} value={filter.to ?? ''} onChange={(to) => go({ to })} options={[{ value: '', label: `${say('to')}: ${say('any')}` }, ...places]} />
        </>}
        <Select aria-label={say('cause')} style={{ minWidth: 150 }} value={filter.cause ?? ''} onChange={(cause) => go({ cause })} options={[{ value: '', label: `${say('cause')}: ${say('any')}` }, ...CAUSES.map((one) => ({ value: one as string, label: say(one) }))]} />
        {filtered && <Button type="text" onClick={() => void navigate({ to: '/moves', search: { kind } })}>{say('clear')}</Button>}
      </div>
      <div className="cols">
        <Panel className="c8" flush>
          <Loaded query={list} rows={10} empty={(data) => data.items.length === 0 && !list.hasNextPage && <Empty title={say('emptyTitle')} text={say('emptyText')} />}>
            {(data) => (
              <>
                <div className="table-box" role="region" aria-label={say('title')} tabIndex={0}><MoveTable items={data.items} withCustomer /></div>
                {list.hasNextPage && <p className="table-foot"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{ui('loadMore')}</Button></p>}
              </>
            )}
          </Loaded>
        </Panel>
        <Panel className="c4" title={say('summary')} flush><Commonest asOf={filter.as_of} kind={kind} /></Panel>
      </div>
    </Page>
  );
}

/** How many moved alike for one cause; each opens its list. */
function Commonest({ asOf, kind }: { asOf?: string; kind: string }) {
  const say = useWords();
  const format = useFormat();
  const query = useRead('/transitions/counts', { query: { as_of: asOf } });
  return (
    <Loaded query={query}>{(data) => {
      const items = data.items.filter((one) => one.kind === kind).slice(0, 12);
      return items.length === 0 ? <p className="faint" style={{ padding: 14 }}>{say('emptyTitle')}</p> : (
        <table className="table small"><thead><tr><th scope="col">{format.day(data.as_of)}</th><th scope="col" className="right">{say('customers')}</th></tr></thead><tbody>
          {items.map((one, index) => (
            <tr key={index}>
              <td>{one.from_title[format.lang]} → {one.to_title[format.lang]}<div className="faint">{one.title[format.lang]} · {say(one.cause as 'values')}</div></td>
              <td className="right"><Link to="/moves" search={{ kind: one.kind, name: one.name, from: one.from ?? '$none', to: one.to ?? '$none', cause: one.cause, as_of: data.as_of }}>{format.count(one.n_customers)}</Link></td>
            </tr>
          ))}
        </tbody></table>
      );
    }}</Loaded>
  );
}
