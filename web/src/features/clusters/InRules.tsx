import type { ClustersLearned } from '../../shared/api/learning';
import { useFormat } from '../../shared/session';
import { useClusterWords } from './words';

/** More than so many nobody keeps in mind. */
const MOST = 4;

/** The groups by rules that a person can keep in mind, and how far these go. */
export function InRules({ described, title }: { described: NonNullable<ClustersLearned['description']>; title: (group: string) => string }) {
  const say = useClusterWords();
  const format = useFormat();
  return (
    <>
      <div className="table-box" role="region" aria-label={say('inRules')} tabIndex={0}><table className="table small" aria-label={say('inRules')}>
        <thead><tr><th scope="col">{say('group')}</th><th scope="col">{say('rule')}</th><th scope="col" className="right">{say('caught')}</th><th scope="col" className="right">{say('precise')}</th></tr></thead>
        <tbody>{described.clusters.map((one) => <tr key={one.name}><th scope="row">{title(one.name)}</th><td>{one.rules.length === 0 ? <span className="faint">–</span> : <ul>{one.rules.slice(0, MOST).map((rule, at) => <li key={at}>{rule.words[format.lang]} <span className="faint nowrap">({format.count(rule.n)})</span></li>)}{one.rules.length > MOST && <li className="faint">{say('moreRules', { n: one.rules.length - MOST })}</li>}</ul>}</td><td className="right">{format.percent(one.caught, 0)}</td><td className="right">{format.percent(one.precise, 0)}</td></tr>)}</tbody>
      </table></div>
      <p className="faint small" style={{ padding: '8px 14px' }}>{say('inRulesHint', { n: format.percent(described.right, 0) })}</p>
    </>
  );
}
