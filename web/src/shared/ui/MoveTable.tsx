import { Link } from '@tanstack/react-router';
import type { Read } from '../api/hooks';
import { words } from '../i18n/words';
import { useFormat } from '../session';

const useWords = words('move-table', {
  correction: ['更正', 'correction'],
});

export type Move = Read<'/transitions'>['items'][number];

/** Changes of tier, group or segment line by line, each with its cause. */
export function MoveTable({ items, withCustomer }: { items: Move[]; withCustomer?: boolean }) {
  const say = useWords();
  const format = useFormat();
  return (
    <table className="table"><tbody>
      {items.map((one) => (
        <tr key={one.id}>
          <th scope="row" className="nowrap">{format.day(one.as_of)}</th>
          {withCustomer && <td><Link to="/customers/$customer" params={{ customer: one.customer }} search={{ tab: 'history' }}>{one.label || `#${one.customer}`}</Link></td>}
          <td>
            <span className="strong">{one.from_title[format.lang]} → {one.to_title[format.lang]}</span> <span className="faint">{one.title[format.lang]}{one.value_before && one.value_after && ` · ${format.decimal(one.value_before)} → ${format.decimal(one.value_after)}`}</span> {one.is_correction && <span className="tag warn">{say('correction')}</span>}
            <div className="small">{one.cause_title[format.lang]}</div>
            {one.lines.length > 0 && <ul className="small faint">{one.lines.map((line, index) => <li key={index}>{line[format.lang]}</li>)}</ul>}
          </td>
        </tr>
      ))}
    </tbody></table>
  );
}
