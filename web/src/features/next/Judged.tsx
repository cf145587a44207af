import { Segmented } from 'antd';
import { useState } from 'react';
import type { NextLearned } from '../../shared/api/learned';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { useNextWords } from './words';

/** Each way of recommending beside bestsellers, in months that were kept apart. */
export function Judged({ result }: { result: NextLearned }) {
  const say = useNextWords();
  const format = useFormat();
  const [at, setAt] = useState(0);
  const one = result.judged[at] ?? result.judged[0];
  if (!one) return null;
  const points = (share: number) => format.signed(100 * share, 1);
  const scale = scaleOf(one.methods.map((own) => own.hit_rate), 0);
  const popular = one.methods.find((own) => own.method === one.baseline)?.hit_rate.value;
  return (
    <Panel title={say('judged')} extra={result.judged.length > 1 && <Segmented size="small" aria-label={say('month')} value={at} onChange={(next) => setAt(Number(next))} options={result.judged.map((own, index) => ({ value: index, label: format.day(own.until) }))} />}>
      <div className="stack">
        <p className="words sentence">{one.words[format.lang]}</p>
        <div className="table-box" role="region" aria-label={say('judged')} tabIndex={0}><table className="table" aria-label={say('judged')}>
          <thead><tr><th scope="col">{say('method')}</th><th scope="col">{say('hitRate')}</th><th scope="col" className="right">{say('ndcg')}</th><th scope="col" className="right">{say('recall')}</th><th scope="col" className="right">{say('items')}</th></tr></thead>
          <tbody>{one.methods.map((own) => (
            <tr key={own.method} className={own.method === one.best ? 'selected' : ''}>
              <th scope="row">{own.title[format.lang]} {own.method === one.best ? <StateTag state="active">{say('best')}</StateTag> : own.method === one.baseline && <StateTag state="">{say('baseline')}</StateTag>}</th>
              <td><span className="estimate"><IntervalBar of={own.hit_rate} {...scale} mark={popular} /><span><b>{format.percent(own.hit_rate.value)}</b> <span className="faint small nowrap">{format.percent(own.hit_rate.low)} – {format.percent(own.hit_rate.high)}</span></span></span></td>
              <td className="right">{format.decimal(own.ndcg, 3, true)}</td><td className="right">{format.percent(own.recall)}</td><td className="right">{format.count(own.n_items)}</td>
            </tr>
          ))}</tbody>
        </table></div>
        {one.best !== one.baseline && <p className={one.difference.low > 0 ? 'good' : 'warn'}>{say(one.difference.low > 0 ? 'beats' : 'unsure', { by: points(one.difference.value), low: points(one.difference.low), high: points(one.difference.high) })}</p>}
        {/* Dates that came nothing like as often as foretold are not to be acted on. */}
        {one.due && <p className={one.due.expected > 1.5 * one.due.came ? 'small warn' : 'small'}>{say('dueCame', { n: format.count(one.due.n), expected: format.count(one.due.expected), came: format.count(one.due.came) })}{one.due.expected > 1.5 * one.due.came && ` ${say('dueFar')}`}</p>}
        <p className="faint small">{say('judgedHint', { k: one.k, n: format.count(one.methods[0]?.n) })}</p>
      </div>
    </Panel>
  );
}
