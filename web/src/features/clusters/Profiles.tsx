import type { ClustersLearned } from '../../shared/api/learning';
import { useFormat } from '../../shared/session';
import { useClusterWords } from './words';

/** The mean of each feature in each group, coloured by how far it lies from everybody. */
export function Profiles({ result, title }: { result: ClustersLearned; title: (group: string) => string }) {
  const say = useClusterWords();
  const format = useFormat();
  // What was measured of all groups together stands in the column of everybody.
  const whole = result.tried.find((one) => one.k === result.k);
  const of = (group: number, feature: string) => result.clusters[group]!.typical.find((one) => one.feature === feature);
  const colour = (difference: number) => {
    const strength = Math.min(1, Math.abs(difference) / 1.5);
    return `color-mix(in srgb, var(${difference >= 0 ? '--good' : '--ochre'}) ${Math.round(strength * 38)}%, var(--card))`;
  };
  return (
    <>
      <div className="table-box" role="region" aria-label={say('profiles')} tabIndex={0}><table className="table profiles" aria-label={say('profiles')}>
        <thead><tr><th scope="col">{say('feature')}</th>{result.clusters.map((one) => <th key={one.name} scope="col" className="right">{title(one.name)}</th>)}<th scope="col" className="right">{say('all')}</th></tr></thead>
        <tbody>
          <tr><th scope="row">{say('size')}</th>{result.clusters.map((one) => <td key={one.name} className="right">{format.count(one.n)} <span className="faint">{format.percent(one.share, 0)}</span></td>)}<td className="right">{format.count(result.n)}</td></tr>
          {(['silhouette', 'stability'] as const).filter((key) => result.clusters.some((one) => one[key] != null)).map((key) => (
            <tr key={key}><th scope="row">{say(key)}</th>{result.clusters.map((one) => <td key={one.name} className={`right ${one[key] != null && one[key] < (key === 'stability' ? 0.75 : 0) ? 'warn' : ''}`}>{one[key] == null ? '–' : format.decimal(one[key], 2, true)}</td>)}<td className="right faint">{format.decimal(whole?.[key] ?? null, 2, true)}</td></tr>
          ))}
          {result.features.map((feature) => (
            <tr key={feature.name}>
              <th scope="row">{feature.title[format.lang]}</th>
              {result.clusters.map((one, at) => {
                const own = of(at, feature.name);
                if (!own) return <td key={one.name} className="right faint">–</td>;
                return <td key={one.name} className="right heat-cell" style={{ background: colour(own.difference) }} title={say('sd', { n: format.signed(own.difference, 1) })}><b>{format.short(own.mean)}</b> <span className="small">{Math.abs(own.difference) < 0.05 ? '≈' : `${own.difference > 0 ? '▲' : '▼'}${format.decimal(Math.abs(own.difference), 1)}`}</span></td>;
              })}
              <td className="right faint">{format.short(feature.mean)}</td>
            </tr>
          ))}
        </tbody>
      </table></div>
      <p className="faint small" style={{ padding: '8px 14px' }}>{say('profilesHint')}</p>
    </>
  );
}
