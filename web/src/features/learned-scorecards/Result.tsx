import { App, Button, Tabs } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { LearnedScorecard } from '../../shared/api/learned';
import { namesOf } from '../../shared/draft/names';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { useFormat, useMay } from '../../shared/session';
import { Figure, Panel } from '../../shared/ui/page';
import { save as saveFile } from '../../shared/ui/download';
import { AskName, StateTag } from '../../shared/ui/parts';
import { Bins } from './Bins';
import { Promised } from './Promised';
import { sayResult } from './said';
import { strengthOf, TONES } from './strength';
import { useLearnedWords } from './words';

/** What was learned: sentences first, then bins, the test, the points; at last it goes into the draft. */
export default function Result({ result }: { result: LearnedScorecard }) {
  const say = useLearnedWords();
  const format = useFormat();
  const [tab, setTab] = useState('bins');
  const ranked = [...result.attributes].sort((a, b) => Number(b.taken) - Number(a.taken) || b.iv - a.iv);
  const [name, setName] = useState(ranked[0]?.feature);
  const chosen = ranked.find((one) => one.feature === name) ?? ranked[0];
  const held = result.dates.find((one) => one.is_held_out);
  const learned = result.dates.filter((one) => !one.is_held_out);
  const { train, held_out } = result;
  const page = result.pages?.[format.lang];
  const three = (value: number | null | undefined) => format.decimal(value, 3, true);
  return (
    <>
      <Panel title={say('means')} extra={<>{page && <Button size="small" onClick={() => saveFile(`${result.name}.html`, new Blob([page], { type: 'text/html;charset=utf-8' }))}>{say('report')}</Button>}<Take result={result} /></>}>
        <div className="stack">
          <div className="words" role="status"><ul>{sayResult(result, say, format.lang).map((one) => <li key={one}>{one}</li>)}{result.words.map((one, index) => <li key={index} className="warn">{one[format.lang]}</li>)}</ul></div>
          <p className="sentence">{say('goodBad', { good: result.good[format.lang], bad: result.bad[format.lang] })}</p>
          <p className="faint small">{say('learnedFrom', { n: format.count(result.n), dates: learned.map((one) => format.day(one.as_of)).join(', '), held: format.day(held?.as_of), m: format.count(result.held_out.n) })}</p>
          {result.leaks.length > 0 && <div className="warn small"><b>{say('leaks')}</b><ul>{result.leaks.map((one) => <li key={one.indicator}>{one.words[format.lang]}</li>)}</ul></div>}
        </div>
      </Panel>
      <div className="figures">
        <Figure label={say('auc')} value={three(held_out.auc?.value)} note={<span title={say('aucHint')}>{held_out.auc && `${three(held_out.auc.low)} – ${three(held_out.auc.high)} · `}{say('onTrain', { n: three(train.auc?.value) })}</span>} />
        <Figure label={say('ks')} value={three(held_out.ks)} note={say('onTrain', { n: three(train.ks) })} />
        <Figure label={say('gini')} value={three(held_out.gini)} note={say('onTrain', { n: three(train.gini) })} />
        <Figure label={say('rate')} value={held_out.n > 0 ? format.percent(held_out.n_events / held_out.n) : '–'} note={say('badRateNote')} />
        {result.psi !== null && <Figure label={say('psi')} value={three(result.psi)} note={say(result.psi < 0.1 ? 'psiStable' : 'psiMoved')} tone={result.psi < 0.1 ? undefined : 'warn'} />}
      </div>
      <Panel flush><div style={{ padding: '0 14px 14px' }}>
        <Tabs activeKey={tab} onChange={setTab} items={[
          { key: 'bins', label: say('tabBins'), children: (
            <div className="learned-split">
              <nav className="list-pick" aria-label={say('indicator')}>{ranked.map((one) => <button key={one.feature} type="button" aria-current={one === chosen} onClick={() => setName(one.feature)}><span className="spread"><span className={one.taken ? '' : 'faint'}>{one.title[format.lang]}</span><span className="faint small">{format.decimal(one.iv, 2, true)}</span></span></button>)}</nav>
              <div>{chosen && <Bins key={chosen.feature} one={chosen} />}</div>
            </div>
          ) },
          { key: 'iv', label: say('tabIv'), children: <Indicators result={result} ranked={ranked} onOpen={(feature) => { setName(feature); setTab('bins'); }} /> },
          { key: 'calibration', label: say('tabCalibration'), children: result.calibration ? <Promised one={result.calibration} /> : <p className="faint">{say('noCalibration')}</p> },
          { key: 'card', label: say('tabCard'), children: <Card result={result} /> },
          { key: 'data', label: say('tabData'), children: <Data result={result} /> },
        ]} />
      </div></Panel>
    </>
  );
}

