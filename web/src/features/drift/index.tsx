import { Select } from 'antd';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useRead } from '../../shared/api/hooks';
import type { Opens } from '../../shared/api/learned';
import type { DriftBetween, Drifted } from '../../shared/api/validation';
import { useCatalogue } from '../../shared/catalogue';
import { Chart } from '../../shared/chart/Chart';
import { axes } from '../../shared/chart/axes';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useOpen } from '../../shared/useOpen';
import { addressOf } from '../../shared/who';

const useWords = words('drift', {
  title: ['漂移', 'Drift'],
  lead: ['现在的客户还像当初定规则时的客户吗？逐项比较两次评级：指标、分数、等级的分布变了多少。', 'Are the customers still those for whom the rules were made? Two gradings side by side: how far indicators, scores and tiers have moved.'],
  now: ['这一次评级', 'This grading'], then: ['与哪一次比', 'Compared with'], before: ['它的前一次', 'the one before it'],
  run: ['{{date}} · {{model}}', '{{date}} · {{model}}'], versionN: ['版本 {{n}}', 'version {{n}}'], folder: ['文件夹里的模型', 'the folder’s model'],
  verdict: ['结论', 'Verdict'], people: ['{{base}} 位客户 → {{current}} 位', '{{base}} customers → {{current}}'],
  bands: ['PSI 低于 0.10 为稳定，0.10 至 0.25 需留意，0.25 以上为明显偏移。随时间自然增长的指标（如“首次购买至今”）偏移是正常的。', 'A PSI below 0.10 is stable, 0.10 to 0.25 wants watching, 0.25 and more has shifted. What grows with time by nature (such as days since the first purchase) is expected to.'],
  what: ['哪一项', 'What'], kind: ['类别', 'Kind'], indicator: ['指标', 'indicator'], score: ['分数', 'score'], tier: ['等级', 'tier'], psi: ['PSI', 'PSI'], band: ['判断', 'Judgement'], most: ['变得最多的地方', 'Where it moved most'],
  stable: ['稳定', 'stable'], watch: ['需留意', 'watch'], shifted: ['明显偏移', 'shifted'],
  bins: ['{{what}}：两次的分布', '{{what}}: both distributions'], bin: ['区间', 'Bin'], baseShare: ['当时占比', 'Share then'], share: ['现在占比', 'Share now'], part: ['对 PSI 的贡献', 'Part of the PSI'],
  openBar: ['点击柱子，打开当时或现在的这些客户。', 'A bar opens its customers, of then or of now.'],
  openNow: ['打开现在的客户', 'Open the customers of now'],
  emptyTitle: ['至少要有两次评级', 'It takes two gradings'], emptyText: ['漂移是两次评级之间的差别。再运行一次更早或更晚日期的评级。', 'Drift is the difference of two gradings. Run one more, of an earlier or later date.'], toRuns: ['去运行评级', 'Run a grading'],
  all: ['全部', 'All'], only: ['只看', 'Show'],
  next: ['偏移明显时：看看规则的分界线是否还合适，或做一次季度复盘。', 'Where it has shifted: see whether the cuts still fit, or make a quarterly review.'], toReview: ['季度复盘', 'Quarterly review'],
});

const TONES = { stable: 'active', watch: 'waiting', shifted: 'failed' } as const;

export default function DriftPage() {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { run, from } = useSearch({ strict: false }) as { run?: string; from?: string };
  const runs = useRead('/runs', { query: { limit: 200 } }, { staleTime: 30_000 });
  const finished = (runs.data?.items ?? []).filter((one) => one.finished);
  const chosen = run ?? finished[0]?.run;
  const query = useRead('/runs/{run}/drift', { path: { run: chosen ?? '' }, query: from ? { from } : {} }, { enabled: !!chosen, keep: true });
  const found = query.data as unknown as DriftBetween | undefined;
  const title = (one: { as_of: string; version?: number | null }) => say('run', { date: format.day(one.as_of), model: one.version == null ? say('folder') : say('versionN', { n: one.version }) });
  const go = (next: { run?: string; from?: string }) => void navigate({ to: '/drift', search: Object.fromEntries(Object.entries({ run: chosen, from, ...next }).filter(([, value]) => value)) as never, replace: true });
  const nothing = <Empty title={say('emptyTitle')} text={say('emptyText')}><Link to="/runs">{say('toRuns')}</Link></Empty>;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={found && { asOf: found.to.as_of, version: found.to.version, at: finished.find((one) => one.run === found.to.run)?.finished }}>
      <Loaded query={runs} empty={() => finished.length < 2 && <Panel>{nothing}</Panel>}>{() => (
        <>
          <div className="row">
            <span className="faint">{say('now')}</span><Select aria-label={say('now')} style={{ minWidth: 200 }} value={chosen} onChange={(next) => go({ run: next, from: undefined })} options={finished.map((one) => ({ value: one.run, label: title(one) }))} />
            <span className="faint">{say('then')}</span><Select aria-label={say('then')} style={{ minWidth: 200 }} value={from ?? ''} onChange={(next) => go({ from: next || undefined })} options={[{ value: '', label: say('before') }, ...finished.filter((one) => one.run !== chosen).map((one) => ({ value: one.run, label: title(one) }))]} />
          </div>
          {query.error?.status === 422 ? <Panel><Empty title={say('emptyTitle')} text={query.error.message}><Link to="/runs">{say('toRuns')}</Link></Empty></Panel> : <Loaded query={query}>{() => found && <Between found={found} />}</Loaded>}
        </>
      )}</Loaded>
    </Page>
  );
}

