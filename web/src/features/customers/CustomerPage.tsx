import { EyeOutlined } from '@ant-design/icons';
import { App, Button, Input, Modal, Select, Tabs } from 'antd';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Explanation, Profile, Standing } from '../../shared/api/contract';
import { useRead, useSend } from '../../shared/api/hooks';
import { StatementWaterfall } from '../../shared/chart/StatementWaterfall';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Benefits, Events, History, Notes, OwnOverrides } from './tabs';
import { SegmentReasons } from './SegmentReasons';
import { useCustomerWords } from './words';

export default function CustomerPage() {
  const say = useCustomerWords();
  const ui = useUi();
  const format = useFormat();
  const navigate = useNavigate();
  const { customer } = useParams({ strict: false }) as { customer: string };
  const { tab = 'why' } = useSearch({ strict: false }) as { tab?: string };
  const profile = useRead('/customers/{customer}', { path: { customer } });
  const [against, setAgainst] = useState<string | undefined>();
  const instants = useRead('/instants').data?.items ?? [];
  const why = useRead('/customers/{customer}/statement', { path: { customer }, query: { against } }, { keep: true });
  const data = profile.data;
  return (
    <Page title={data ? `${data.label}` : `#${customer}`} lead={<code>#{customer}</code>} fresh={why.data ? { at: why.data.as_of, version: why.data.version } : undefined} actions={data && <Identity profile={data} />}>
      <Loaded query={profile}>{(one) => <Head profile={one} why={why.data} />}</Loaded>
      <Panel flush>
        <div style={{ padding: '0 14px 14px' }}>
          <Tabs activeKey={tab} onChange={(next) => void navigate({ to: '/customers/$customer', params: { customer }, search: { tab: next }, replace: true })} items={[
            { key: 'why', label: say('tabWhy'), children: (
              <Loaded query={why}>{(one) => (
                <div className="stack">
                  <div className="row"><span className="faint">{say('against')}</span><Select aria-label={say('against')} allowClear style={{ width: 160 }} value={against} onChange={setAgainst} options={instants.map((own) => ({ value: own.as_of, label: format.day(own.as_of) })).reverse()} /></div>
                  {one.scores.map((statement) => <section key={statement.scorecard} className="stack"><h3>{say('why')} · {statement.title[format.lang]}</h3><StatementWaterfall statement={statement} /></section>)}
                  {against && one.differences.map((own) => <Differences key={own.scorecard} one={own} />)}
                </div>
              )}</Loaded>
            ) },
            { key: 'segments', label: say('tabSegments'), children: <Loaded query={why}>{(one) => <SegmentReasons segments={one.segments} />}</Loaded> },
            { key: 'indicators', label: say('tabIndicators'), children: <Loaded query={why}>{(one) => <table className="table"><tbody>{one.indicators.map(([name, title, value]) => <tr key={name}><th scope="row"><Link to="/indicators/$name" params={{ name }}>{title[format.lang]}</Link></th><td className="right">{value ?? <span className="faint">{ui('unknown')}</span>}</td></tr>)}</tbody></table>}</Loaded> },
            { key: 'history', label: say('tabHistory'), children: <History customer={customer} /> },
            { key: 'events', label: say('tabEvents'), children: <Events customer={customer} /> },
            { key: 'benefits', label: say('tabBenefits'), children: <Benefits customer={customer} /> },
            { key: 'notes', label: say('tabNotes'), children: <Notes customer={customer} /> },
            { key: 'overrides', label: say('tabOverrides'), children: <OwnOverrides customer={customer} /> },
          ]} />
        </div>
      </Panel>
    </Page>
  );
}

function Head({ profile, why }: { profile: Profile; why?: Explanation }) {
  const say = useCustomerWords();
  const format = useFormat();
  return (
    <div className="cols">
      <div className="c7">
        <div className="figures">
          {profile.scores.map((score) => <Figure key={score.name} label={textOf(score.title, score.name)} value={score.high != null ? `${format.decimal(score.value)}–${format.decimal(score.high)}` : format.decimal(score.value)} />)}
          {profile.tiers.map((tier) => <Figure key={tier.scheme} label={textOf(tier.title, tier.scheme)} value={tier.level ? textOf(tier.level_title, tier.level) : say('notGraded')} note={[tier.since && say('since', { at: format.day(tier.since) }), tier.override && say('override')].filter(Boolean).join(' · ') || undefined} />)}
          <Figure label={say('last')} value={format.day(profile.last_seen)} note={`${say('first')} ${format.day(profile.first_seen)}`} />
          <Figure label={say('owner')} value={profile.owner ?? say('noOwner')} note={profile.completeness == null ? undefined : `${say('complete')} ${format.percent(profile.completeness, 0)}`} />
        </div>
        <p style={{ marginTop: 10 }} className="row">{profile.segments.map((one) => <Link key={one.name} to="/segments/$name" params={{ name: one.name }} className="tag">{textOf(one.title, one.name)}</Link>)}{profile.groupings.filter((one) => one.value).map((one) => <span key={one.name} className="tag">{textOf(one.title, one.name)}: {textOf(one.value_title, one.value ?? '')}</span>)}</p>
      </div>
      <Panel className="c5" title={say('distance')}>{why ? why.standings.map((one) => <Distance key={one.scheme} standing={one} />) : <p className="faint">…</p>}</Panel>
    </div>
  );
}

/** The levels from the top: which is reached, what is missing to the others. */
function Distance({ standing }: { standing: Standing }) {
  const say = useCustomerWords();
  const format = useFormat();
  const levels = standing.levels;
  return (
    <div>
      <p className="small faint">{standing.title[format.lang]}{standing.value && <> · {standing.value}</>} {standing.provisional && <span className="tag warn">{say('provisional')}</span>}{standing.not_graded && <span className="tag">{say('notGraded')}: {say(`r_${standing.not_graded}` as 'r_unknown')}</span>}</p>
      <table className="table small"><tbody>
        {[...levels].reverse().map((level, reversed) => (
          <tr key={level.level} className={level.level === standing.level ? 'selected' : ''}>
            <th scope="row"><LevelTag title={level.title[format.lang]} index={levels.length - 1 - reversed} of={levels.length} /></th>
            <td className="right faint">{level.from == null ? say('lowest') : `≥ ${format.decimal(level.from)}`}</td>
            <td className={`right ${level.distance != null && level.distance > 0 ? 'strong' : 'good'}`}>{level.distance == null ? '' : level.distance > 0 ? say('missing', { n: format.decimal(level.distance) }) : say('reached', { n: format.decimal(-level.distance) })}</td>
          </tr>
        ))}
      </tbody></table>
    </div>
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
  const shown = reveal.data?.identities;
  return (
    <>
      <span className="row small">{profile.identities.map((one, index) => <code key={index}>{shown?.find((own) => own.kind === one.kind)?.value ?? one.masked}</code>)}</span>
      {may('see_identities') && !shown && <Button icon={<EyeOutlined />} onClick={() => ask(true)}>{say('reveal')}</Button>}
      <Modal open={asking} title={say('reveal')} okText={say('reveal')} cancelText={ui('cancel')} okButtonProps={{ disabled: !reason.trim() }} confirmLoading={reveal.isPending} onCancel={() => ask(false)} onOk={() => reveal.mutate({ path: { customer: profile.customer }, body: { reason: reason.trim() } })}>
        <label>{say('revealReason')}<Input value={reason} autoFocus onChange={(event) => setReason(event.target.value)} /></label>
        {reveal.error && <p className="bad" role="alert">{reveal.error.message}</p>}
      </Modal>
    </>
  );
}
