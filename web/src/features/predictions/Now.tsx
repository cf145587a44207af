import { Link, useNavigate } from '@tanstack/react-router';
import type { PredictionKind, PredictionNow } from '../../shared/api/learning';
import { clipped, CutsDistribution } from '../../shared/chart/CutsDistribution';
import { useFormat } from '../../shared/session';
import { Figure, Panel } from '../../shared/ui/page';
import { useOpen } from '../../shared/useOpen';
import { useCardWords } from './card-words';

/** What it says of everybody as of the newest grading; every figure opens its customers. */
export function Now({ now, name, kind }: { now: PredictionNow; name: string; kind: PredictionKind }) {
  const say = useCardWords();
  const format = useFormat();
  const open = useOpen();
  const navigate = useNavigate();
  const money = kind === 'lifetime' || kind === 'contract';
  const said = (value: number | null | undefined) => (money ? format.shortMoney(value) : kind === 'propensity' ? format.percent(value) : format.decimal(value));
  const byMost = () => void navigate({ to: '/customers', search: { sort: `-${name}`, columns: name } });
  return (
    <Panel title={say('today')} extra={<span className="faint small">{format.day(now.as_of)}</span>}>
      <div className="stack">
        <div className="figures">
          <Figure label={say('known')} value={format.count(now.n_known)} note={`/ ${format.count(now.n_customers)}`} onOpen={() => open({ name })} />
          {money && <Figure label={say('total')} value={said(now.total)} onOpen={byMost} />}
          {kind !== 'clusters' && <Figure label={say('mean')} value={money ? format.money(now.mean) : said(now.mean)} onOpen={byMost} />}
          {now.to_date != null && <Figure label={say('toDate')} value={format.shortMoney(now.to_date)} />}
          {now.at_risk.length > 0 && <Figure label={kind === 'propensity' ? say('likely') : say('atRisk')} value={format.count(now.n_at_risk)} tone={now.n_at_risk > 0 ? 'warn' : undefined} onOpen={() => open(...now.at_risk)} />}
        </div>
        {now.bins.length > 0 && <><CutsDistribution label={say('distribution')} bins={clipped(now.bins)} cuts={[]} height={110} inputs={false} onOpen={open} said={kind === 'propensity' ? (value) => format.percent(value, 0) : undefined} /></>}
        {(now.groups?.length ?? 0) > 0 && <table className="table small"><thead><tr><th scope="col">{say('group')}</th><th scope="col" className="right">{say('people')}</th></tr></thead><tbody>{now.groups!.map((one) => <tr key={one.name}><th scope="row">{one.title[format.lang]}</th><td className="right"><i className="bar-cell" style={{ width: one.share * 160 }} /><Link to="/customers" search={{ grouping: name, group: one.name }}>{format.count(one.n)}</Link> <span className="faint">{format.percent(one.share)}</span></td></tr>)}</tbody></table>}
      </div>
    </Panel>
  );
}
