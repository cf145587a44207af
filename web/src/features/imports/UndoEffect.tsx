import { CheckCircleFilled, WarningFilled } from '@ant-design/icons';
import { useFormat } from '../../shared/session';
import { useImportWords } from './words';

/** Rows by what they are, and the money on them, by currency. */
export interface UndoSum { events: number; unattributed: number; facts: number; retractions: number; money: Record<string, string> }
/** What undoing an import means, as the job tells it. */
export interface UndoEffectOf {
  brought: UndoSum; taken_back: UndoSum; stays: UndoSum; of_undone: UndoSum; kept_by: number[]; customers: number;
  first?: string | null; last?: string | null; quarantine_closed: number; quarantine_reopened: number; balanced: boolean;
}

const PARTS = ['events', 'unattributed', 'facts', 'retractions'] as const;
const rowsOf = (sum: UndoSum) => PARTS.reduce((all, part) => all + sum[part], 0);

/** Brought = taken back + stays, in rows and in money; and whom it concerns. */
export function UndoEffect({ effect }: { effect: UndoEffectOf }) {
  const say = useImportWords();
  const format = useFormat();
  const lines = ([['undoBrought', effect.brought], ['undoGone', effect.taken_back], ['undoStays', effect.stays], ['undoOfUndone', effect.of_undone]] as const)
    .filter(([, sum], index) => index < 2 || rowsOf(sum) > 0);
  const currencies = [...new Set(lines.flatMap(([, sum]) => Object.keys(sum.money)))].sort();
  return (
    <div className="stack">
      <table className="table" aria-label={say('undoEffect')}>
        <thead><tr><th scope="col">{say('undoEffect')}</th><th scope="col" className="right">{say('rows')}</th>{currencies.map((one) => <th key={one} scope="col" className="right">{say('money')} · {one}</th>)}</tr></thead>
        <tbody>
          {lines.map(([name, sum]) => (
            <tr key={name}><th scope="row">{say(name)}{name === 'undoStays' && effect.kept_by.length > 0 && <span className="faint small"> {say('undoKeptBy', { n: effect.kept_by.join(', ') })}</span>}</th><td className="right">{format.count(rowsOf(sum))}</td>{currencies.map((one) => <td key={one} className="right">{format.decimal(sum.money[one] ?? '0', 2, true)}</td>)}</tr>
          ))}
        </tbody>
      </table>
      <p>{say('undoCustomers', { n: format.count(effect.customers) })}{effect.first && effect.last && <> · {effect.first} – {effect.last}</>}</p>
      {effect.quarantine_closed > 0 && <p>{say('undoClosed', { n: format.count(effect.quarantine_closed) })}</p>}
      {effect.quarantine_reopened > 0 && <p>{say('undoReopened', { n: format.count(effect.quarantine_reopened) })}</p>}
      <p role="status">{effect.balanced ? <span className="good"><CheckCircleFilled aria-hidden /> {say('undoBalanced')}</span> : <span className="bad"><WarningFilled aria-hidden /> {say('notBalanced')}</span>}</p>
    </div>
  );
}
