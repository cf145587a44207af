import { Segmented } from 'antd';
import { useState } from 'react';
import type { ScoreJudged, Whole } from '../../shared/api/validation';
import { CalibrationChart } from '../../shared/chart/CalibrationChart';
import { useFormat } from '../../shared/session';
import { useBacktestWords } from './words';

/** What a score promised against what came, bin by bin, with the interval of what came. */
export function Calibration({ score, outcomes }: { score: ScoreJudged; outcomes: Whole[] }) {
  const say = useBacktestWords();
  const format = useFormat();
  const [outcome, setOutcome] = useState(score.calibrations[0]?.outcome);
  const one = score.calibrations.find((own) => own.outcome === outcome) ?? score.calibrations[0];
  const title = (name: string) => outcomes.find((own) => own.outcome === name)?.title[format.lang] ?? name;
  if (!one) return <p className="faint">{say('noBinary')}</p>;
  return (
    <div className="stack">
      {score.calibrations.length > 1 && <div><Segmented aria-label={say('outcome')} value={one.outcome} onChange={setOutcome} options={score.calibrations.map((own) => ({ value: own.outcome, label: title(own.outcome) }))} /></div>}
      <p className="words sentence">{one.words[format.lang]}</p>
      <div className="cols">
        <section className="c7"><h3>{say('calibration')}</h3><CalibrationChart label={`${say('calibration')} · ${title(one.outcome)}`} bins={one.bins} /></section>
        <section className="c5 stack">
          <p className="faint small">{say('calibrationHint')}</p>
          <p className="small">{one.promised_by ? say('promisedBy', { date: one.promised_by }) : say('promisedSelf')}</p>
          <table className="table small"><tbody>
            <tr><th scope="row">{say('expectedError')}</th><td className="right">{format.percent(one.expected_error)}</td></tr>
            <tr><th scope="row">{say('brier')}</th><td className="right">{format.decimal(one.brier, 3, true)}</td></tr>
          </tbody></table>
        </section>
      </div>
    </div>
  );
}
