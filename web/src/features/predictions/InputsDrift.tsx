import { Link } from '@tanstack/react-router';
import type { ModelCard } from '../../shared/api/learning';
import { useFormat } from '../../shared/session';
import { StateTag } from '../../shared/ui/parts';
import { useCardWords } from './card-words';

const TONES = { stable: 'active', watch: 'waiting', shifted: 'failed' } as const;

/** What a prediction reads, and how far each has moved between the last two gradings: what moved most comes first. */
export function InputsDrift({ inputs, against }: { inputs: NonNullable<ModelCard['inputs_drift']>; against?: string }) {
  const say = useCardWords();
  const format = useFormat();
  const shifted = inputs.filter((one) => one.band === 'shifted').length;
  return (
    <>
      <div className="stack" style={{ padding: '10px 14px' }}>
        <p className="small" role="status">{shifted > 0 ? say('inputsShifted', { n: format.count(shifted), all: format.count(inputs.length) }) : say('inputsSteady')}</p>
        {shifted > 0 && <p className="faint small">{say('inputsDo')}</p>}
      </div>
      <div className="table-box" role="region" aria-label={say('inputsDrift')} tabIndex={0}><table className="table small" aria-label={say('inputsDrift')}>
        <thead><tr><th scope="col">{say('feature')}</th><th scope="col">{say('movedMost')}</th><th scope="col" className="right">{say('psiHead')}</th><th scope="col">{say('judgement')}</th></tr></thead>
        <tbody>{[...inputs].sort((a, b) => b.psi - a.psi).map((one) => (
          <tr key={one.name}>
            <th scope="row">{one.title[format.lang]}</th>
            <td className="wrap">{one.words[format.lang] || <span className="faint">–</span>}</td>
            <td className="right">{format.decimal(one.psi, 3, true)}</td>
            <td className="nowrap"><StateTag state={TONES[one.band]}>{say(one.band)}</StateTag></td>
          </tr>
        ))}</tbody>
      </table></div>
      <p className="faint small" style={{ padding: '8px 14px' }}>{against ? say('inputsAgainst', { date: format.day(against) }) : say('inputsBefore')} <Link to="/drift">{say('toDrift')}</Link></p>
    </>
  );
}
