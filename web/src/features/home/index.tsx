import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { Migration as Moves, Summary, TierSummary } from '../../shared/api/contract';
import { isThere, useRead } from '../../shared/api/hooks';
import { useFresh } from '../../shared/catalogue';
import { words } from '../../shared/i18n/words';
import { useFormat, useMay } from '../../shared/session';
import { levelColour } from '../../shared/theme/palette';
import { useLook } from '../../shared/theme/theme';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { Side } from './Side';

const Migration = lazy(() => import('./Migration'));

const useWords = words('start', {
  title: ['工作台', 'Home'],
  customers: ['客户', 'Customers'],
  up: ['升级', 'Risen'],
  down: ['降级', 'Fallen'],
  entered: ['新进入', 'Entered'],
  left: ['离开', 'Left'],
  since: ['与 {{at}} 相比', 'against {{at}}'],
  quarantine: ['隔离行待处理', 'Quarantined rows'],
  toMend: ['待修改后重新导入', 'to mend and replay'],
  rules: ['查看定级规则', 'See its rules'],
  level: ['等级', 'Tier'],
  share: ['占比', 'Share'],
  revenue: ['{{what}}占比', 'Share of {{what}}'],
  money: ['金额', 'money'],
  notGraded: ['未定级', 'Not graded'],
  moves: ['等级迁移', 'Moves between tiers'],
  whyMoved: ['谁变了、为什么', 'Who moved, and why'],
  none: ['只有一次评级，还没有可比较的。', 'There is one grading run only; nothing to compare with yet.'],
  emptyTitle: ['还没有评级结果', 'Nobody has been graded yet'],
  emptyText: ['导入订单，准备评分卡和等级，发布之后这里会显示每一级有多少客户、谁在升降。', 'Bring in orders, prepare a scorecard and tiers, and publish: then this screen shows how many customers stand where and who moves.'],
  changedText: ['数据和模型都在，但还没有用现在的模型评级。运行一次评级，这里就会显示每一级有多少客户、谁在升降。', 'Data and model are there, but nobody has been graded by the model as it is now. Run a grading: then this screen shows how many customers stand where and who moves.'],
  begin: ['开始：五步得到第一份结果', 'Begin: five steps to a first result'],
  toRuns: ['去运行评级', 'Run a grading'],
});

export default function Start() {
  const say = useWords();
  const navigate = useNavigate();
  const session = useRead('/session', {}, { staleTime: 60_000 }).data;
  const query = useRead('/summary', {}, { staleTime: 60_000 });
  const fresh = useFresh(query.data?.latest.as_of);
  const ready = session?.workspace.has_data && session.workspace.has_model;
  // Nobody graded yet is no failure: it is where everybody begins.
  const begins = query.error && (query.error.code === 'not-graded-yet' || query.error.code === 'empty-ledger' || query.error.status === 422);
  return (
    <Page title={say('title')} fresh={fresh}>
      {begins ? (
        <div className="cols">
          <Panel className="c8"><Empty title={say('emptyTitle')} text={ready ? say('changedText') : say('emptyText')}>
            {ready ? <Button type="primary" size="large" onClick={() => void navigate({ to: '/runs' })}>{say('toRuns')}</Button> : <Button type="primary" size="large" onClick={() => void navigate({ to: '/welcome' })}>{say('begin')}</Button>}
          </Empty></Panel>
          <div className="c4 stack"><Side /></div>
        </div>
      ) : <Loaded query={query} rows={10}>{(data) => <Content summary={data} />}</Loaded>}
    </Page>
  );
}

