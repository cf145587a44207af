import { Button } from 'antd';
import type { ClustersLearned } from '../../shared/api/learning';
import { useFormat } from '../../shared/session';
import { useClusterWords } from './words';

/** Numbers of groups side by side; each can be looked at. */
export function KTable({ result, onK, busy }: { result: ClustersLearned; onK?: (k: number) => void; busy: boolean }) {
  const say = useClusterWords();
  const format = useFormat();
  // Mixtures are judged by their own figure.
  const mixture = result.tried.some((one) => one.bic != null);
  return (
    <>
      <div className="table-box" role="region" aria-label={say('kTable')} tabIndex={0}><table className="table small" aria-label={say('kTable')}>
        <thead><tr><th scope="col">{say('k')}</th><th scope="col" className="right">{say('silhouette')}</th><th scope="col" className="right">{mixture ? 'BIC' : say('gap')}</th><th scope="col" className="right">{say('stability')}</th><th scope="col" className="right">{say('smallest')}</th><th scope="col" /></tr></thead>
        <tbody>{result.tried.map((one) => (
          <tr key={one.k} className={one.k === result.k ? 'selected' : ''}>
            <th scope="row">{one.k} {one.k === result.advised && <span className="tag good">{say('advised')}</span>}</th>
            <td className="right"><i className="bar-cell" style={{ width: Math.max(1, one.silhouette * 70) }} />{format.decimal(one.silhouette, 3, true)}</td>
            <td className="right">{one.gap != null ? <>{format.decimal(one.gap, 3, true)} <span className="faint">± {format.decimal(one.gap_error ?? 0, 3, true)}</span></> : one.bic != null ? format.decimal(one.bic, 1, true) : '–'}</td>
            <td className={`right ${one.stability < 0.75 ? 'warn' : ''}`}>{format.decimal(one.stability, 2, true)}</td>
            <td className="right">{format.count(one.smallest)}</td>
            <td className="right">{one.k === result.k ? <span className="faint">{say('shown')}</span> : onK && <Button size="small" disabled={busy} onClick={() => onK(one.k)}>{say('useK', { n: one.k })}</Button>}</td>
          </tr>
        ))}</tbody>
      </table></div>
      <p className="faint small" style={{ padding: '8px 14px' }}>{say('kHint')}</p>
    </>
  );
}
