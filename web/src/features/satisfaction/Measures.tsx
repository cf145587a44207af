import type { Measure, Satisfaction, SatisfactionAsked } from '../../shared/api/learned';
import { useRead } from '../../shared/api/hooks';
import { IntervalBar } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { figure, MEASURES } from './asked';
import { useSatisfactionWords } from './words';

/** The three usual questions side by side; what nobody was asked says so. */
export function Measures({ asked, chosen, rated, onChoose }: { asked: SatisfactionAsked; chosen: Measure; rated: boolean; onChoose: (measure: Measure, rated: boolean) => void }) {
  return (
    <div className="figures">
      {MEASURES.map((measure) => <One key={measure} measure={measure} asked={asked} chosen={!rated && chosen === measure} onChoose={() => onChoose(measure, false)} />)}
      {/* The other way round: what drivers, hosts and staff say of customers. */}
      <One measure="csat" rated asked={asked} chosen={rated} onChoose={() => onChoose('csat', true)} />
    </div>
  );
}

function One({ measure, rated = false, asked, chosen, onChoose }: { measure: Measure; rated?: boolean; asked: SatisfactionAsked; chosen: boolean; onChoose: () => void }) {
  const say = useSatisfactionWords();
  const format = useFormat();
  // Only the figure is looked at here.
  const { window, as_of, by, weigh_by } = asked;
  const query = useRead('/satisfaction', { query: clean({ measure, of_customers: rated || undefined, window, as_of, by, weigh_by }) }, { keep: true, staleTime: 60_000 });
  const found = query.data as unknown as Satisfaction | undefined;
  const write = figure(measure, format);
  const name = say(rated ? 'ofCustomers' : measure);
  if (!found) return <div className="figure"><span className="figure-label">{name}</span><span className="faint small">{query.error ? say(rated ? 'notRated' : 'notAsked') : '…'}</span></div>;
  const shown = found.bias?.weighted ?? found.overall;
  const [low, high] = measure === 'nps' ? [-100, 100] : [0, 100];
  return (
    <button type="button" className={`figure figure-open ${chosen ? 'figure-chosen' : ''}`} aria-pressed={chosen} onClick={onChoose}>
      <span className="figure-label">{name} · {found.question.title[format.lang]}</span>
      <span className="figure-value">{write(found.overall.value.value)}</span>
      <IntervalBar of={found.overall.value} low={low} high={high} mark={measure === 'nps' ? 0 : 50} />
      <span className="figure-note">{say('interval', { low: write(found.overall.value.low), high: write(found.overall.value.high) })} · {say(rated ? 'rated' : 'answered', { n: format.count(found.n_answered) })}</span>
      {found.bias && <span className="figure-note">{say('weighted')} {write(shown.value.value)}</span>}
    </button>
  );
}

const clean = (asked: SatisfactionAsked) => Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as SatisfactionAsked;
