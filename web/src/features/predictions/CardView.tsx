import { Alert } from 'antd';
import type { ReactNode } from 'react';
import type { Both } from '../../shared/api/figures';
import type { Metric, ModelCard } from '../../shared/api/learning';
import { CalibrationChart } from '../../shared/chart/CalibrationChart';
import { FactorBars } from '../../shared/chart/FactorBars';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { saySpan } from '../../shared/condition/span';
import { useFormat } from '../../shared/session';
import { Figure, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { DriftBars } from './DriftBars';
import { Groups } from './Groups';
import { InputsDrift } from './InputsDrift';
import { Now } from './Now';
import { SurvivalCurve } from './SurvivalCurve';
import { Tracking } from './Tracking';
import { useCardWords } from './card-words';
import { usePredictionWords } from './words';

const TONES = { fitted: 'active', refused: 'failed', not_fitted: 'waiting' } as const;

/** What a prediction was made of, how good it is, how sure; if it was refused, why. */
export function CardView({ card, actions }: { card: ModelCard; actions?: ReactNode }) {
  const say = useCardWords();
  const kinds = usePredictionWords();
  const format = useFormat();
  const { lang } = format;
  const given = (value: string | number | Both, unit?: string) => (typeof value === 'object' ? value[lang] : unit === 'count' ? format.count(value) : unit === 'money' ? format.money(value) : unit === 'share' ? format.percent(value) : unit === 'date' ? format.day(String(value)) : typeof value === 'number' ? format.decimal(value, 4) : value);
  const weighs = say(card.kind === 'clusters' ? 'parts' : card.kind === 'trained' ? 'asksFor' : 'factors');
  return (
    <div className="stack">
      <div className="figures">
        <Figure label={say('state')} value={<StateTag state={TONES[card.state]}>{kinds(card.state)}</StateTag>} note={card.as_of ? `${say('asOf')} ${format.day(card.as_of)}${card.fitted_at ? ` · ${say('fittedAt', { at: format.day(card.fitted_at) })}` : ''}` : undefined} />
        {card.method && <Figure label={say('method')} value={<span className="figure-text">{card.method[lang]}</span>} />}
        {card.horizon && <Figure label={say('horizon')} value={typeof card.horizon === 'object' ? card.horizon[lang] : saySpan(card.horizon, lang)} />}
        {card.discount != null && <Figure label={say('discount')} value={format.percent(card.discount, 0)} />}
        {card.margin != null && <Figure label={say('margin')} value={format.percent(card.margin, 0)} />}
      </div>
      {card.refusal && <Alert type="error" showIcon title={`${say('refusal')}: ${card.refusal.message[lang]}`} description={card.refusal.hint[lang]} />}
      <Panel title={say('sure')} extra={actions}>
        <div className="stack">
          <p className="words strong sentence" role="status">{card.state === 'not_fitted' ? say('notFitted') : card.sure[lang] || say(card.kind === 'clusters' ? 'fittedGroups' : 'fittedOnly')}</p>
          {card.outcome_words && <p className="small">{say('foretold')}{card.outcome_words[lang]}</p>}
          {card.cautions.length > 0 && <ul className="plain-list">{card.cautions.map((one, index) => <li key={index} className="sentence">{one[lang]}</li>)}</ul>}
        </div>
      </Panel>
      {card.now && <Now now={card.now} name={card.name} kind={card.kind} />}
      {(card.groups?.length ?? 0) > 0 && <Panel title={say('groups')} flush><Groups groups={card.groups!} /></Panel>}
      <div className="halves">
        <div className="stack">
          {card.metrics.length > 0 && <Panel title={say('metrics')} flush><Metrics metrics={card.metrics} /></Panel>}
          {card.factors.length > 0 && <Panel title={weighs} flush><FactorBars label={weighs} head={[say('feature'), null, say('weight')]} bars={card.factors.map((one) => ({ name: one.name, title: one.title[lang], effect: one.weight, said: format.percent(one.weight, 0), note: one.words?.[lang] ?? (one.direction && card.kind === 'propensity' ? say(one.direction) : undefined) }))} /></Panel>}
          {card.training.length > 0 && <Panel title={say('training')} flush>
            <div className="table-box" role="region" aria-label={say('training')} tabIndex={0}><table className="table small" aria-label={say('training')}>
              <thead><tr><th scope="col">{say('from')}</th><th scope="col">{say('until')}</th><th scope="col" className="right">{say('people')}</th><th scope="col" className="right">{say('withIt')}</th><th scope="col">{say('use')}</th></tr></thead>
              <tbody>{card.training.map((one) => <tr key={one.as_of}><th scope="row">{format.day(one.as_of)}</th><td>{format.day(one.until)}</td><td className="right">{format.count(one.n)}</td><td className="right">{one.n_with == null ? '' : `${format.count(one.n_with)} (${format.percent(one.n ? one.n_with / one.n : null)})`}</td><td>{one.held_out ? <span className="tag warn">{say('heldOut')}</span> : <span className="faint">{say('learned')}</span>}</td></tr>)}</tbody>
            </table></div>
          </Panel>}
          {card.parameters.length > 0 && <Panel title={say('parameters')} flush><div className="table-box"><table className="table small"><thead><tr><th scope="col">{say('parameter')}</th><th scope="col" className="right">{say('value')}</th><th scope="col" className="right">{say('error')}</th></tr></thead><tbody>{card.parameters.map((one) => <tr key={one.name}><th scope="row">{one.title?.[lang] ?? <code>{one.name}</code>}</th><td className="right">{format.decimal(one.value, 4)}</td><td className="right faint">{one.error == null ? '–' : `± ${format.decimal(one.error, 4)}`}</td></tr>)}</tbody></table></div></Panel>}
          {card.data.length > 0 && <Panel title={say('data')} flush><table className="table small"><tbody>{card.data.map((one, index) => <tr key={index}><th scope="row">{one.title[lang]}</th><td className="right">{given(one.value, one.unit)}</td></tr>)}</tbody></table></Panel>}
        </div>
        <div className="stack">
          {card.tracking && <Panel title={say('tracking')}><Tracking tracking={card.tracking} /></Panel>}
          {card.calibration && <Panel title={say('calibration')}><div className="stack"><p className="words sentence">{card.calibration.words[lang]}</p><CalibrationChart label={say('calibration')} bins={card.calibration.bins} height={280} /><p className="faint small">{say('calibrationHint')}</p></div></Panel>}
          {card.survival && <Panel title={say('survival')}><SurvivalCurve survival={card.survival} /></Panel>}
          {card.drift && <Panel title={say('drift')}><DriftBars drift={card.drift} /></Panel>}
          {(card.inputs_drift?.length ?? 0) > 0 && <Panel title={say('inputsDrift')} flush><InputsDrift inputs={card.inputs_drift!} against={card.drift?.against} /></Panel>}
          {(card.left_out?.length ?? 0) > 0 && <Panel><details className="small"><summary>{say('leftOut')} ({format.count(card.left_out!.length)})</summary><ul className="plain-list">{card.left_out!.map(([title, reason], at) => <li key={at}>{title[lang]}: <span className="faint">{reason[lang]}</span></li>)}</ul></details></Panel>}
        </div>
      </div>
    </div>
  );
}

function Metrics({ metrics }: { metrics: Metric[] }) {
  const say = useCardWords();
  const format = useFormat();
  const shown = (one: Metric, value: number) => (one.unit === 'share' || one.unit === 'percent_error' ? format.percent(value) : one.unit === 'money' ? format.shortMoney(value) : format.decimal(value, 3));
  return (
    <div className="table-box" role="region" aria-label={say('metrics')} tabIndex={0}><table className="table small" aria-label={say('metrics')}>
      <thead><tr><th scope="col">{say('metric')}</th><th scope="col" className="right">{say('value')}</th><th scope="col">{say('interval')}</th></tr></thead>
      <tbody>{metrics.map((one) => {
        const interval = one.low != null && one.high != null ? { value: one.value, low: one.low, high: one.high } : null;
        return (
          <tr key={one.name}>
            <th scope="row">{one.title[format.lang]}{one.words && <div className="faint small wrap">{one.words[format.lang]}</div>}</th>
            <td className="right"><b>{shown(one, one.value)}</b></td>
            <td className="nowrap">{interval ? <><IntervalBar of={interval} {...scaleOf([interval], ...(interval.low >= 0 && interval.high <= 1 ? [0, 1] : [0]))} width={90} /> <span className="faint">{shown(one, interval.low)} – {shown(one, interval.high)}</span></> : <span className="faint">–</span>}</td>
          </tr>
        );
      })}</tbody>
    </table></div>
  );
}
