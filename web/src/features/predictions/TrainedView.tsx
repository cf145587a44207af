import { Form } from 'antd';
import type { Finding } from '../../shared/api/contract';
import type { Trained } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { useFormat } from '../../shared/session';
import { Field } from './Field';
import { usePredictionWords } from './words';

/** A model that was trained elsewhere: what it computes cannot be changed here, what its inputs stand for can. */
export function TrainedView({ one, put, path, findings }: { one: Trained; put: (key: 'inputs', value: Trained['inputs']) => void; path: string; findings: Finding[] }) {
  const say = usePredictionWords();
  const format = useFormat();
  const catalogue = useCatalogue();
  const weights = Object.keys(one.weights ?? {}).length;
  return (
    <div className="stack">
      <p className="faint small">{say('trainedHint')}</p>
      <div className="pairs">
        {one.from && <div><span>{say('trainedFrom')}</span><span>{one.from}</span></div>}
        <div><span>{say('trained')}</span><span>{one.trees?.length ? say('trainedTrees', { n: format.count(one.trees.length) }) : say('trainedWeights', { n: format.count(weights) })}</span></div>
        <div><span>{say('trainedLink')}</span><span>{say(one.link ?? 'identity')}</span></div>
        <div><span>{say('intercept')}</span><span>{format.decimal(one.intercept ?? 0, 6)}</span></div>
      </div>
      <Form layout="vertical"><Field label={say('trainedInputs')} path={`${path}.inputs`} findings={findings}>
        <div className="table-box"><table className="table small">
          <thead><tr><th scope="col">{say('input')}</th><th scope="col">{say('standsFor')}</th>{weights > 0 && <th scope="col" className="right">{say('weight')}</th>}</tr></thead>
          <tbody>{Object.entries(one.inputs).map(([key, sql]) => (
            <tr key={key}><th scope="row"><code>{key}</code></th><td><FormulaBox label={`${key} ${say('standsFor')}`} value={sql} onChange={(value) => put('inputs', { ...one.inputs, [key]: value })} scope="customer" catalogue={catalogue} /></td>{weights > 0 && <td className="right">{format.decimal(one.weights?.[key], 6)}</td>}</tr>
          ))}</tbody>
        </table></div>
      </Field></Form>
    </div>
  );
}
