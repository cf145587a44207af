import { CheckCircleFilled, WarningFilled } from '@ant-design/icons';
import type { Reconciliation } from '../../shared/api/contract';
import { useFormat } from '../../shared/session';
import { useImportWords } from './words';

const LINES = ['read', 'attributed', 'unattributed', 'reference', 'retractions', 'skipped', 'quarantined'] as const;

/** Read = attributed + unattributed + reference + retractions + skipped + quarantined, in rows and in money. */
export function Reconciled({ result: { rows: counted, money } }: { result: Reconciliation }) {
  const rows = { ...counted, reference: counted.reference ?? 0 };
  const say = useImportWords();
  const format = useFormat();
  const parts = LINES.slice(1);
  const shown = LINES.filter((key) => key === 'read' || key === 'attributed' || rows[key] > 0);
  const hint = { unattributed: say('unattributedHint'), quarantined: say('quarantinedHint') } as Record<string, string>;
  const balanced = rows.read === parts.reduce((sum, key) => sum + rows[key], 0);
  return (
    <div className="stack">
      <table className="table" aria-label={say('reconciliation')}>
        <thead><tr><th scope="col">{say('reconciliation')}</th><th scope="col" className="right">{say('rows')}</th>{money.map((one) => <th key={one.currency} scope="col" className="right">{say('money')} · {one.currency}</th>)}<th scope="col" /></tr></thead>
        <tbody>
          {shown.map((key, index) => (
            <tr key={key}><th scope="row">{index === 0 ? '' : index === 1 ? '= ' : '+ '}{say(key)}</th><td className="right">{format.count(rows[key])}</td>{money.map((one) => <td key={one.currency} className="right">{key === 'reference' ? '' : format.decimal(one[key], 2, true)}</td>)}<td className="faint small">{hint[key]}</td></tr>
          ))}
          {rows.appended && <tr><th scope="row">{say('newRows')}</th><td className="right strong good">{format.count(rows.appended.added)}</td><td colSpan={money.length + 1} /></tr>}
          {rows.appended && <tr><th scope="row">{say('known')}</th><td className="right">{format.count(rows.appended.already_there)}</td><td colSpan={money.length + 1} className="faint small">{say('knownHint')}</td></tr>}
        </tbody>
      </table>
      <p role="status">{balanced ? <span className="good"><CheckCircleFilled aria-hidden /> {say('balanced')}</span> : <span className="bad"><WarningFilled aria-hidden /> {say('notBalanced')}</span>}</p>
    </div>
  );
}
