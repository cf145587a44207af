import { InputNumber } from 'antd';
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useFormat } from '../session';
import type { Range } from '../ranges';
import { levelColour } from '../theme/palette';
import { useLook } from '../theme/theme';
import { words } from '../i18n/words';

const useWords = words('cuts', {
  cut: ['分界 {{n}}', 'Cut {{n}}'],
  hint: ['拖动分界线，或用方向键移动；也可直接输入数字。', 'Drag a cut, move it with the arrow keys, or type its number.'],
  people: ['{{n}} 位', '{{n}}'],
  before: ['虚线为修改之前', 'Dashed: before the change'],
  bar: ['{{from}} 至 {{to}}：{{n}} 位', '{{from}} to {{to}}: {{n}}'],
  barNow: ['{{from}} 至 {{to}}：{{n}} 位；打开现在的 {{now}} 位', '{{from}} to {{to}}: {{n}}; opens the {{now}} who are there now'],
  barOpen: ['{{from}} 以上：{{n}} 位', '{{from}} and more: {{n}}'],
  opens: ['点击柱子查看客户', 'A bar opens its customers'],
});

/** `open`: everything above `from` is in it, however far that goes. */
export interface HistogramBin { open?: boolean; from: number; to: number; count: number; before?: number | null; range?: Range | null }

/** Bars of one width: a last one that reaches far out to the greatest is drawn no wider than the others. */
export function clipped(bins: HistogramBin[]): HistogramBin[] {
  const [before, last] = [bins.at(-2), bins.at(-1)];
  if (!before || !last || last.to - last.from <= 2 * (before.to - before.from)) return bins;
  return [...bins.slice(0, -1), { ...last, to: last.from + (before.to - before.from), open: true }];
}

interface Props {
  label: string;
  bins: HistogramBin[];
  cuts: number[];
  onCuts?: (cuts: number[]) => void;
  /** One more than cuts: what the bands are called, lowest first. */
  bands?: string[];
  height?: number;
  inputs?: boolean;
  /** Opens the customers of a bar; those whom the last grading counted there, while something is being changed. */
  onOpen?: (range: Range) => void;
  /** How a number of the axis is said; a plain number if left out. */
  said?: (value: number) => string;
}

