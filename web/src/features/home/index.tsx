import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useRead, type Read } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useJobWords } from '../../shared/jobs';
import { useFormat } from '../../shared/session';
import { levelColour } from '../../shared/theme/palette';
import { useLook } from '../../shared/theme/theme';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';

const Migration = lazy(() => import('./Migration'));

const useWords = words('start', {
  title: ['工作台', 'Home'],
  customers: ['客户', 'Customers'],
  up: ['升级', 'Risen'],
  down: ['降级', 'Fallen'],
  entered: ['新进入', 'Entered'],
  left: ['离开', 'Left'],
  since: ['与上一次评级相比', 'against the grading run before'],
  quarantine: ['隔离行待处理', 'Quarantined rows'],
  tier: ['等级分布', 'Customers by tier'],
  level: ['等级', 'Tier'],
  share: ['占比', 'Share'],
  revenue: ['收入占比', 'Share of revenue'],
  notGraded: ['未定级', 'Not graded'],
  moves: ['等级迁移', 'Moves between tiers'],
  waiting: ['等待您处理', 'Waiting for you'],
  nothingWaiting: ['没有待审批的事项。', 'No approval is waiting.'],
  by: ['{{who}} 提交于 {{at}}', 'by {{who}}, {{at}}'],
  expiring: ['人工调整即将到期：{{who}}，{{at}}', 'Override about to end: {{who}}, {{at}}'],
  freshness: ['数据新鲜度', 'How fresh the data are'],
  upTo: ['截至 {{at}}', 'up to {{at}}'],
  old: ['{{n}} 天前', '{{n}} days ago'],
  today: ['当日', 'today'],
  warnings: ['提醒', 'Notes'],
  failed: ['失败的任务', 'Failed jobs'],
  nothingFailed: ['没有失败的任务，也没有提醒。', 'No failed job and nothing to note.'],
  emptyTitle: ['还没有评级结果', 'Nobody has been graded yet'],
  emptyText: ['导入订单，准备评分卡和等级，发布之后这里会显示每一级有多少客户、谁在升降。', 'Bring in orders, prepare a scorecard and tiers, and publish: then this screen shows how many customers stand where and who moves.'],
  begin: ['开始：五步得到第一份结果', 'Begin: five steps to a first result'],
});

export default function Start() {
  const say = useWords();
  const query = useRead('/home');
  const navigate = useNavigate();
  const run = query.data?.run;
  return (
    <Page title={say('title')} fresh={query.data ? { at: run?.finished, version: run?.version, seconds: run?.seconds } : undefined}>
      <Loaded query={query} rows={10} empty={(data) => data.customers === 0 && !data.run && (
        <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><Button type="primary" size="large" onClick={() => void navigate({ to: '/welcome' })}>{say('begin')}</Button></Empty></Panel>
      )}>
        {(data) => <Content data={data} />}
      </Loaded>
    </Page>
  );
}

type Data = Read<'/home'>;

function Content({ data }: { data: Data }) {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { moved } = data;
  return (
    <>
      <div className="figures">
        <Figure label={say('customers')} value={format.count(data.customers)} onOpen={() => void navigate({ to: '/customers' })} />
        <Figure label={say('up')} value={format.count(moved.up)} tone="good" note={say('since')} onOpen={() => void navigate({ to: '/dashboards', search: { tab: 'migration' } })} />
        <Figure label={say('down')} value={format.count(moved.down)} tone={moved.down > 0 ? 'bad' : undefined} note={say('since')} onOpen={() => void navigate({ to: '/dashboards', search: { tab: 'migration' } })} />
        <Figure label={say('entered')} value={format.count(moved.entered)} />
        <Figure label={say('left')} value={format.count(moved.left)} />
        <Figure label={say('quarantine')} value={format.count(data.quarantine.open)} tone={data.quarantine.open > 0 ? 'warn' : undefined} onOpen={() => void navigate({ to: '/quarantine' })} />
      </div>
      <div className="cols">
        <div className="c8 stack">
          {data.tiers.map((tier) => <Panel key={tier.scheme} title={`${say('tier')} · ${textOf(tier.title, tier.scheme)}`} extra={<Link to="/tiers/$name" params={{ name: tier.scheme }}>{textOf(tier.title, tier.scheme)}</Link>}><TierShares tier={tier} customers={data.customers} /></Panel>)}
          <Panel title={say('moves')}><Suspense fallback={null}><Migration /></Suspense></Panel>
        </div>
        <div className="c4 stack"><Side data={data} /></div>
      </div>
    </>
  );
}

