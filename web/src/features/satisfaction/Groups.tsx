import { useNavigate } from '@tanstack/react-router';
import type { Satisfaction } from '../../shared/api/learned';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { addressOf } from '../../shared/who';
import { figure } from './asked';
import { useSatisfactionWords } from './words';

/** Fewer answers than this say nothing of a group. */
const FEW = 5;

/** Each group beside the others on one scale, with how many of it answered. */
export function Groups({ found }: { found: Satisfaction }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { by, question, overall, rate } = found;
  if (!by) return null;
  const groups = by.groups.filter((one) => one.n_customers > 0);
  const scale = scaleOf(groups.map((one) => (one.n_answered >= FEW ? one.measured?.value : null)), overall.value.value);
  const write = figure(question.measure, format);
  const rated = !!question.of_customers;
  return (
    <Panel title={say('byOf', { by: by.title[format.lang] })} flush>
      <div className="table-box" role="region" aria-label={say('byOf', { by: by.title[format.lang] })} tabIndex={0}><table className="table" aria-label={say('byOf', { by: by.title[format.lang] })}>
        <thead><tr><th scope="col">{by.title[format.lang]}</th><th scope="col" className="right">{say('customers')}</th><th scope="col" className="right">{say(rated ? 'ratedHead' : 'answeredHead')}</th><th scope="col">{say(rated ? 'ratedRate' : 'rate')}</th><th scope="col">{say(question.of_customers ? 'ofCustomers' : question.measure)}</th></tr></thead>
        <tbody>{groups.map((group) => {
          // Whether a group speaks more or less than its share is said only where it is more than chance.
          const differs = group.rate && rate ? (group.rate.low > rate.high ? (rated ? 'ratedOver' : 'over') : group.rate.high < rate.low ? (rated ? 'ratedUnder' : 'under') : null) : null;
          return (
            <tr key={group.name ?? ''}>
              <th scope="row">{group.opens ? <button type="button" className="linkish" onClick={() => void navigate({ to: '/customers', search: addressOf(group.opens!) as never })}>{group.title[format.lang]}</button> : group.title[format.lang]}</th>
              <td className="right">{format.count(group.n_customers)}</td><td className="right">{format.count(group.n_answered)}</td>
              <td>{group.rate ? format.percent(group.rate.value) : '–'} {differs && <StateTag state="waiting">{say(differs)}</StateTag>}</td>
              <td>{!group.measured ? <span className="faint small">{say('notAnswered')}</span> : group.n_answered < FEW ? <span className="faint small">{say('tooFew')}</span> : <span className="estimate"><IntervalBar of={group.measured.value} {...scale} mark={overall.value.value} /><span><b>{write(group.measured.value.value)}</b> <span className="faint small nowrap">{write(group.measured.value.low)} – {write(group.measured.value.high)}</span></span></span>}</td>
            </tr>
          );
        })}</tbody>
      </table></div>
    </Panel>
  );
}
