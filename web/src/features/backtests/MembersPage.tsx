import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from 'antd';
import { read, useMore } from '../../shared/api/hooks';
import type { Backtest, GroupAsked, GroupMember, GroupMembers } from '../../shared/api/validation';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useJob } from '../../shared/jobs';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable, type Column } from '../../shared/ui/table';
import { useMeasure } from './GroupsTable';
import { useBacktestWords } from './words';

const useWords = words('backtest-customers', {
  title: ['回测中的客户', 'Customers of a back-test'],
  lead: ['按 {{from}} 当天知道的数据评级，结果看到 {{until}}。现在的等级可能已经不同。', 'Graded with what was known on {{from}}, outcomes until {{until}}. Their tiers may be others today.'],
  leadNone: ['等级、分数段和十分位里都是谁。', 'Who is in a tier, a band or a tenth.'],
  customer: ['客户', 'Customer'], level: ['当时的等级', 'Tier then'], score: ['当时的分数', 'Score then'],
  tenth: ['第 {{n}} 个十分位（1 为最高）', 'Tenth {{n}} of ten, the best first'], band: ['第 {{n}} 段', 'Band {{n}}'], noScore: ['分数未知', 'Score unknown'], notGraded: ['未定级', 'Not graded'],
  champion: ['按对照方案', 'by the model compared with'],
  noneTitle: ['没有选定哪一组', 'No group is chosen'], noneText: ['在回测结果里点开一组客户的人数。', 'Open a group by its number of customers in the result of a back-test.'],
  emptyTitle: ['这一组没有客户', 'Nobody is in this group'], emptyText: ['回到回测结果，打开另一组。', 'Go back to the result and open another group.'],
  back: ['回到回测', 'Back to the back-test'],
});

interface Listed { items: GroupMember[]; next_cursor?: string | null; total?: number | null; found: GroupMembers }
type Which = Partial<GroupAsked> & { job?: string };

/** Whom one figure of a back-test counts: their level and score then, and what came of each. */
export default function MembersPage() {
  const say = useWords();
  const { job, as_of, kind, name, group, outcome, against } = useSearch({ strict: false }) as Which;
  const back = <Link to="/backtests" search={(job ? { job } : {}) as never}><Button tabIndex={-1}>{say('back')}</Button></Link>;
  // Addresses hold numbers as numbers; the groups are named by texts.
  if (job && as_of && kind && name !== undefined && group !== undefined) return <List job={job} which={{ as_of, kind, name, group: String(group), ...(outcome ? { outcome } : {}), ...(against ? { against } : {}) }} back={back} />;
  return <Page title={say('title')} lead={say('leadNone')} actions={back}><Panel><Empty title={say('noneTitle')} text={say('noneText')}>{back}</Empty></Panel></Page>;
}

function List({ job, which, back }: { job: string; which: GroupAsked; back: React.ReactNode }) {
  const say = useWords();
  const tell = useBacktestWords();
  const format = useFormat();
  const measure = useMeasure();
  const navigate = useNavigate();
  const catalogue = useCatalogue();
  const result = useJob(job)?.result as unknown as Backtest | undefined;
  const date = result?.dates?.find((one) => one.as_of === which.as_of);
  const judged = (which.against ? date?.against : date?.judged) ?? undefined;
  const query = useMore<GroupMember, Listed>(['/backtests/customers', job, which], async (after, signal) => {
    const found = (await read('/backtests/{job}/customers', { path: { job }, query: { ...which, limit: 100, after } }, signal)) as unknown as GroupMembers;
    return { items: found.customers, next_cursor: found.next, total: found.n, found };
  });
  const found = query.data?.first.found;
  const score = judged?.scores.find((one) => one.score === which.name);
  const own = which.kind === 'tier' ? judged?.tiers.find((one) => one.name === which.name) : score?.bands;
  const scheme = which.kind === 'tier' ? catalogue?.tiers.find((one) => one.name === which.name) : catalogue?.tiers[0];
  const level = (name: string | null | undefined) => {
    if (!name) return <span className="faint">{say('notGraded')}</span>;
    const at = scheme?.levels.findIndex((one) => one.name === name) ?? -1;
    return at < 0 ? name : <LevelTag title={textOf(scheme!.levels[at]!.title, name, format.lang)} index={at} of={scheme!.levels.length} />;
  };
  const groupTitle = which.kind === 'tenth' ? say('tenth', { n: which.group })
    : which.group === '' ? say(which.kind === 'tier' ? 'notGraded' : 'noScore')
      : (own?.groups.find((one) => one.name === which.group)?.title[format.lang] ?? (which.kind === 'band' ? say('band', { n: which.group }) : which.group));
  const of = which.kind === 'tier' ? (own?.title[format.lang] ?? textOf(scheme?.title, which.name, format.lang)) : (score?.title[format.lang] ?? which.name);
  const open = (row: GroupMember) => void navigate({ to: '/customers/$customer', params: { customer: row.customer } });
  const outcomes = (query.data?.items[0]?.outcomes ?? []).map((one) => one.name);
  const columns: Column<GroupMember>[] = [
    { key: 'who', title: say('customer'), cell: (row) => <button type="button" className="linkish" onClick={() => open(row)}>{row.label || `#${row.customer}`} <code className="name">#{row.customer}</code></button> },
    { key: 'level', title: say('level'), cell: (row) => level(row.level) },
    { key: 'score', title: say('score'), align: 'right', cell: (row) => (row.score == null ? <span className="faint">–</span> : format.decimal(row.score)) },
    ...outcomes.map((name): Column<GroupMember> => {
      const whole = judged?.outcomes.find((one) => one.outcome === name);
      return { key: `o-${name}`, title: whole?.title[format.lang] ?? name, align: 'right', cell: (row) => {
        const value = row.outcomes.find((one) => one.name === name)?.value;
        if (value == null) return <span className="faint">–</span>;
        // Of one customer it came or it did not.
        return whole?.is_share ? tell(value ? 'came' : 'cameNot') : measure(value, false);
      } };
    }),
  ];
  return (
    <Page title={say('title')} lead={found ? say('lead', { from: found.as_of, until: found.until }) : say('leadNone')} actions={back}>
      <Panel title={<>{of} <span className="faint">· {groupTitle}{which.against ? ` · ${say('champion')}` : ''}</span></>} flush>
        <Loaded query={query} rows={10} empty={(data) => data.items.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{back}</Empty>}>
          {(data) => <DataTable label={say('title')} rows={data.items} rowKey={(row) => row.customer} columns={columns} onOpen={open} total={data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} />}
        </Loaded>
      </Panel>
    </Page>
  );
}
