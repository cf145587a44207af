import { Select } from 'antd';
import type { Satisfaction } from '../../shared/api/learned';
import { useCatalogue } from '../../shared/catalogue';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import type { Address } from './asked';
import { useOpenCell } from './Grid';
import { useSatisfactionWords } from './words';

/** Columns that every event has: none of them is an answer. */
const OF_EVENTS = ['kind', 'source', 'currency', 'order_id', 'event_id', 'order', 'campaign', 'store', 'product', 'channel'];

/** Topics of need by how many name them; each opens its customers. */
export function Topics({ found, address, onCodes }: { found: Satisfaction; address: Address; onCodes: (codes: string | undefined) => void }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const open = useOpenCell({ ...address, measure: found.question.measure });
  const fields = (useCatalogue('graded')?.columns ?? []).filter((one) => one.type === 'text' && !OF_EVENTS.includes(one.name));
  const topics = found.topics?.topics ?? [];
  const scale = scaleOf(topics.map((one) => one.share), 0);
  return (
    <Panel className="c6" title={say('topics')} extra={<Select size="small" aria-label={say('codes')} allowClear showSearch optionFilterProp="label" placeholder={say('codes')} style={{ width: 180 }} value={address.codes} onChange={onCodes} options={fields.map((one) => ({ value: quoted(one.name), label: textOf(one.title, one.name) }))} />}>
      {topics.length === 0 ? <p className="faint">{say(found.topics ? 'topicsNone' : 'topicsAsk')}</p> : (
        <div className="table-box" role="region" aria-label={say('topics')} tabIndex={0} style={{ maxHeight: 380 }}><table className="table small" aria-label={say('topics')}>
          <thead><tr><th scope="col">{say('topic')}</th><th scope="col" className="right">{say('customers')}</th><th scope="col">{say('share')}</th><th scope="col">{say('theirs')}</th></tr></thead>
          <tbody>{topics.map((one) => {
            const told = one.low + one.middle + one.high;
            return (
              <tr key={one.name}>
                <th scope="row"><button type="button" className="linkish" onClick={() => open({ topic: one.name })}>{one.name}</button></th><td className="right">{format.count(one.n)}</td>
                <td><span className="estimate"><IntervalBar of={one.share} {...scale} width={80} /><span>{format.percent(one.share.value)}</span></span></td>
                <td>{told === 0 ? <span className="faint">–</span> : <span className="estimate"><span className="mood" aria-hidden="true"><i style={{ flex: one.low, background: 'var(--bad)' }} /><i style={{ flex: one.middle, background: 'var(--line)' }} /><i style={{ flex: one.high, background: 'var(--good)' }} /></span><span className="faint">{say(found.question.of_customers ? 'badlyShare' : 'lowShare', { n: format.percent(one.low / told, 0) })}</span></span>}</td>
              </tr>
            );
          })}</tbody>
        </table></div>
      )}
    </Panel>
  );
}

/** A name of a field as SQL writes it. */
export const quoted = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
