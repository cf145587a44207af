import { Segmented, Select, Tabs } from 'antd';
import { useState } from 'react';
import type { Backtest, BacktestDate } from '../../shared/api/validation';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { Calibration } from './Calibration';
import { ChallengeView } from './ChallengeView';
import { GroupsTable } from './GroupsTable';
import { LiftView } from './LiftView';
import { Members } from './members';
import { mainScore, meaning } from './meaning';
import { Separations } from './Separations';
import { useBacktestWords } from './words';

/** Whether grades were right: first in sentences, then by tier, score, tenth and promise. */
export default function Result({ result, job }: { result: Backtest; job: string }) {
  const say = useBacktestWords();
  const format = useFormat();
  const [at, setAt] = useState(result.dates.length - 1);
  const date = result.dates[at] ?? result.dates.at(-1);
  if (!date) return null;
  return (
    <Members value={result.has_customers ? { job, as_of: date.as_of } : null}>
      <Panel title={say('means')} extra={result.dates.length > 1 && <Segmented size="small" aria-label={say('date')} value={at} onChange={(next) => setAt(Number(next))} options={result.dates.map((one, index) => ({ value: index, label: one.as_of }))} />}>
        <div className="stack">
          <div className="words" role="status"><ul>{meaning(date, say, format.lang, (value) => format.percent(value, 0)).map((one) => <li key={one}>{one}</li>)}</ul></div>
          <p className="faint small">{say('until', { from: date.as_of, until: date.until, n: format.count(date.judged.n_customers) })}</p>
          {date.leaks.length > 0 && <div className="warn small"><b>{say('leaks')}</b><ul>{date.leaks.map((one) => <li key={one.indicator}>{one.words[format.lang]}</li>)}</ul></div>}
        </div>
      </Panel>
      <Panel flush><div style={{ padding: '0 14px 14px' }}>
        <Tabs items={[
          { key: 'tiers', label: say('tiers'), children: <div className="stack">{date.judged.tiers.map((one) => <section key={one.name} className="stack"><h3>{one.title[format.lang]}</h3><GroupsTable kind="tier" groups={one} outcomes={date.judged.outcomes} /></section>)}<Counted result={result} /></div> },
          { key: 'bands', label: say('bands'), children: <ByScore date={date}>{(score) => <><Separations score={score} outcomes={date.judged.outcomes} /><GroupsTable kind="band" groups={{ ...score.bands, name: score.score }} outcomes={date.judged.outcomes} /></>}</ByScore> },
          { key: 'lift', label: say('liftTab'), children: <ByScore date={date}>{(score) => <LiftView score={score} outcomes={date.judged.outcomes} />}</ByScore> },
          { key: 'calibration', label: say('calibrationTab'), children: <ByScore date={date}>{(score) => <Calibration score={score} outcomes={date.judged.outcomes} />}</ByScore> },
          { key: 'challenge', label: say('challengeTab'), children: date.challenge ? <ChallengeView one={date.challenge} outcomes={date.judged.outcomes} /> : <p className="faint">{say('noChallenge')}</p> },
          { key: 'steady', label: say('steady'), children: result.across.length ? <ul className="plain-list">{result.across.map((one, index) => <li key={index}>{one[format.lang]}</li>)}</ul> : <p className="faint">{say('oneDate')}</p> },
        ]} />
      </div></Panel>
    </Members>
  );
}

function Counted({ result }: { result: Backtest }) {
  const say = useBacktestWords();
  const { lang } = useFormat();
  return <section className="faint small"><b>{say('counted')}</b><ul>{result.outcomes.map((one) => <li key={one.name}>{say('countedAs', { what: one.title[lang], how: one.words[lang] })}</li>)}</ul></section>;
}

/** Choose among several scores; the one that tells most comes first. */
function ByScore({ date, children }: { date: BacktestDate; children: (score: BacktestDate['judged']['scores'][number]) => React.ReactNode }) {
  const say = useBacktestWords();
  const { lang } = useFormat();
  const { scores } = date.judged;
  const [name, setName] = useState<string | undefined>();
  const score = scores.find((one) => one.score === name) ?? mainScore(scores);
  if (!score) return <p className="faint">{say('noBinary')}</p>;
  return (
    <div className="stack">
      {scores.length > 1 && <div className="row"><span className="faint">{say('score')}</span><Select aria-label={say('score')} style={{ minWidth: 180 }} value={score.score} onChange={setName} options={scores.map((one) => ({ value: one.score, label: one.title[lang] }))} /></div>}
      {children(score)}
    </div>
  );
}
