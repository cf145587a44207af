import { Slider } from 'antd';
import { useState, type KeyboardEvent } from 'react';
import { MOST, pressed, sayStep, stepOf, withStep, type Steps } from './comparisons';
import { useWeightWords, type WeightSay } from './words';

/** A judgement as people say it. */
export function sayPair(say: WeightSay, a: string, b: string, step: number): string {
  if (step === 0) return say('same', { a, b });
  const n = Math.abs(step) + 1;
  return say('more', { a: step > 0 ? a : b, b: step > 0 ? b : a, much: say(`m${n}` as 'm2'), n });
}

/** All pairs as a grid: above the diagonal one judges, below stands the reciprocal; the chosen pair has a slider with its words. */
export function Pairs({ names, titles, steps, onChange, doubt }: { names: string[]; titles: string[]; steps: Steps; onChange: (steps: Steps) => void; doubt?: [number, number] }) {
  const say = useWeightWords();
  const [[row, column], choose] = useState<[number, number]>([0, 1]);
  const [i, j] = column < names.length ? [row, column] : [0, 1];
  const put = (a: number, b: number, step: number) => onChange(withStep(steps, names, a, b, step));
  const keys = (event: KeyboardEvent, a: number, b: number) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = pressed(event.key, stepOf(steps, names, a, b));
    if (next === null) return;
    event.preventDefault();
    put(a, b, next);
  };
  const chosen = stepOf(steps, names, i, j);
  return (
    <div className="stack">
      <div className="table-box" role="region" aria-label={say('grid')} tabIndex={0}><table className="pairs-grid" aria-label={say('grid')}>
        <thead><tr><td />{titles.map((title, at) => <th key={names[at]} scope="col">{title}</th>)}</tr></thead>
        <tbody>{names.map((name, a) => (
          <tr key={name}>
            <th scope="row">{titles[a]}</th>
            {names.map((other, b) => {
              const step = stepOf(steps, names, a, b);
              if (a >= b) return <td key={other} className={a === b ? 'self' : 'mirror'}>{sayStep(step)}</td>;
              const doubtful = doubt?.[0] === a && doubt[1] === b;
              return (
                <td key={other}><div
                  role="slider" tabIndex={0} className={`pair ${i === a && j === b ? 'chosen' : ''} ${doubtful ? 'doubtful' : ''}`}
                  aria-label={say('pair', { a: titles[a]!, b: titles[b]! })} aria-valuemin={-MOST} aria-valuemax={MOST} aria-valuenow={step} aria-valuetext={sayPair(say, titles[a]!, titles[b]!, step)}
                  onFocus={() => choose([a, b])} onClick={(event) => event.currentTarget.focus()} onKeyDown={(event) => keys(event, a, b)}
                >{sayStep(step)}</div></td>
              );
            })}
          </tr>
        ))}</tbody>
      </table></div>
      <div className="pair-slider" aria-live="polite">
        <b className="right">{titles[j]}</b>
        <Slider min={-MOST} max={MOST} step={1} included={false} value={chosen} tooltip={{ formatter: (step) => sayStep(step ?? 0) }} ariaLabelForHandle={say('pair', { a: titles[i]!, b: titles[j]! })} ariaValueTextFormatterForHandle={(step) => sayPair(say, titles[i]!, titles[j]!, step)} marks={{ [-8]: '9', [-4]: '5', 0: '1', 4: '5', 8: '9' }} onChange={(step) => put(i, j, step)} />
        <b>{titles[i]}</b>
      </div>
      <p className="small sentence">{sayPair(say, titles[i]!, titles[j]!, chosen)}</p>
      <p className="faint small">{say('keys')}</p>
    </div>
  );
}
