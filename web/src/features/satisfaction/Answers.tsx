import { useMemo } from 'react';
import type { Satisfaction } from '../../shared/api/learned';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { useLook } from '../../shared/theme/theme';
import { Panel } from '../../shared/ui/page';
import { figure } from './asked';
import { useSatisfactionWords } from './words';

/** How the answers fall, and what follows from them. */
export function Answers({ found }: { found: Satisfaction }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const { palette } = useLook();
  const { question, overall } = found;
  const answers = say(question.of_customers ? 'ratingsOf' : 'answersOf', { question: question.title[format.lang] });
  const all = overall.low + overall.middle + overall.high || 1;
  const last = bandEnds(found);
  const option = useMemo(() => {
    const look = axes(palette);
    const tones = [palette.bad, palette.barBefore, palette.good];
    return {
      grid: look.grid, tooltip: { trigger: 'axis' }, xAxis: look.category(found.answers.map((one) => String(one.answer))), yAxis: look.value((value) => format.short(value)),
      series: [{ type: 'bar', barMaxWidth: 44, data: found.answers.map((one) => ({ value: one.n, itemStyle: { color: tones[one.answer <= last[0] ? 0 : one.answer <= last[1] ? 1 : 2] } })) }],
    };
  }, [found, palette, format.lang]); // eslint-disable-line
  const names = question.of_customers ? (['badly', 'middle', 'well'] as const) : question.measure === 'nps' ? (['detractors', 'passives', 'promoters'] as const) : question.measure === 'ces' ? (['hard', 'middle', 'easy'] as const) : (['low', 'middle', 'high'] as const);
  const parts = [{ key: names[2], n: overall.high, tone: 'var(--good)' }, { key: names[1], n: overall.middle, tone: palette.barBefore }, { key: names[0], n: overall.low, tone: 'var(--bad)' }];
  return (
    <Panel className="c6" title={answers} extra={<span className="faint small">{found.stretch[format.lang]}</span>}>
      <div className="stack">
        <Chart label={answers} option={option} height={200} table={{ head: [say('answer'), say('customers')], rows: found.answers.map((one) => [String(one.answer), format.count(one.n)]) }} />
        <ul className="row small">{parts.map((part) => <li key={part.key}><span className="level"><i style={{ background: part.tone }} aria-hidden />{say(part.key)} <b>{format.percent(part.n / all, 0)}</b> <span className="faint">{format.count(part.n)}</span></span></li>)}</ul>
        <p className="faint small">{say(question.of_customers ? 'ofCustomersHint' : `${question.measure}Hint`)}{overall.mean !== null && ` ${say('mean', { n: format.decimal(overall.mean), of: question.to })}`}</p>
        <p className="faint small">{say(question.of_customers ? 'countedRatings' : 'counted', { answers: format.count(found.n_answers) })}{found.n_off_scale > 0 && ` ${say('offScale', { n: format.count(found.n_off_scale) })}`}{question.found && ` ${say('foundField', { field: question.field })}`}</p>
      </div>
    </Panel>
  );
}

/** The last answer of the low and of the middle band: where the counts of single answers add up to those of the bands. */
export function bandEnds({ answers, overall }: Pick<Satisfaction, 'answers' | 'overall'>): [number, number] {
  const upTo = (wanted: number) => {
    let sum = 0;
    let end = (answers[0]?.answer ?? 0) - 1;
    for (const one of answers) {
      if (sum + one.n > wanted) break;
      sum += one.n;
      end = one.answer;
    }
    return end;
  };
  return [upTo(overall.low), upTo(overall.low + overall.middle)];
}

/** Those who answered are not like all customers: what weighting changes, and what it costs. */
export function Bias({ found }: { found: Satisfaction }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  const { bias, overall, question } = found;
  if (!bias) return null;
  const write = figure(question.measure, format);
  const name = say(question.of_customers ? 'ratedBias' : 'bias');
  const scale = scaleOf([overall.value, bias.weighted.value]);
  return (
    <Panel className="c6" title={name}>
      <div className="stack">
        <table className="table small" aria-label={name}><tbody>
          {([['raw', overall.value], ['weighted', bias.weighted.value]] as const).map(([key, own]) => (
            <tr key={key}><th scope="row">{say(key === 'raw' && question.of_customers ? 'ratedRaw' : key)}</th><td><IntervalBar of={own} {...scale} tone={key === 'raw' ? 'var(--faint)' : 'var(--accent)'} /></td><td className="right"><b>{write(own.value)}</b> <span className="faint nowrap">{write(own.low)} – {write(own.high)}</span></td></tr>
          ))}
        </tbody></table>
        <p className="words sentence">{bias.words[format.lang]}</p>
        {bias.by.some((one) => one.unheard.length > 0) && <p className="warn small">{say('unheard', { groups: bias.by.flatMap((one) => one.unheard.map((own) => own[format.lang])).join(format.lang === 'zh' ? '\u3001' : ', ') })}</p>}
        <p className="faint small">{say('effect', { n: format.count(found.n_answered), effective: format.count(bias.weighted.n) })}</p>
      </div>
    </Panel>
  );
}
