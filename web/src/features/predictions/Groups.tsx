import type { ModelCard } from '../../shared/api/learning';
import { useFormat } from '../../shared/session';
import { useCardWords } from './card-words';

/** Below this, other customers would hardly give the same group. */
const STABLE = 0.75;

/** What is typical of each group, the features that lie furthest from everybody first; and how well it stands apart, where that was measured. */
export function Groups({ groups }: { groups: NonNullable<ModelCard['groups']> }) {
  const say = useCardWords();
  const format = useFormat();
  const apart = groups.some((one) => one.silhouette != null);
  const stable = groups.some((one) => one.stability != null);
  return (
    <div className="table-box" role="region" aria-label={say('groups')} tabIndex={0}><table className="table small" aria-label={say('groups')}>
      <thead><tr><th scope="col">{say('group')}</th><th scope="col" className="right">{say('people')}</th>{apart && <th scope="col" className="right">{say('silhouette')}</th>}{stable && <th scope="col" className="right">{say('stability')}</th>}<th scope="col">{say('typical')}</th></tr></thead>
      <tbody>{groups.map((one) => (
        <tr key={one.name}>
          <th scope="row">{one.title[format.lang]} <code className="name">{one.name}</code></th>
          <td className="right nowrap"><i className="bar-cell" style={{ width: Math.max(1, one.share * 90) }} />{format.count(one.n)} <span className="faint">{format.percent(one.share)}</span></td>
          {apart && <td className={`right nowrap ${one.silhouette != null && one.silhouette < 0 ? 'warn' : ''}`}>{one.silhouette == null ? <span className="faint">–</span> : format.decimal(one.silhouette, 3, true)}</td>}
          {stable && <td className="right">{one.stability == null ? <span className="faint">–</span> : <span className={one.stability < STABLE ? 'warn' : ''}>{format.decimal(one.stability, 2, true)}{one.stability < STABLE && <div className="small">{say('shaky')}</div>}</span>}</td>}
          <td><ul className="plain-list">{[...one.typical].sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference)).slice(0, 3).map((own) => <li key={own.title.en}>{own.title[format.lang]} <b>{format.short(own.mean)}</b> <span className="faint">{say('others', { n: format.short(own.others) })}{Math.abs(own.difference) >= 0.05 && ` ${own.difference > 0 ? '▲' : '▼'}${format.decimal(Math.abs(own.difference), 1)}`}</span></li>)}</ul></td>
        </tr>
      ))}</tbody>
    </table><p className="faint small" style={{ padding: '8px 14px' }}>{say('typicalHint')}{(apart || stable) && ` ${say('groupHint')}`}</p></div>
  );
}