function TierShares({ tier, customers }: { tier: Data['tiers'][number]; customers: number }) {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { isDark, palette } = useLook();
  const graded = tier.levels.reduce((sum, level) => sum + level.count, 0);
  const rest = tier.not_graded ?? Math.max(0, customers - graded);
  const open = (level: string) => void navigate({ to: '/customers', search: { scheme: tier.scheme, level } });
  const most = Math.max(...tier.levels.map((level) => level.revenue_share ?? 0), 0.0001);
  return (
    <div className="stack">
      <div className="strip">
        {tier.levels.map((level, index) => <button key={level.name} type="button" style={{ flexGrow: Math.max(level.count, customers / 400), background: levelColour(index, tier.levels.length, isDark) }} aria-label={`${textOf(level.title, level.name)} ${format.count(level.count)}`} title={`${textOf(level.title, level.name)} ${format.count(level.count)}`} onClick={() => open(level.name)} />)}
        {rest > 0 && <button type="button" style={{ flexGrow: rest, background: palette.line }} aria-label={`${say('notGraded')} ${format.count(rest)}`} onClick={() => open('not_graded')} />}
      </div>
      <table className="table">
        <thead><tr><th scope="col">{say('level')}</th><th scope="col" className="right">{say('customers')}</th><th scope="col" className="right">{say('share')}</th><th scope="col">{say('revenue')}</th></tr></thead>
        <tbody>
          {[...tier.levels].reverse().map((level, index) => (
            <tr key={level.name}>
              <th scope="row"><LevelTag title={textOf(level.title, level.name)} index={tier.levels.length - 1 - index} of={tier.levels.length} /></th>
              <td className="right"><button type="button" className="linkish" onClick={() => open(level.name)}>{format.count(level.count)}</button></td>
              <td className="right">{format.percent(level.share)}</td>
              <td>{level.revenue_share != null && <><i className="bar-cell" style={{ width: `${(level.revenue_share / most) * 55}%` }} />{format.percent(level.revenue_share)}</>}</td>
            </tr>
          ))}
          {rest > 0 && <tr><th scope="row" className="faint">{say('notGraded')}</th><td className="right"><button type="button" className="linkish" onClick={() => open('not_graded')}>{format.count(rest)}</button></td><td className="right">{format.percent(customers ? rest / customers : 0)}</td><td /></tr>}
        </tbody>
      </table>
    </div>
  );
}

function Side({ data }: { data: Data }) {
  const say = useWords();
  const format = useFormat();
  const jobSay = useJobWords();
  return (
    <>
      <Panel title={say('waiting')}>
        <ul className="stack">
          {data.waiting_approvals.map((one) => (
            <li key={one.kind + one.id}>
              <Link to={one.kind === 'version' ? '/publish' : '/overrides'}>{one.title[format.lang]}</Link>
              <div className="faint small">{say('by', { who: one.by, at: format.minute(one.at) })}</div>
            </li>
          ))}
          {data.expiring_overrides.map((one) => <li key={one.id}><Link to="/customers/$customer" params={{ customer: one.customer }}>{say('expiring', { who: one.label ?? one.customer, at: format.day(one.expires) })}</Link></li>)}
          {data.waiting_approvals.length + data.expiring_overrides.length === 0 && <li className="faint">{say('nothingWaiting')}</li>}
        </ul>
      </Panel>
      <Panel title={say('freshness')} flush>
        <table className="table"><tbody>
          {data.freshness.map((one, index) => (
            <tr key={index}><th scope="row">{one.what[format.lang]}</th><td className="faint">{say('upTo', { at: format.day(one.at) })}</td><td className={`right ${(one.age_days ?? 0) > 7 ? 'warn' : ''}`}>{one.age_days === null ? '–' : one.age_days === 0 ? say('today') : say('old', { n: one.age_days })}</td></tr>
          ))}
        </tbody></table>
      </Panel>
      <Panel title={say('warnings')}>
        <ul className="stack">
          {data.failed_jobs.map((job) => <li key={job.id}><span className="bad">{jobSay(job.kind as 'run')}: {jobSay('failed')}</span> <span className="faint">{job.problem?.detail ?? job.problem?.title}</span> <Link to="/runs">{jobSay('all')}</Link></li>)}
          {data.warnings.map((one) => <li key={one.code}>{one.message[format.lang]}</li>)}
          {data.failed_jobs.length + data.warnings.length === 0 && <li className="faint">{say('nothingFailed')}</li>}
        </ul>
      </Panel>
    </>
  );
}