function Between({ found }: { found: DriftBetween }) {
  const say = useWords();
  const format = useFormat();
  const [name, setName] = useState<string | undefined>();
  const all = useMemo(() => [...found.all].sort((a, b) => b.psi - a.psi), [found]);
  const key = (one: Drifted) => `${one.what} ${one.name}`;
  const chosen = all.find((one) => key(one) === name) ?? all[0];
  return (
    <>
      <Panel title={say('verdict')} extra={<span className="faint small">{say('people', { base: format.count(found.n_base), current: format.count(found.n_current) })}</span>}>
        <div className="stack"><p className="words strong sentence" role="status">{found.verdict[format.lang]}</p><p className="faint small">{say('bands')}</p>{all.some((one) => one.band === 'shifted') && <p className="small">{say('next')} <Link to="/reviews">{say('toReview')}</Link></p>}</div>
      </Panel>
      <div className="cols">
        <Panel className="c6" flush>
          <div className="table-box" role="region" aria-label={say('title')} tabIndex={0} style={{ maxHeight: 520 }}><table className="table" aria-label={say('title')}>
            <thead><tr><th scope="col">{say('what')}</th><th scope="col" className="right">{say('psi')}</th><th scope="col">{say('band')}</th><th scope="col">{say('most')}</th></tr></thead>
            <tbody>{all.map((one) => (
              <tr key={key(one)} className={chosen === one ? 'selected' : ''}>
                <th scope="row"><button type="button" className="linkish" aria-pressed={chosen === one} onClick={() => setName(key(one))}>{one.title[format.lang]}</button> <span className="faint small">{say(one.what)}</span></th>
                <td className="right nowrap"><i className="bar-cell" style={{ width: Math.min(60, one.psi * 160) }} />{format.decimal(one.psi, 3, true)}</td>
                <td><StateTag state={TONES[one.band]}>{say(one.band)}</StateTag></td>
                <td className="small faint">{one.words[format.lang]}</td>
              </tr>
            ))}</tbody>
          </table></div>
        </Panel>
        {chosen && <Panel className="c6" title={say('bins', { what: chosen.title[format.lang] })}><Bins one={chosen} asOf={found.to.as_of} /></Panel>}
      </div>
    </>
  );
}

/** Both distributions bin by bin; of a tier each level opens its customers. */
function Bins({ one, asOf }: { one: Drifted; asOf: string }) {
  const say = useWords();
  const format = useFormat();
  const open = useOpen(asOf.slice(0, 10));
  const navigate = useNavigate();
  const levels = useCatalogue('graded')?.tiers.find((own) => own.name === one.name)?.levels;
  /** Of then (0) or of now (1). Levels from the lowest, those who are not graded last, open without being told by what. */
  const opens = (at: number, of: number): (() => void) | undefined => {
    const bin = one.bins[at];
    const told: Opens | null | undefined = of === 0 ? bin?.opens_base : bin?.opens_current;
    const who = told ?? (of === 1 && one.what === 'tier' && levels ? { tier: { scheme: one.name, level: levels[at]?.name }, as_of: format.day(asOf) } : undefined);
    return who && (() => void navigate({ to: '/customers', search: addressOf(who) as never }));
  };
  const opening = one.bins.some((_, at) => opens(at, 0) || opens(at, 1));
  const { palette } = useLook();
  const option = useMemo(() => {
    const look = axes(palette);
    const labels = one.bins.map((bin) => bin.label[format.lang]);
    const long = labels.some((label) => label.length > 6) || labels.length > 8;
    return {
      grid: { ...look.grid, top: 30 }, legend: look.legend, tooltip: { trigger: 'axis', valueFormatter: (value: number) => format.percent(value) },
      xAxis: look.category(labels, long ? 40 : 0), yAxis: look.value((value) => format.percent(value, 0)),
      series: [
        { name: say('baseShare'), type: 'bar', itemStyle: { color: palette.barBefore }, data: one.bins.map((bin) => bin.base) },
        { name: say('share'), type: 'bar', itemStyle: { color: palette.bar }, data: one.bins.map((bin) => bin.current) },
      ],
    };
  }, [one, palette, format.lang]); // eslint-disable-line
  return (
    <div className="stack">
      <Chart label={say('bins', { what: one.title[format.lang] })} option={option} height={320} onDrill={opening ? ({ dataIndex, seriesIndex }) => opens(dataIndex, seriesIndex ?? 1)?.() : undefined} onCell={(row, column) => (column === 1 || column === 2 ? opens(row, column - 1) : undefined)} table={{ head: [say('bin'), say('baseShare'), say('share'), say('part')], rows: one.bins.map((bin) => [bin.label[format.lang], format.percent(bin.base), format.percent(bin.current), format.decimal(bin.part, 3, true)]) }} />
      {opening ? <p className="faint small">{say('openBar')}</p> : <p className="small"><button type="button" className="linkish" onClick={() => open({ name: one.name })}>{say('openNow')}</button> <span className="faint">{format.day(asOf)}</span></p>}
    </div>
  );
}
