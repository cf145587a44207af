import type { Challenge, Compared, Whole } from '../../shared/api/validation';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { useBacktestWords } from './words';

/** Two models on the same customers, pair by pair: each figure with its interval, and whether the difference is more than chance. */
export function ChallengeView({ one, outcomes }: { one: Challenge; outcomes: Whole[] }) {
  const say = useBacktestWords();
  const format = useFormat();
  const title = (name: string) => outcomes.find((own) => own.outcome === name)?.title[format.lang] ?? name;
  const apart = (own: Compared, of: string) => ({ own, what: `${of}${title(own.outcome)} · ${say('auc')}`, say: (value: number) => format.decimal(value, 3, true), differ: (value: number) => `${value > 0 ? '+' : ''}${format.decimal(value, 4, true)}` });
  const rows = [
    ...one.separations.map((own) => apart(own, '')),
    ...(one.levels ?? []).flatMap((scheme) => scheme.separations.map((own) => apart(own, `${scheme.title[format.lang]} · `))),
    ...one.captured.map((own) => ({ own, what: say('topTenth', { outcome: title(own.outcome) }), say: (value: number) => format.percent(value), differ: (value: number) => say('points', { n: `${value > 0 ? '+' : ''}${format.decimal(100 * value, 1, true)}` }) })),
  ];
  const levels = one.levels ?? [];
  const tone = (own: Compared) => (own.difference.low > 0 ? 'var(--good)' : own.difference.high < 0 ? 'var(--bad)' : 'var(--faint)');
  const scale = scaleOf(rows.map(({ own }) => own.difference), 0);
  return (
    <div className="stack">
      <p className="words strong sentence">{one.verdict[format.lang]}</p>
      <div className="table-box" role="region" aria-label={say('challengeTab')} tabIndex={0}><table className="table" aria-label={say('challengeTab')}>
        <thead><tr><th scope="col">{say('outcome')}</th><th scope="col" className="right">{say('champion')}</th><th scope="col" className="right">{say('challenger')}</th><th scope="col">{say('difference')}</th><th scope="col" className="right">{say('p')}</th></tr></thead>
        <tbody>{rows.map(({ own, what, say: said, differ }) => (
          <tr key={what}>
            <th scope="row">{what}<div className="faint small wrap">{own.words[format.lang]}</div></th>
            <td className="right">{said(own.champion.value)}</td><td className="right">{said(own.challenger.value)}</td>
            <td className="nowrap"><IntervalBar of={own.difference} {...scale} mark={0} tone={tone(own)} /> <span className="small">{differ(own.difference.value)} <span className="faint">({differ(own.difference.low)} – {differ(own.difference.high)})</span></span></td>
            <td className="right">{own.p < 0.001 ? '< 0.001' : format.decimal(own.p, 3, true)}</td>
          </tr>
        ))}</tbody>
      </table></div>
      {levels.map((scheme) => <section key={scheme.scheme} className="stack"><h3>{say('levelsTitle', { scheme: scheme.title[format.lang] })}</h3><p className="words sentence">{scheme.words[format.lang]}</p></section>)}
      <p className="faint small">{say('paired', { n: format.count(one.n), out: format.count(one.n_left_out) })}</p>
    </div>
  );
}
