import { CheckCircleFilled, WarningFilled } from '@ant-design/icons';
import type { Reconciliation } from '../../shared/api/later';
import { useFormat } from '../../shared/session';
import { useImportWords } from './words';

/** Read = attributed + unattributed + quarantined, in rows and in money. */
export function Reconciled({ result }: { result: Reconciliation & { new?: number; known?: number } }) {
  const say = useImportWords();
  const format = useFormat();
  const lines = [
    ['read', result.read, result.amount_read, ''],
    ['attributed', result.attributed, result.amount_attributed, ''],
    ['unattributed', result.unattributed, result.amount_unattributed, say('unattributedHint')],
    ['quarantined', result.quarantined, result.amount_quarantined, say('quarantinedHint')],
  ] as const;
  return (
    <div className="stack">
      <table className="table" aria-label={say('reconciliation')}>
        <thead><tr><th scope="col">{say('reconciliation')}</th><th scope="col" className="right">{say('rows')}</th><th scope="col" className="right">{say('money')}</th><th scope="col" /></tr></thead>
        <tbody>
          {lines.map(([key, n, amount, hint], index) => (
            <tr key={key}><th scope="row">{index === 0 ? '' : index === 1 ? '= ' : '+ '}{say(key)}</th><td className="right">{format.count(n)}</td><td className="right">{amount == null ? '–' : format.money(amount)}</td><td className="faint small">{hint}</td></tr>
          ))}
          {result.new !== undefined && <tr><th scope="row">{say('newRows')}</th><td className="right strong good">{format.count(result.new)}</td><td /><td /></tr>}
          {result.known !== undefined && <tr><th scope="row">{say('known')}</th><td className="right">{format.count(result.known)}</td><td /><td className="faint small">{say('knownHint')}</td></tr>}
        </tbody>
      </table>
      <p role="status">{result.balanced ? <span className="good"><CheckCircleFilled aria-hidden /> {say('balanced')}</span> : <span className="bad"><WarningFilled aria-hidden /> {say('notBalanced')}</span>}</p>
    </div>
  );
}
