import { useRef } from 'react';
import type { Statement } from '../api/contract';
import { words } from '../i18n/words';
import { useFormat } from '../session';
import { useScrolls } from '../ui/scrolls';

const useWords = words('statement', {
  line: ['项目', 'Line'],
  value: ['取值', 'Value'],
  bin: ['落在', 'Falls in'],
  points: ['分值', 'Points'],
  weight: ['权重', 'Weight'],
  adds: ['计入总分', 'Adds'],
  total: ['总分', 'Total'],
  unknown: ['未知', 'unknown'],
  capped: ['封顶 {{n}}', 'capped {{n}}'],
  complete: ['已知部分占权重 {{n}}', 'Known: {{n}} of the weight'],
  range: ['{{low}} 至 {{high}}', '{{low}} to {{high}}'],
  stretch: ['{{from}} 至不足 {{below}}', '{{from}} to below {{below}}'],
  closed: ['超过 {{from}} 至 {{to}}', 'above {{from}} to {{to}}'],
  lead: ['各行相加即为总分。', 'The lines add up to the score.'],
});

/** Why this score: each line with the bar it adds, starting where the one before ended. */
export function StatementWaterfall({ statement, compact }: { statement: Statement; compact?: boolean }) {
  const say = useWords();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const scrolls = useScrolls(box);
  const lines = statement.lines;
  // Brackets are for those who learnt them: a stretch is said in words.
  const readable = (bin: string) => bin.replaceAll('>=', '≥').replaceAll('<=', '≤')
    .replace(/\[(-?[\d.]+), (-?[\d.]+)\)/g, (_, from: string, below: string) => say('stretch', { from: format.decimal(from, 4), below: format.decimal(below, 4) }))
    .replace(/\((-?[\d.]+), (-?[\d.]+)\]/g, (_, from: string, to: string) => say('closed', { from: format.decimal(from, 4), to: format.decimal(to, 4) }));
  let sum = 0;
  const spans = lines.map((line) => {
    const from = sum;
    sum += line.amount;
    return { from: Math.min(from, sum), to: Math.max(from, sum), high: line.amount_high != null ? from + line.amount_high : null };
  });
  const most = Math.max(1, statement.total, statement.total_high ?? 0, ...spans.map((span) => Math.max(span.to, span.high ?? 0)));
  const least = Math.min(0, ...spans.map((span) => span.from));
  const at = (value: number) => ((value - least) / (most - least)) * 100;
  const total = statement.total_high != null ? say('range', { low: format.decimal(statement.total), high: format.decimal(statement.total_high) }) : format.decimal(statement.total);
  return (
    <div className="table-box" ref={box} tabIndex={scrolls ? 0 : undefined}>
      <table className="table waterfall" aria-label={statement.title[format.lang]}>
        <thead>
          <tr>
            <th scope="col">{say('line')}</th>
            <th scope="col">{say('value')}</th>
            {!compact && <th scope="col">{say('bin')}</th>}
            {!compact && <th scope="col" className="right">{say('points')} × {say('weight')}</th>}
            <th scope="col" className="waterfall-col"><span className="faint">{say('lead')}</span></th>
            <th scope="col" className="right">{say('adds')}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => {
            const span = spans[index]!;
            return (
              <tr key={`${line.kind}-${line.name}-${index}`}>
                <th scope="row">{line.title[format.lang] || line.name}</th>
                <td>{line.value != null ? format.value(line.value) : (line.kind === 'attribute' && line.bin ? <span className="faint">–</span> : line.kind === 'attribute' ? <span className="faint">{say('unknown')}</span> : '')}</td>
                {!compact && <td className="faint">{line.bin && readable(line.bin[format.lang])}</td>}
                {!compact && <td className="right">{line.points != null && <>{format.decimal(line.points)}{line.weight != null && <> × {format.decimal(line.reweighted ?? line.weight, 4)}</>}{line.capped ? <span className="faint"> {say('capped', { n: format.signed(line.capped) })}</span> : null}</>}</td>}
                <td className="waterfall-col">
                  <span className="waterfall-bar">
                    <i className={line.amount < 0 ? 'minus' : 'plus'} style={{ left: `${at(span.from)}%`, width: `${Math.max(0.4, at(span.to) - at(span.from))}%` }} />
                    {span.high != null && <i className="maybe" style={{ left: `${at(span.to)}%`, width: `${Math.max(0, at(span.high) - at(span.to))}%` }} />}
                  </span>
                </td>
                <td className="right strong">{line.amount_high != null ? say('range', { low: format.signed(line.amount), high: format.signed(line.amount_high) }) : format.signed(line.amount)}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{say('total')}</th>
            <td colSpan={compact ? 1 : 3} className="faint">{statement.completeness < 1 && say('complete', { n: format.percent(statement.completeness, 0) })}</td>
            <td className="waterfall-col"><span className="waterfall-bar"><i className="total" style={{ left: `${at(0)}%`, width: `${at(statement.total) - at(0)}%` }} /></span></td>
            <td className="right strong">{total}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
