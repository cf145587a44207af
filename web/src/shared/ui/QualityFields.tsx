import type { Quality } from '../api/contract';
import { words } from '../i18n/words';
import { useFormat } from '../session';

const useWords = words('quality-fields', {
  column: ['列', 'Column'],
  filled: ['有值', 'Filled'],
  distinct: ['不同值', 'Distinct'],
  about: ['约 {{n}}', 'about {{n}}'],
  least: ['最小', 'Least'], median: ['中位数', 'Median'], mean: ['平均', 'Mean'], most: ['最大', 'Greatest'],
});

/** Each column of the file: how much of it is filled, and how its numbers lie. */
export function QualityFields({ quality }: { quality: Quality }) {
  const say = useWords();
  const format = useFormat();
  const share = (value: number) => <><i className="bar-cell" style={{ width: 80 * value, background: value < 0.9 ? 'var(--warn)' : undefined }} />{format.percent(value)}</>;
  const distinct = (of: { n: number; exact: boolean }) => (of.exact ? format.count(of.n) : say('about', { n: format.count(of.n) }));
  return (
    <div className="table-box"><table className="table">
      <thead><tr><th scope="col">{say('column')}</th><th scope="col">{say('filled')}</th><th scope="col" className="right">{say('distinct')}</th></tr></thead>
      <tbody>{quality.columns.map((one) => <tr key={one.column}><th scope="row">{one.column}</th><td>{share(quality.rows ? one.given / quality.rows : 0)}</td><td className="right">{distinct(one.distinct)}</td></tr>)}</tbody>
      {quality.numbers.length > 0 && <>
        <thead><tr><th scope="col">{say('column')}</th><th scope="col">{say('least')} · {say('median')}</th><th scope="col" className="right">{say('mean')} · {say('most')}</th></tr></thead>
        <tbody>{quality.numbers.map((one) => <tr key={one.column}><th scope="row">{one.column}</th><td>{format.decimal(one.min)} · {format.decimal(one.median)}</td><td className="right">{format.decimal(one.mean)} · {format.decimal(one.max)}</td></tr>)}</tbody>
      </>}
    </table></div>
  );
}
