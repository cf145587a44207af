import { App, Button, Form, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useRead, useSend } from '../../shared/api/hooks';
import type { Effect, Effects } from '../../shared/api/validation';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat, useMay } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Loaded, Trouble } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useChallengerWords } from './words';

const LOOKS = { go_on: 'waiting', stop_early: 'active', differs: 'active', no_difference: '' } as const;

/** A share of the customers that keeps an earlier version's tiers: begun, read, ended. */
export function HoldOut() {
  const say = useChallengerWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { modal } = App.useApp();
  const query = useRead('/hold-out');
  const renews = ['/hold-out'];
  const end = useSend('delete', '/hold-out', { renews });
  const stop = () => modal.confirm({ title: say('endTitle'), content: say('endText'), okText: say('end'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => end.mutate({}) });
  return (
    <Panel title={say('holdOut')} extra={query.data?.runs && may('approve_models') && <Button danger loading={end.isPending} onClick={stop}>{say('end')}</Button>}>
      <div className="stack">
        <p className="faint">{say('holdOutText')}</p>
        {end.error && <p className="bad" role="alert">{end.error.message}</p>}
        <Loaded query={{ ...query, data: query.isSuccess ? { one: query.data } : undefined }} rows={3}>{({ one }) => (
          <>
            {one && <p><StateTag state={one.runs ? 'active' : 'done'}>{say(one.runs ? 'runs' : 'ended')}</StateTag> {say('since', { from: one.from, n: one.version, share: format.percent(one.share, 0) })}</p>}
            {!one?.runs && <Begin renews={renews} />}
            {one && <Measured />}
          </>
        )}</Loaded>
      </div>
    </Panel>
  );
}

function Begin({ renews }: { renews: string[] }) {
  const say = useChallengerWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { modal } = App.useApp();
  const versions = useRead('/model/versions', {}, { staleTime: 30_000 }).data?.items;
  const [picked, setVersion] = useState<number | undefined>();
  const [share, setShare] = useState(10);
  const begin = useSend('post', '/hold-out', { renews });
  if (!versions) return null;
  // Those that were in force once, and are not now.
  const earlier = versions.filter((one) => one.state !== 'published' && one.publications.length > 0);
  // The one that was in force last is what most people mean by the old tiers.
  const version = picked ?? earlier[0]?.version;
  if (earlier.length === 0) return <p className="faint small">{say('noEarlier')}</p>;
  const ask = () => version !== undefined && modal.confirm({ title: say('beginTitle'), content: say('beginText', { share: format.percent(share / 100, 0), n: version }), okText: say('begin'), cancelText: ui('cancel'), onOk: () => begin.mutate({ body: { version, share: share / 100 } }) });
  return (
    <Form layout="vertical" className="ask-row" onFinish={ask}>
      <Form.Item label={say('oldVersion')}><Select aria-label={say('oldVersion')} style={{ width: 180 }} disabled={!may('approve_models')} value={version} onChange={setVersion} options={earlier.map((one) => ({ value: one.version, label: say('versionN', { n: one.version }) }))} /></Form.Item>
      <Form.Item label={say('share')} tooltip={say('shareHelp')}><InputNumber aria-label={say('share')} min={0.1} max={50} suffix="%" style={{ width: 110 }} disabled={!may('approve_models')} value={share} onChange={(value) => setShare(value ?? 10)} /></Form.Item>
      <Form.Item label=" "><Button type="primary" htmlType="submit" disabled={!may('approve_models') || version === undefined} loading={begin.isPending}>{say('begin')}</Button></Form.Item>
      {!may('approve_models') && <p className="faint small">{say('mayNot')}</p>}
      {begin.error && <p className="bad" role="alert">{begin.error.message}</p>}
    </Form>
  );
}

/** Outcome by outcome: the difference with its interval, whether enough customers take part, and what to do. */
function Measured() {
  const say = useChallengerWords();
  const format = useFormat();
  const [points, setPoints] = useState<number | null>(null);
  const query = useRead('/hold-out/effect', { query: points ? { change: points / 100 } : {} }, { keep: true, long: true });
  // Shares are told in points, amounts as they are.
  const isShare = (one: Effect) => one.detectable !== null;
  const number = (one: Effect, value: number, signed = false) => (isShare(one) ? `${signed && value > 0 ? '+' : ''}${format.percent(value)}` : signed ? format.signed(value) : format.decimal(value));
  return (
    <section className="stack">
      <div className="spread"><h3>{say('effect')}</h3><span className="row small"><span>{say('change')}</span><InputNumber size="small" aria-label={say('change')} min={0.1} max={100} suffix="%" placeholder="2" style={{ width: 90 }} value={points} onChange={setPoints} /></span></div>
      {query.error ? (query.error.code === 'holdout-not-begun' ? <p className="faint"><b>{say('tooEarly')}</b> {query.error.message}</p> : <Trouble error={query.error} />) : (
        <Loaded query={query} rows={3}>{(data) => {
          const effects = data as unknown as Effects;
          return (
            <>
              <p className="faint small">{say('effectOf', { from: effects.as_of, until: effects.until, n: format.count(effects.n_customers), held: format.count(effects.n_held) })}</p>
              <div className="table-box" role="region" aria-label={say('effect')} tabIndex={0}><table className="table" aria-label={say('effect')}>
                <thead><tr><th scope="col">{say('outcome')}</th><th scope="col" className="right">{say('withNew')}</th><th scope="col" className="right">{say('withOld')}</th><th scope="col">{say('difference')}</th><th scope="col" className="right">{say('power')}</th><th scope="col" className="right">{say('planned')}</th><th scope="col">{say('decision')}</th></tr></thead>
                <tbody>{effects.effects.map((one) => (
                  <tr key={one.outcome}>
                    <th scope="row">{one.title[format.lang]}<div className="faint small wrap">{one.words[format.lang]}</div></th>
                    <td className="right">{number(one, one.new)}<div className="faint small">{format.count(one.n_new)}</div></td>
                    <td className="right">{number(one, one.old)}<div className="faint small">{format.count(one.n_old)}</div></td>
                    <td className="nowrap"><IntervalBar of={one.difference} {...scaleOf([one.difference], 0)} mark={0} width={120} /> <span className="small"><b>{number(one, one.difference.value, true)}</b> <span className="faint">({number(one, one.difference.low, true)} – {number(one, one.difference.high, true)})</span></span></td>
                    <td className={`right ${one.power !== null && one.power < 0.8 ? 'warn' : ''}`}>{format.percent(one.power, 0)}</td>
                    <td className="right">{format.count(one.planned)}</td>
                    <td>{one.look && <StateTag state={LOOKS[one.look]}>{say(one.look)}</StateTag>}</td>
                  </tr>
                ))}</tbody>
              </table></div>
              <p className="faint small">{say('powerHelp')} {say('changeHelp')}</p>
              <p className="faint small">{say('rule')}</p>
            </>
          );
        }}</Loaded>
      )}
    </section>
  );
}
