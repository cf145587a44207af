import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { read, useMore, type Read } from '../../shared/api/hooks';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable, type Column } from '../../shared/ui/table';

const useWords = words('simulated', {
  title: ['试算中变动的客户', 'Customers that a simulation moves'],
  lead: ['发布之后会是这样；现在谁的等级都没有变。', 'As it would be after publishing; nobody has moved yet.'],
  leadPast: ['假如当时就用这个方案；谁的等级都没有变。', 'As it would have been in the past; nobody has moved.'],
  at: ['截至 {{step}}', 'As of {{step}}'], overall: ['整段时间', 'Over the whole stretch'], byForce: ['按现行版本', 'by the version in force'],
  up: ['升级', 'rose'], down: ['降级', 'fell'], entered: ['进入', 'came in'], left: ['离开', 'went out'], moved: ['有变动', 'moved'], back_and_forth: ['来回升降', 'went back and forth'],
  earlier: ['此前', 'Before'], later: ['此时', 'Then'], first: ['开始时', 'At the beginning'], last: ['结束时', 'At the end'],
  customer: ['客户', 'Customer'], from: ['现在', 'Now'], to: ['之后', 'Then'], before: ['现在的分数', 'Score now'], after: ['之后的分数', 'Score then'],
  in: ['在分群内', 'in the segment'], out: ['不在分群内', 'not in the segment'], notGraded: ['未定级', 'Not graded'], newcomer: ['新客户', 'New'], gone: ['不再出现', 'Gone'],
  noneTitle: ['没有选定变动', 'No move is chosen'], noneText: ['在试算结果里点开一格。', 'Open a cell in the result of a simulation.'],
  emptyTitle: ['没有客户这样变动', 'Nobody moves like this'], emptyText: ['回到试算结果，打开另一格。', 'Go back to the result and open another cell.'],
  back: ['回到试算', 'Back to the simulation'],
});

type Simulated = Read<'/simulations/{simulation}/customers'>;
type Row = Simulated['items'][number];
/** `step`, `by` and `how` look into a simulation over the past. */
interface Which { simulation?: string; scheme?: string; segment?: string; from?: string; to?: string; step?: string; by?: string; how?: string }
const isPast = (which: Which) => !!(which.step || which.by || which.how);

/** Whom one cell of a simulation counts, each with where they stand now and would stand. */
export default function MovedPage() {
  const say = useWords();
  const { simulation, ...which } = useSearch({ strict: false }) as Which;
  const past = isPast(which);
  const back = <Link to="/simulate" search={past ? { tab: 'history' } : {}}><Button tabIndex={-1}>{say('back')}</Button></Link>;
  return (
    <Page title={say('title')} lead={past ? say('leadPast') : say('lead')} actions={back}>
      {simulation ? <List simulation={simulation} which={which} /> : <Panel><Empty title={say('noneTitle')} text={say('noneText')}>{back}</Empty></Panel>}
    </Page>
  );
}

function List({ simulation, which }: { simulation: string; which: Omit<Which, 'simulation'> }) {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const catalogue = useCatalogue();
  const query = useMore<Row, Simulated>(['/simulations', simulation, which], (cursor, signal) => read('/simulations/{simulation}/customers', { path: { simulation }, query: { ...which, limit: 100, cursor } }, signal));
  const scheme = catalogue?.tiers.find((one) => one.name === which.scheme);
  const segment = catalogue?.segments.find((one) => one.name === which.segment);
  const ends: Record<string, string> = { $not_graded: say('notGraded'), $new: say('newcomer'), $gone: say('gone'), in: say('in'), out: say('out') };
  const place = (name: string) => {
    const at = scheme?.levels.findIndex((one) => one.name === name) ?? -1;
    return at < 0 ? (ends[name] ?? name) : <LevelTag title={textOf(scheme!.levels[at]!.title, name)} index={at} of={scheme!.levels.length} />;
  };
  const past = isPast(which);
  const told = past ? [which.step ? say('at', { step: which.step }) : say('overall'), which.how && say(which.how as 'up'), which.by === 'in_force' && say('byForce')].filter(Boolean).join(' · ') : '';
  const open = (row: Row) => void navigate({ to: '/customers/$customer', params: { customer: row.customer } });
  const value = (key: string, title: string, of: (row: Row) => number | null | undefined): Column<Row> => ({ key, title, align: 'right', cell: (row) => (of(row) == null ? <span className="faint">–</span> : format.decimal(of(row))) });
  const columns: Column<Row>[] = [
    { key: 'who', title: say('customer'), cell: (row) => <button type="button" className="linkish" onClick={() => open(row)}>{row.label} <code className="name">#{row.customer}</code></button> },
    { key: 'from', title: say(!past ? 'from' : which.step ? 'earlier' : 'first'), cell: (row) => place(row.from) },
    { key: 'to', title: say(!past ? 'to' : which.step ? 'later' : 'last'), cell: (row) => place(row.to) },
    ...(which.scheme && !past ? [value('before', say('before'), (row) => row.value_before), value('after', say('after'), (row) => row.value_after)] : []),
  ];
  return (
    <Panel title={<>{textOf((scheme ?? segment)?.title, which.scheme ?? which.segment ?? '', format.lang)}{told && <span className="faint"> · {told}</span>}</>} flush>
      <Loaded query={query} rows={10} empty={(data) => data.items.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')} />}>
        {(data) => <DataTable label={say('title')} rows={data.items} rowKey={(row) => row.customer} columns={columns} onOpen={open} total={data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} />}
      </Loaded>
    </Panel>
  );
}