/** A histogram with cuts that can be moved; each cut is a slider for keyboard and screen reader. */
export function CutsDistribution({ label, bins, cuts, onCuts, bands, height = 150, inputs = true, onOpen, said }: Props) {
  const say = useWords();
  const format = useFormat();
  const number = said ?? ((value: number) => format.decimal(value));
  const { palette, isDark } = useLook();
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const low = Math.min(bins[0]?.from ?? 0, ...cuts);
  const high = Math.max(bins.at(-1)?.to ?? 1, ...cuts);
  const span = high - low || 1;
  const top = Math.max(1, ...bins.map((bin) => Math.max(bin.count, bin.before ?? 0)));
  const W = 1000;
  const x = (value: number) => ((value - low) / span) * W;
  const y = (count: number) => height - 4 - Math.sqrt(count / top) * (height - 26);
  const step = niceStep(span / 100);
  const round = (value: number) => Number((Math.round(value / step) * step).toFixed(6));
  const move = (index: number, value: number) => {
    const least = index > 0 ? cuts[index - 1]! + step : low;
    const most = index < cuts.length - 1 ? cuts[index + 1]! - step : high;
    const next = [...cuts];
    next[index] = Math.max(least, Math.min(most, round(value)));
    if (next[index] !== cuts[index]) onCuts?.(next);
  };
  const pointed = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box || drag === null) return;
    move(drag, low + ((event.clientX - box.left) / box.width) * span);
  };
  const keys = (event: KeyboardEvent, index: number) => {
    const by: Record<string, number> = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -10 * step, PageUp: 10 * step };
    if (!(event.key in by)) return;
    event.preventDefault();
    move(index, cuts[index]! + by[event.key]!);
  };
  // One stop for the keyboard; arrows go from bar to bar.
  const opening = bins.flatMap((bin, index) => (onOpen && bin.range && (bin.before ?? bin.count) > 0 ? [index] : []));
  const [at, setAt] = useState(0);
  const current = opening.includes(at) ? at : opening[0];
  const barKeys = (event: KeyboardEvent<SVGRectElement>, index: number) => {
    const place = opening.indexOf(index);
    const to = event.key === 'ArrowRight' ? opening[place + 1] : event.key === 'ArrowLeft' ? opening[place - 1] : undefined;
    if (event.key === 'Enter' || event.key === ' ') onOpen?.(bins[index]!.range!);
    else if (to !== undefined) {
      setAt(to);
      svg.current?.querySelector<SVGRectElement>(`[data-bar="${to}"]`)?.focus();
    } else return;
    event.preventDefault();
  };
  const barName = (bin: HistogramBin) => bin.open ? say('barOpen', { from: number(bin.from), n: format.count(bin.count) }) : say(bin.before != null && bin.before !== bin.count && onOpen ? 'barNow' : 'bar', { from: number(bin.from), to: number(bin.to), n: format.count(bin.count), now: format.count(bin.before) });
  const band = (value: number) => cuts.filter((cut) => cut <= value).length;
  return (
    <div className="cuts">
      <svg ref={svg} viewBox={`0 0 ${W} ${height}`} preserveAspectRatio="none" height={height} width="100%" role="group" aria-label={label} onPointerMove={pointed} onPointerUp={() => setDrag(null)} onPointerLeave={() => setDrag(null)}>
        {bins.map((bin, index) => (
          <rect
            key={index} data-bar={index} x={x(bin.from) + 0.5} width={Math.max(1, x(bin.to) - x(bin.from) - 1)} y={y(bin.count)} height={Math.max(0, height - 4 - y(bin.count))} fill={cuts.length ? levelColour(band((bin.from + bin.to) / 2), cuts.length + 1, isDark) : palette.bar} opacity={0.85}
            {...(opening.includes(index) ? { className: 'opens', role: 'button', tabIndex: index === current ? 0 : -1, 'aria-label': barName(bin), onClick: () => onOpen!(bin.range!), onKeyDown: (event: KeyboardEvent<SVGRectElement>) => barKeys(event, index) } : {})}
          >
            <title>{barName(bin)}</title>
          </rect>
        ))}
        {bins.some((bin) => bin.before != null) && (
          <polyline fill="none" stroke={palette.ink} strokeDasharray="4 3" strokeWidth="1.2" vectorEffect="non-scaling-stroke" opacity={0.7} points={bins.map((bin) => `${x((bin.from + bin.to) / 2)},${y(bin.before ?? 0)}`).join(' ')} />
        )}
        <line x1="0" x2={W} y1={height - 4} y2={height - 4} stroke={palette.line} vectorEffect="non-scaling-stroke" />
        {cuts.map((cut, index) => (
          <g key={index}>
            <line x1={x(cut)} x2={x(cut)} y1={4} y2={height - 4} stroke={palette.ink} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
            {onCuts && (
              <rect
                className="cut-handle" x={x(cut) - 7} y={2} width={14} height={height - 6} fill="transparent" role="slider" tabIndex={0}
                aria-label={say('cut', { n: index + 1 })} aria-valuenow={cut} aria-valuemin={low} aria-valuemax={high}
                onPointerDown={(event) => { event.currentTarget.ownerSVGElement?.setPointerCapture?.(event.pointerId); setDrag(index); }}
                onKeyDown={(event) => keys(event, index)}
              />
            )}
          </g>
        ))}
      </svg>
      <div className="cuts-scale"><span>{number(low)}</span>{bins.some((bin) => bin.before != null) && <span>{say('before')}</span>}{opening.length > 0 && <span>{say('opens')}</span>}<span>{bins.at(-1)?.open ? `≥ ${number(bins.at(-1)!.from)}` : number(high)}</span></div>
      {bands && <div className="cuts-bands">{bands.map((name, index) => <span key={index} className="level"><i style={{ background: levelColour(index, bands.length, isDark) }} aria-hidden />{name}</span>)}</div>}
      {onCuts && inputs && cuts.length > 0 && (
        <div className="cuts-inputs">
          {cuts.map((cut, index) => <CutInput key={index} label={`${label} ${say('cut', { n: index + 1 })}`} value={cut} step={step} fits={(value) => value > (cuts[index - 1] ?? -Infinity) && value < (cuts[index + 1] ?? Infinity)} onValue={(value) => move(index, value)} />)}
          <span className="faint small">{say('hint')}</span>
        </div>
      )}
    </div>
  );
}

/** A number that is typed digit by digit: what lies beyond the neighbours waits until the typing is over, so that "7" on the way to "70" moves nothing. */
function CutInput({ label, value, step, fits, onValue }: { label: string; value: number; step: number; fits: (value: number) => boolean; onValue: (value: number) => void }) {
  const [typed, setTyped] = useState<number | null>(value);
  useEffect(() => setTyped(value), [value]);
  const done = () => {
    if (typed !== null && typed !== value) onValue(typed);
    setTyped(value);
  };
  return <InputNumber size="small" aria-label={label} value={typed} step={step} onChange={(next) => { setTyped(next); if (next !== null && fits(next)) onValue(next); }} onBlur={done} onPressEnter={done} onStep={(next) => onValue(Number(next))} />;
}

/** 1, 2 or 5 times a power of ten. */
export function niceStep(raw: number): number {
  if (!(raw > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const lead = raw / power;
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}
