import { EyeOutlined } from '@ant-design/icons';
import { App, Button, Input, Modal, Select, Tabs } from 'antd';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ofCut, type Explanation, type Profile, type Standing } from '../../shared/api/contract';
import { useRead, useSend } from '../../shared/api/hooks';
import { StatementWaterfall } from '../../shared/chart/StatementWaterfall';
import { useCatalogue, useModelInForce } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Benefits, Events, History, Notes, OwnOverrides } from './tabs';
import { HeadOutlook, Outlook } from './Outlook';
import { useOutlookWords } from './outlook-words';
import { SegmentReasons } from './SegmentReasons';
import { NextOf, useNextOfWords } from './Next';
import { Identities, useIdentityWords } from './Identities';
import { Owner } from './Owner';
import { Ways } from './Ways';
import { useWaysWords } from './lifting';
import { useCustomerWords } from './words';

export default function CustomerPage() {
  const waysSay = useWaysWords();
  const outlookSay = useOutlookWords();
  const nextSay = useNextOfWords();
  const identitySay = useIdentityWords();
  const say = useCustomerWords();
  const ui = useUi();
  const format = useFormat();
  const navigate = useNavigate();
  const { customer } = useParams({ strict: false }) as { customer: string };
  const { tab = 'why' } = useSearch({ strict: false }) as { tab?: string };
  const profile = useRead('/customers/{customer}', { path: { customer } });
  const [against, setAgainst] = useState<string | undefined>();
  const instants = useRead('/instants').data ?? [];
  const why = useRead('/customers/{customer}/statement', { path: { customer }, query: { against, events: 500 } }, { keep: true });
  const data = profile.data;
  const run = useRead('/runs', { query: { limit: 200 } }, { staleTime: 60_000 }).data?.items.find((own) => own.run === data?.run);
  return (
    <Page title={data ? `${data.label}` : `#${customer}`} lead={<code>#{customer}</code>} fresh={profile.data && { asOf: profile.data.as_of, at: run?.finished, version: run?.version }} actions={data && <Identity profile={data} />}>
      <Loaded query={profile}>{(one) => <Head profile={one} why={why.data} />}</Loaded>
      {!profile.error && <Panel flush>
        <div style={{ padding: '0 14px 14px' }}>
          <Tabs tabBarGutter={16} activeKey={tab} onChange={(next) => void navigate({ to: '/customers/$customer', params: { customer }, search: { tab: next }, replace: true })} items={[
            { key: 'why', label: say('tabWhy'), children: (
              <Loaded query={why}>{(one) => (
                <div className="stack">
                  <div className="row"><span className="faint">{say('against')}</span><Select aria-label={say('against')} allowClear style={{ width: 160 }} value={against} onChange={setAgainst} options={instants.filter((own) => own !== why.data?.as_of).map((own) => ({ value: own, label: format.day(own) })).reverse()} /></div>
                  {one.scores.map((statement) => <section key={statement.scorecard} className="stack"><h3>{say('why')} · {statement.title[format.lang]}</h3><StatementWaterfall statement={statement} /></section>)}
                  {against && one.differences.map((own) => <Differences key={own.scorecard} one={own} />)}
                </div>
              )}</Loaded>
            ) },
            { key: 'outlook', label: outlookSay('tab'), children: <Loaded query={why}>{(one) => <Outlook why={one} />}</Loaded> },
            { key: 'ways', label: waysSay('tab'), children: <Loaded query={why}>{(one) => <Ways customer={customer} why={one} />}</Loaded> },
            { key: 'next', label: nextSay('tab'), children: <NextOf customer={customer} /> },
            { key: 'segments', label: say('tabSegments'), children: <Loaded query={why}>{(one) => <SegmentReasons segments={one.segments} />}</Loaded> },
            { key: 'indicators', label: say('tabIndicators'), children: <Loaded query={why}>{(one) => <div className="pairs">{one.indicators.map(([name, title, value]) => <div key={name}><Link to="/indicators/$name" params={{ name }}>{title[format.lang]}</Link><span>{value == null ? <span className="faint">{ui('unknown')}</span> : format.value(value)}</span></div>)}</div>}</Loaded> },
            { key: 'history', label: say('tabHistory'), children: <History customer={customer} /> },
            { key: 'events', label: say('tabEvents'), children: <Loaded query={why}>{(one) => <Events events={one.events} total={one.n_events} />}</Loaded> },
            { key: 'benefits', label: say('tabBenefits'), children: <Benefits customer={customer} /> },
            { key: 'identities', label: identitySay('tab'), children: <Identities customer={customer} /> },
            { key: 'notes', label: say('tabNotes'), children: <Notes customer={customer} /> },
            { key: 'overrides', label: say('tabOverrides'), children: <OwnOverrides customer={customer} /> },
          ]} />
        </div>
      </Panel>}
    </Page>
  );
}

function Head({ profile, why }: { profile: Profile; why?: Explanation }) {
  const say = useCustomerWords();
  const format = useFormat();
  const catalogue = useCatalogue('graded');
  const of = (kind: string) => profile.values.filter((value) => value.kind === kind);
  // Until the model is here a level has no title; its code is nothing to show meanwhile.
  const level = (scheme: string, name: string) => (catalogue ? textOf(catalogue.tiers.find((one) => one.name === scheme)?.levels.find((one) => one.name === name)?.title, name) : '…');
  const group = (name: string) => why?.groupings.find(([own]) => own === name)?.[2]?.[format.lang]?.replaceAll('>=', '≥').replaceAll('<=', '≤');
  const completeness = why?.scores[0]?.completeness;
  const last = why?.events[0]?.time;
  return (
    <div className="stack">
        <div className="figures">
          {of('score').map((score) => <Figure key={score.name} label={score.title[format.lang]} value={score.value == null ? '–' : format.decimal(score.value)} note={completeness != null && completeness < 1 ? `${say('complete')} ${format.percent(completeness, 0)}` : undefined} />)}
          {of('tier').map((tier) => <Figure key={tier.name} label={tier.title[format.lang]} value={tier.value ? level(tier.name, tier.value) : say('notGraded')} />)}
          {why?.predictions && <HeadOutlook all={why.predictions} />}
          {last && <Figure label={say('last')} value={format.day(last)} note={say('nEvents', { n: format.count(why?.n_events) })} />}
          <Figure label={say('owner')} value={<Owner profile={profile} />} />
        </div>
        <p className="row">
          {of('segment').filter((one) => one.value === 'true').map((one) => <Link key={one.name} to="/segments/$name" params={{ name: one.name }} className="tag">{one.title[format.lang]}</Link>)}
          {of('grouping').filter((one) => one.value).map((one) => <span key={one.name} className="tag">{one.title[format.lang]}: {group(one.name) ?? one.value}</span>)}
        </p>
      <Panel title={say('distance')}>{why ? <div className="standings">{why.standings.map((one) => <Distance key={one.scheme} standing={one} />)}</div> : <p className="faint">…</p>}</Panel>
    </div>
  );
}

/** The levels from the top: which is reached, what is missing to the others. */
function Distance({ standing }: { standing: Standing }) {
  const say = useCustomerWords();
  const format = useFormat();
  const levels = standing.levels;
  const at = levels.findIndex((level) => level.level === standing.level);
  const reached = levels.reduce((best, level, index) => { const distance = ofCut(level.distance); return index === 0 || (distance !== null && distance <= 0) ? index : best; }, 0);
  const heading = at >= 0 && standing.axes.length === 0 && reached !== at ? levels[reached] : undefined;
  return (
    <div className="standing">
      <p className="spread small"><b>{standing.title[format.lang]}</b><span className="faint">{standing.value && format.decimal(standing.value)} {standing.provisional && <span className="tag warn">{say('provisional')}</span>}{standing.not_graded && <span className="tag">{say('notGraded')}: {say(`r_${standing.not_graded}` as 'r_unknown')}</span>}</span></p>
      {standing.axes.length > 0 ? <Axes standing={standing} /> : (
        <table className="table small"><tbody>
          {[...levels].reverse().map((level, reversed) => {
            const from = ofCut(level.from);
            const distance = ofCut(level.distance);
            return (
              <tr key={level.level} className={level.level === standing.level ? 'selected' : ''}>
                <th scope="row"><LevelTag title={level.title[format.lang]} index={levels.length - 1 - reversed} of={levels.length} /></th>
                <td className="right faint">{from === null ? say('lowest') : `≥ ${format.decimal(from)}`}</td>
                <td className={`right ${distance === null ? '' : distance > 0 ? 'strong' : 'good'}`}>{distance === null ? '' : distance > 0 ? say('missing', { n: format.decimal(distance) }) : say('reached', { n: format.decimal(-distance) })}</td>
              </tr>
            );
          })}
        </tbody></table>
      )}
      {heading && <p className="small warn">{say('heading', { level: heading.title[format.lang] })}</p>}
    </div>
  );
}

/** A grid gives the level by the band of each of its two axes. */
function Axes({ standing }: { standing: Standing }) {
  const say = useCustomerWords();
  const format = useFormat();
  const grid = useModelInForce()?.tiers?.[standing.scheme]?.grid;
  const titles = [grid?.rows, grid?.columns].map((axis, index) => textOf(axis?.title, axis?.value ?? say(index ? 'column' : 'row')));
  const at = standing.levels.findIndex((level) => level.level === standing.level);
  return (
    <table className="table small"><tbody>
      {at >= 0 && <tr className="selected"><th scope="row"><LevelTag title={standing.levels[at]!.title[format.lang]} index={at} of={standing.levels.length} /></th><td /><td /></tr>}
      {standing.axes.map((axis, index) => <tr key={index}><th scope="row">{titles[index]}</th><td className="right">{axis.value === null ? '–' : format.decimal(axis.value)}</td><td className="right faint">{[axis.from === null ? null : `≥ ${format.decimal(axis.from)}`, axis.below === null ? null : `< ${format.decimal(axis.below)}`].filter(Boolean).join(' · ')}</td></tr>)}
    </tbody></table>
  );
}

function Differences({ one }: { one: Explanation['differences'][number] }) {
  const say = useCustomerWords();
  const format = useFormat();
  return (
    <section className="stack">
      <h3>{say('changedBy', { n: format.signed(one.total) })} ({format.decimal(one.before)} → {format.decimal(one.after)})</h3>
      <div className="table-box"><table className="table">
        <thead><tr><th scope="col">{say('line')}</th><th scope="col">{say('before')}</th><th scope="col">{say('after')}</th><th scope="col" className="right">{say('change')}</th></tr></thead>
        <tbody>{one.lines.filter((line) => line.amount !== 0).map((line) => <tr key={line.name}><th scope="row">{line.title[format.lang]}</th><td>{line.before ? `${line.before[0] ?? '–'} (${format.decimal(line.before[1])})` : '–'}</td><td>{line.after ? `${line.after[0] ?? '–'} (${format.decimal(line.after[1])})` : '–'}</td><td className={`right strong ${line.amount > 0 ? 'good' : 'bad'}`}>{format.signed(line.amount)}</td></tr>)}</tbody>
      </table></div>
    </section>
  );
}

function Identity({ profile }: { profile: Profile }) {
  const say = useCustomerWords();
  const ui = useUi();
  const may = useMay();
  const { message } = App.useApp();
  const [asking, ask] = useState(false);
  const [reason, setReason] = useState('');
  const reveal = useSend('post', '/customers/{customer}/reveal', { onDone: () => { ask(false); void message.info(say('revealed')); } });
  const shown = reveal.data;
  return (
    <>
      <span className="row small">{profile.identities.map((one, index) => <code key={index}>{shown?.find((own) => own.kind === one.kind)?.value ?? one.value}</code>)}</span>
      {may('see_identities') && !shown && <Button icon={<EyeOutlined />} onClick={() => ask(true)}>{say('reveal')}</Button>}
      <Modal open={asking} title={say('reveal')} okText={say('reveal')} cancelText={ui('cancel')} okButtonProps={{ disabled: !reason.trim() }} confirmLoading={reveal.isPending} onCancel={() => ask(false)} onOk={() => reveal.mutate({ path: { customer: profile.customer }, body: { reason: reason.trim() } })}>
        <label>{say('revealReason')}<Input value={reason} autoFocus onChange={(event) => setReason(event.target.value)} /></label>
        {reveal.error && <p className="bad" role="alert">{reveal.error.message}</p>}
      </Modal>
    </>
  );
}
