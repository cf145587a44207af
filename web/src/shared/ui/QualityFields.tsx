import type { QualityField } from '../api/later';
import { textOf } from '../i18n/language';
import { words } from '../i18n/words';
import { useFormat } from '../session';

const useWords = words('quality-fields', {
  fields: ['字段', 'Field'],
  filled: ['完整', 'Filled'],
  valid: ['有效', 'Valid'],
  distinct: ['不同值', 'Distinct'],
  outliers: ['异常值', 'Outliers'],
  range: ['范围', 'Range'],
});

export function QualityFields({ fields }: { fields: QualityField[] }) {
  const say = useWords();
  const format = useFormat();
  const share = (value: number) => <><i className="bar-cell" style={{ width: 80 * value, background: value < 0.9 ? 'var(--warn)' : undefined }} />{format.percent(value, 2)}</>;
  return (
    <div className="table-box"><table className="table">
      <thead><tr><th scope="col">{say('fields')}</th><th scope="col">{say('filled')}</th><th scope="col">{say('valid')}</th><th scope="col" className="right">{say('distinct')}</th><th scope="col" className="right">{say('outliers')}</th><th scope="col">{say('range')}</th></tr></thead>
      <tbody>{fields.map((field) => (
        <tr key={field.column}><th scope="row">{textOf(field.title, field.column)}</th><td>{share(field.filled)}</td><td>{share(field.valid)}</td><td className="right">{format.count(field.distinct)}</td><td className="right">{format.count(field.outliers)}</td><td className="faint">{field.first ? `${field.first} – ${field.last}` : ''}</td></tr>
      ))}</tbody>
    </table></div>
  );
}