function Content({ summary }: { summary: Summary }) {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const may = useMay();
  const { latest, migrations } = summary;
  const moves = migrations[0];
  const quarantine = useRead('/quarantine', { query: { limit: 1 } }, { enabled: isThere('get', '/quarantine') && may('mend_quarantine') }).data;
  const toMoves = () => void navigate({ to: '/moves', search: moves ? { kind: 'tier', name: moves.scheme, as_of: moves.to_as_of } : {} });
  const since = moves && `${moves.title[format.lang]} · ${say('since', { at: unbroken(format.day(moves.from_as_of)) })}`;
  return (
    <>
      <div className="figures">
        <Figure label={say('customers')} value={format.count(latest.n_customers)} note={latest.value && `${latest.value.title[format.lang]} ${format.shortMoney(latest.value.total)}`} onOpen={() => void navigate({ to: '/customers' })} />
        {moves && <>
          <Figure label={say('up')} value={format.count(moves.n_up)} tone={moves.n_up > 0 ? 'good' : undefined} note={since} onOpen={toMoves} />
          <Figure label={say('down')} value={format.count(moves.n_down)} tone={moves.n_down > 0 ? 'bad' : undefined} note={since} onOpen={toMoves} />
          <Figure label={say('entered')} value={format.count(entered(moves))} note={since} onOpen={toMoves} />
          <Figure label={say('left')} value={format.count(left(moves))} note={since} onOpen={toMoves} />
        </>}
        {quarantine?.total != null && <Figure label={say('quarantine')} value={format.count(quarantine.total)} note={say('toMend')} tone={quarantine.total > 0 ? 'warn' : undefined} onOpen={() => void navigate({ to: '/quarantine' })} />}
      </div>
      <div className="cols">
        <div className="c8 stack">
          {latest.tiers.map((tier) => <Panel key={tier.name} title={tier.title[format.lang]} extra={<Link to="/tiers/$name" params={{ name: tier.name }}>{say('rules')}</Link>} flush><TierShares tier={tier} customers={latest.n_customers} money={latest.value?.title[format.lang]} /></Panel>)}
          <Panel title={say('moves')} extra={moves && <Link to="/moves" search={{ kind: 'tier', name: moves.scheme, as_of: moves.to_as_of }}>{say('whyMoved')}</Link>}>{moves ? <Suspense fallback={null}><Migration moves={moves} /></Suspense> : <p className="faint">{say('none')}</p>}</Panel>
        </div>
        <div className="c4 stack"><Side /></div>
      </div>
    </>
  );
}

/** A date does not end a line in its middle. */
const unbroken = (date: string) => date.replaceAll('-', '\u2011');

/** Rows are levels, not graded, new; columns are levels, not graded, gone. */
const entered = (moves: Moves) => (moves.counts.at(-1) ?? []).reduce((sum, n) => sum + n, 0);
const left = (moves: Moves) => moves.counts.reduce((sum, row) => sum + (row.at(-1) ?? 0), 0);

function TierShares({ tier, customers, money }: { tier: TierSummary; customers: number; money?: string }) {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { isDark, palette } = useLook();
  const rest = tier.n_not_graded;
  const open = (level: string) => void navigate({ to: '/customers', search: { scheme: tier.name, level } });
  const most = Math.max(...tier.levels.map((level) => Math.max(level.share, level.value_share ?? 0)), 0.0001);
  const bar = (share: number, colour?: string) => <i className="bar-cell" style={{ width: `${(share / most) * 62}%`, background: colour }} />;
  return (
    <>
      <div className="strip">
        {tier.levels.map((level, index) => <button key={level.name} type="button" style={{ flexGrow: Math.max(level.count, customers / 400), background: levelColour(index, tier.levels.length, isDark) }} aria-label={`${level.title[format.lang]} ${format.count(level.count)}`} title={`${level.title[format.lang]} ${format.count(level.count)}`} onClick={() => open(level.name)} />)}
        {rest > 0 && <button type="button" style={{ flexGrow: rest, background: palette.line }} aria-label={`${say('notGraded')} ${format.count(rest)}`} title={`${say('notGraded')} ${format.count(rest)}`} onClick={() => open('not_graded')} />}
      </div>
      <table className="table shares">
        <thead><tr><th scope="col">{say('level')}</th><th scope="col" className="right">{say('customers')}</th><th scope="col">{say('share')}</th><th scope="col">{say('revenue', { what: money ?? say('money') })}</th></tr></thead>
        <tbody>
          {[...tier.levels].reverse().map((level, reversed) => {
            const index = tier.levels.length - 1 - reversed;
            return (
              <tr key={level.name}>
                <th scope="row"><LevelTag title={level.title[format.lang]} index={index} of={tier.levels.length} /></th>
                <td className="right"><button type="button" className="linkish" onClick={() => open(level.name)}>{format.count(level.count)}</button></td>
                <td>{bar(level.share, levelColour(index, tier.levels.length, isDark))}{format.percent(level.share)}</td>
                <td>{level.value_share != null && <>{bar(level.value_share)}{format.percent(level.value_share)}</>}</td>
              </tr>
            );
          })}
          {rest > 0 && <tr><th scope="row" className="faint">{say('notGraded')}</th><td className="right"><button type="button" className="linkish" onClick={() => open('not_graded')}>{format.count(rest)}</button></td><td>{bar(customers ? rest / customers : 0, palette.line)}{format.percent(customers ? rest / customers : 0)}</td><td /></tr>}
        </tbody>
      </table>
    </>
  );
}
