import type { ScoreJudged, Whole } from '../../shared/api/validation';
import { IntervalBar } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { useBacktestWords } from './words';

/** AUC with its interval, Gini and KS, with what they mean. */
export function Separations({ score, outcomes }: { score: ScoreJudged; outcomes: Whole[] }) {
  const say = useBacktestWords();
  const format = useFormat();
  if (score.separations.length === 0) return <p className="faint">{say('noBinary')}</p>;
  return (
    <section className="stack">
      <h3>{say('separation')}</h3>
      <div className="table-box"><table className="table" aria-label={say('separation')}>
        <thead><tr><th scope="col">{say('outcome')}</th><th scope="col">{say('auc')}</th><th scope="col" className="right">{say('gini')}</th><th scope="col" className="right">{say('ks')}</th><th scope="col" className="right">{say('people')}</th></tr></thead>
        <tbody>{score.separations.map((one) => (
          <tr key={one.outcome}>
            <th scope="row">{outcomes.find((own) => own.outcome === one.outcome)?.title[format.lang] ?? one.outcome}</th>
            <td className="nowrap"><IntervalBar of={one.auc} low={0.4} high={1} mark={0.5} /> <b>{format.decimal(one.auc.value, 3, true)}</b> <span className="faint small">{format.decimal(one.auc.low, 3, true)} – {format.decimal(one.auc.high, 3, true)}</span></td>
            <td className="right">{format.decimal(one.gini, 3, true)}</td><td className="right">{format.decimal(one.ks, 3, true)}</td><td className="right">{format.count(one.n)}</td>
          </tr>
        ))}</tbody>
      </table></div>
      <p className="faint small">{say('aucHelp')}</p>
    </section>
  );
}
