import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

export interface FactorBar { name: string; title: string; value?: ReactNode; effect: number; said: string; note?: string; opens?: boolean }

/** What speaks for and what against, the strongest first: bars to either side of one line, each with its number. `better`: which
 * way is good news, green where it goes that way and red where it does not; not known: neither colour judges. */
export function FactorBars({ label, head, bars, better = null }: { label: string; head: [what: string, value: string | null, effect: string]; bars: FactorBar[]; better?: 'more' | 'less' | null }) {
  const tone = (effect: number) => (better === null ? (effect < 0 ? 'away' : 'plus') : (effect < 0) === (better === 'less') ? 'better' : 'minus');
  const most = Math.max(1e-12, ...bars.map((bar) => Math.abs(bar.effect)));
  const both = bars.some((bar) => bar.effect < 0);
  const zero = both ? 50 : 0;
  return (
    <div className="table-box" role="region" aria-label={label} tabIndex={0}>
      <table className="table small factors" aria-label={label}>
        <thead><tr><th scope="col">{head[0]}</th>{head[1] !== null && <th scope="col" className="right">{head[1]}</th>}<th scope="col" className="waterfall-col" aria-hidden="true" /><th scope="col" className="right">{head[2]}</th></tr></thead>
        <tbody>{bars.map((bar) => {
          const width = (Math.abs(bar.effect) / most) * (both ? 50 : 100);
          return (
            <tr key={bar.name}>
              <th scope="row">{bar.opens ? <Link to="/indicators/$name" params={{ name: bar.name }}>{bar.title}</Link> : bar.title}{bar.note && <div className="faint small wrap">{bar.note}</div>}</th>
              {head[1] !== null && <td className="right">{bar.value}</td>}
              <td className="waterfall-col" aria-hidden="true"><span className="waterfall-bar"><i className={tone(bar.effect)} style={{ left: `${bar.effect < 0 ? zero - width : zero}%`, width: `${width}%` }} /></span></td>
              <td className="right nowrap">{bar.said}</td>
            </tr>
          );
        })}</tbody>
      </table>
    </div>
  );
}