/** Every indicator by how much it tells. */
function Indicators({ result, ranked, onOpen }: { result: LearnedScorecard; ranked: LearnedScorecard['attributes']; onOpen: (feature: string) => void }) {
  const say = useLearnedWords();
  const format = useFormat();
  const most = Math.max(0.1, ...ranked.map((one) => one.iv));
  return (
    <div className="stack">
      <p className="faint small">{say('ivHint')}</p>
      <div className="table-box" role="region" aria-label={say('tabIv')} tabIndex={0}><table className="table" aria-label={say('tabIv')}>
        <thead><tr><th scope="col">{say('indicator')}</th><th scope="col">{say('iv')}</th><th scope="col">{say('strength')}</th><th scope="col">{say('trend')}</th><th scope="col" /></tr></thead>
        <tbody>{[...ranked].sort((a, b) => b.iv - a.iv).map((one) => (
          <tr key={one.feature}>
            <th scope="row"><button type="button" className="linkish" onClick={() => onOpen(one.feature)}>{one.title[format.lang]}</button></th>
            <td className="nowrap"><i className="bar-cell" style={{ width: Math.max(1, (one.iv / most) * 140) }} />{format.decimal(one.iv, 3, true)}</td>
            <td><StateTag state={TONES[strengthOf(one.iv)]}>{say(strengthOf(one.iv))}</StateTag></td><td>{say(one.trend)}</td>
            <td className="small">{one.taken ? say('taken') : <span className="faint">{say('leftOut')}{one.why_not && `: ${one.why_not[format.lang]}`}</span>}</td>
          </tr>
        ))}</tbody>
      </table></div>
      {result.left_out.length > 0 && <details className="small"><summary>{say('notUsed')} ({format.count(result.left_out.length)})</summary><ul className="plain-list">{result.left_out.map((one) => <li key={one.feature}>{one.title[format.lang]}: <span className="faint">{one.reason[format.lang]}</span></li>)}</ul></details>}
    </div>
  );
}

/** The points of the card at a glance: from the fewest to the most of each line. */
function Card({ result }: { result: LearnedScorecard }) {
  const say = useLearnedWords();
  const format = useFormat();
  const taken = result.attributes.filter((one) => one.taken);
  return (
    <div className="stack">
      <p className="words sentence">{say('scaling', { base: format.decimal(result.scaling.base_score), odds: format.decimal(result.scaling.base_odds), pdo: format.decimal(result.scaling.points_to_double) })}</p>
      <div className="cols">{taken.map((one) => {
        const most = Math.max(1, ...one.bins.map((bin) => Math.abs(bin.points)));
        const points = one.bins.map((bin) => bin.points);
        return (
          <section key={one.feature} className="c4">
            <table className="table small" aria-label={`${say('inCard')} · ${one.title[format.lang]}`}>
              <thead><tr><th scope="col">{one.title[format.lang]}</th><th scope="col" className="right">{say('range', { low: format.decimal(Math.min(...points), 1), high: format.decimal(Math.max(...points), 1) })}</th></tr></thead>
              <tbody>{one.bins.map((bin, at) => <tr key={at}><th scope="row">{bin.label[format.lang]}</th><td className="right"><i className="bar-cell" style={{ width: (Math.abs(bin.points) / most) * 60, background: bin.points < 0 ? 'var(--bad)' : undefined }} />{format.decimal(bin.points, 1)}</td></tr>)}</tbody>
            </table>
          </section>
        );
      })}</div>
    </div>
  );
}

function Data({ result }: { result: LearnedScorecard }) {
  const say = useLearnedWords();
  const format = useFormat();
  return (
    <div className="stack">
      <p className="words sentence">{result.outcome.words[format.lang]}</p>
      <p className="faint small">{say('ofBase', { base: result.base === 'everyone' ? say('everyone') : result.base, horizon: result.horizon[format.lang] })}</p>
      <table className="table small" aria-label={say('tabData')}>
        <thead><tr><th scope="col">{say('date')}</th><th scope="col">{say('until')}</th><th scope="col" className="right">{say('people')}</th><th scope="col" className="right">{say('happened')}</th><th scope="col" className="right">{say('eventRate')}</th><th scope="col" /></tr></thead>
        <tbody>{result.dates.map((one) => <tr key={one.as_of}><th scope="row">{format.day(one.as_of)}</th><td>{format.day(one.until)}</td><td className="right">{format.count(one.n)}{one.n < one.n_customers && <span className="faint"> / {format.count(one.n_customers)}</span>}</td><td className="right">{format.count(one.n_events)}</td><td className="right">{one.n > 0 ? format.percent(one.n_events / one.n) : '–'}</td><td><StateTag state={one.is_held_out ? 'waiting' : ''}>{say(one.is_held_out ? 'held' : 'learning')}</StateTag></td></tr>)}</tbody>
      </table>
    </div>
  );
}

/** Under a name of its own; then it is edited like any other scorecard, and can be taken back. */
function Take({ result }: { result: LearnedScorecard }) {
  const say = useLearnedWords();
  const may = useMay();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { document, set } = useDraft();
  const [asking, ask] = useState(false);
  if (!may('edit_models')) return null;
  const taken = namesOf(document);
  const take = (name: string) => {
    ask(false);
    draft.apart();
    set(['scorecards', name], result.scorecard);
    draft.apart();
    void message.success(say('takenSaid'));
    void navigate({ to: '/scorecards/$name', params: { name } });
  };
  return (
    <>
      <Button type="primary" size="small" disabled={!document} onClick={() => (taken.includes(result.name) ? ask(true) : take(result.name))}>{say('take')}</Button>
      <AskName open={asking} title={say('takeTitle')} taken={taken} onDone={take} onClose={() => ask(false)}><p className="faint small">{say('another')}</p></AskName>
    </>
  );
}
