import { Link } from '@tanstack/react-router';
import type { Explanation } from '../../shared/api/contract';
import type { PredictionReason } from '../../shared/api/learning';
import { useModelInForce } from '../../shared/catalogue';
import { FactorBars } from '../../shared/chart/FactorBars';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { saySpan } from '../../shared/condition/span';
import { useFormat } from '../../shared/session';
import { titledApart } from '../../shared/predictions/apart';
import { Figure } from '../../shared/ui/page';
import { Empty } from '../../shared/ui/states';
import { betterOf, strongest, termsOf, toldOf } from './outlook';
import { useOutlookWords } from './outlook-words';

/** What is to be expected of this customer: to date and to come apart, how sure, and what speaks for and against. */
export function Outlook({ why }: { why: Explanation }) {
  const say = useOutlookWords();
  const { lang } = useFormat();
  const all = why.predictions ?? [];
  if (all.length === 0) return <Empty title={say('emptyTitle')} text={say('emptyText')}><Link to="/predictions">{say('toPredictions')}</Link></Empty>;
  const titled = titledApart(all, lang);
  return <div className="outlook">{all.map((one) => <One key={one.name} reason={one} title={titled(one)} known={new Set(why.indicators.map(([name]) => name))} />)}</div>;
}

function One({ reason, title, known }: { reason: PredictionReason; title: string; known: Set<string> }) {
  const say = useOutlookWords();
  const format = useFormat();
  const { lang } = format;
  const model = useModelInForce();
  const terms = termsOf(model, reason);
  const span = terms ? saySpan(terms.horizon, lang) : '';
  const told = toldOf(reason);
  const money = reason.kind === 'lifetime' || reason.kind === 'contract';
  const interval = told.value !== null && told.low !== null && told.high !== null ? { value: told.value, low: told.low, high: told.high } : null;
  const factors = strongest(reason);
  const rest = (reason.factors?.length ?? 0) - factors.length;
  const percent = (value: number | null) => (value === null ? say('unknown') : format.percent(value));
  return (
    <section className="stack" aria-label={title}>
      <div className="spread"><h3>{title}</h3><Link to="/predictions/$name" params={{ name: reason.name }} search={{ tab: 'card' }}>{say('card')}</Link></div>
      <div className="figures">
        {money && <Figure label={say('toDate')} value={told.toDate === null ? say('unknown') : format.money(told.toDate)} note={say('toDateNote')} />}
        {money && <Figure label={say('ahead', { span })} value={told.value === null ? say('unknown') : format.money(told.value)} note={say('aheadNote')} />}
        {reason.kind === 'lifetime' && <><Figure label={say('alive')} value={percent(told.alive)} tone={told.alive !== null && told.alive < 0.5 ? 'bad' : undefined} />{told.purchases !== null && <Figure label={say('purchases')} value={format.decimal(told.purchases, 1)} />}</>}
        {reason.kind === 'contract' && <><Figure label={say('runs')} value={told.alive === null ? say('unknown') : told.alive > 0 ? say('running') : say('ended')} /><Figure label={say('renews')} value={percent(told.renews)} tone={told.renews !== null && told.renews < 0.5 ? 'bad' : undefined} />{told.terms !== null && <Figure label={say('nTerms')} value={format.decimal(told.terms, 1)} />}</>}
        {reason.kind === 'propensity' && <Figure label={say('probability')} value={percent(told.value)} note={terms ? say('within', { span }) : undefined} />}
        {reason.kind === 'clusters' && <><Figure label={say('group')} value={<span className="figure-text">{reason.given[0]?.said?.[lang] ?? reason.given[0]?.value ?? say('unknown')}</span>} />{told.sure !== null && <Figure label={say('sure')} value={percent(told.sure)} />}</>}
        {reason.kind === 'trained' && <Figure label={reason.title[lang]} value={told.value === null ? say('unknown') : format.decimal(told.value, 4)} />}
      </div>
      {interval && <p className="small row"><IntervalBar of={interval} {...scaleOf([interval], 0)} width={180} /> {say('interval', { low: format.money(interval.low), high: format.money(interval.high) })}</p>}
      {money && terms && <p className="faint small">{say('terms', { rate: format.percent(terms.discount, 0), margin: format.percent(terms.margin, 0) })}</p>}
      {reason.lines.length > 0 && <ul className="words">{reason.lines.map((line, index) => <li key={index} className="sentence">{line[lang]}</li>)}</ul>}
      {factors.length > 0 && <><h4 className="small strong">{say('factors')}</h4><FactorBars label={`${title} · ${say('factors')}`} head={[say('feature'), say('value'), say('adds')]} better={betterOf(model, reason)} bars={factors.map((one) => ({ name: one.name, title: one.title[lang], value: one.value == null ? <span className="faint">{say('unknown')}</span> : format.value(one.value), effect: one.amount, said: format.signed(one.amount, Math.abs(one.amount) < 10 ? 3 : 0), opens: known.has(one.name) }))} />{rest > 0 && <p className="faint small">{say('more', { n: rest })}</p>}</>}
    </section>
  );
}

/** The two that people ask for first, at the head of the page. */
export function HeadOutlook({ all }: { all: PredictionReason[] }) {
  const say = useOutlookWords();
  const format = useFormat();
  const model = useModelInForce();
  const worth = all.find((one) => one.kind === 'lifetime' || one.kind === 'contract');
  const chance = all.find((one) => one.kind === 'propensity');
  const told = worth && toldOf(worth);
  const terms = worth && termsOf(model, worth);
  const likely = chance && toldOf(chance).value;
  return (
    <>
      {worth && told && <Figure label={`${worth.title[format.lang]}${terms ? ` · ${say('ahead', { span: saySpan(terms.horizon, format.lang) })}` : ''}`} value={told.value === null ? '–' : format.money(told.value)} note={told.low !== null && told.high !== null ? `${format.shortMoney(told.low)} – ${format.shortMoney(told.high)}` : undefined} />}
      {chance && <Figure label={chance.title[format.lang]} value={likely == null ? '–' : format.percent(likely)} />}
    </>
  );
}
