import { Link, useNavigate } from '@tanstack/react-router';
import { Segmented } from 'antd';
import { useMemo, useState } from 'react';
import type { ModelCard, PredictionNow } from '../../shared/api/learning';
import { useRead } from '../../shared/api/hooks';
import { axes } from '../../shared/chart/axes';
import { Chart } from '../../shared/chart/Chart';
import { clipped, CutsDistribution } from '../../shared/chart/CutsDistribution';
import { saySpan } from '../../shared/condition/span';
import { titledApart } from '../../shared/predictions/apart';
import { rangesText } from '../../shared/ranges';
import { useFormat } from '../../shared/session';
import { levelColour } from '../../shared/theme/palette';
import { useLook } from '../../shared/theme/theme';
import { Figure, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { useOpen } from '../../shared/useOpen';
import { useOutlookWords } from './outlook-words';

/** What is to be expected of the base and of each tier, and who may leave; every figure opens its customers. */
export function Outlook() {
  const say = useOutlookWords();
  const { lang } = useFormat();
  const query = useRead('/predictions', {}, { staleTime: 60_000 });
  const worth = (items: ModelCard[]) => items.filter((one) => one.kind !== 'clusters' && one.kind !== 'trained' && one.state !== 'not_fitted');
  return (
    <Loaded query={query} rows={10} empty={(data) => worth(data.items as unknown as ModelCard[]).length === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><Link to="/predictions">{say('toPredictions')}</Link></Empty></Panel>}>
      {(data) => { const cards = worth(data.items as unknown as ModelCard[]); const titled = titledApart(cards, lang); return <div className="stack">{cards.map((card) => <Whole key={card.name} card={card} title={titled(card)} />)}</div>; }}
    </Loaded>
  );
}

/** The list has no figures of everybody: they come with the card of each. */
function Whole({ card, title }: { card: ModelCard; title: string }) {
  const query = useRead('/predictions/{name}', { path: { name: card.name } }, { staleTime: 60_000, enabled: card.state !== 'refused' });
  if (card.state === 'refused') return <One card={card} title={title} />;
  return <Loaded query={query} rows={6}>{(whole) => <One card={whole as unknown as ModelCard} title={title} />}</Loaded>;
}

function One({ card, title }: { card: ModelCard; title: string }) {
  const say = useOutlookWords();
  const format = useFormat();
  const { lang } = format;
  const navigate = useNavigate();
  const open = useOpen();
  const { now } = card;
  const [chosen, choose] = useState<string>();
  const money = card.kind !== 'propensity';
  const byMost = () => void navigate({ to: '/customers', search: { sort: `-${card.name}`, columns: card.name } });
  const extra = <Link to="/predictions/$name" params={{ name: card.name }} search={{ tab: 'card' }}>{say('card')}</Link>;
  if (!now) return <Panel title={title} extra={extra}><p className="warn">{say('refused', { why: card.refusal?.message[lang] ?? '' })} {card.refusal?.hint[lang]}</p></Panel>;
  // Figures may come later than the card, and anew with other schemes.
  const one = now.tiers.find((tier) => tier.scheme === chosen) ?? now.tiers[0];
  const shown = one ? [one] : [];
  return (
    <Panel title={title} extra={<><span className="faint small">{format.day(now.as_of)}</span>{extra}</>}>
      <div className="stack">
        <div className="figures">
          {money && <Figure label={say('ahead', { span: typeof card.horizon === 'object' && card.horizon ? card.horizon[lang] : saySpan(card.horizon ?? '12 months', lang) })} value={format.shortMoney(now.total)} note={card.discount != null ? say('discounted', { rate: format.percent(card.discount, 0) }) : undefined} onOpen={byMost} />}
          <Figure label={money ? say('mean') : say('meanChance')} value={money ? format.money(now.mean) : format.percent(now.mean)} note={say('of', { n: format.count(now.n_known) })} onOpen={byMost} />
          {now.to_date != null && <Figure label={say('toDate')} value={format.shortMoney(now.to_date)} />}
          {now.at_risk.length > 0 && <Figure label={money ? say('atRisk') : say('likely')} value={format.count(now.n_at_risk)} note={now.n_known ? say('share', { n: format.percent(now.n_at_risk / now.n_known) }) : undefined} tone={now.n_at_risk > 0 ? 'warn' : undefined} onOpen={() => open(...now.at_risk)} />}
        </div>
        {now.tiers.length > 1 && <div><Segmented aria-label={say('level')} value={one?.scheme} onChange={choose} options={now.tiers.map((tier) => ({ value: tier.scheme, label: tier.title[lang] }))} /></div>}
        <div className="cols">
          {shown.map((tier) => money && <section key={tier.scheme} className={now.n_at_risk > 0 ? 'c6' : 'c12'}><h3>{say('valueByTier', { name: tier.title[lang] })}</h3><Levels tier={tier} label={say('valueByTier', { name: tier.title[lang] })} of="total" onOpen={(level) => void navigate({ to: '/customers', search: { scheme: tier.scheme, level: level || 'not_graded', sort: `-${card.name}`, columns: card.name } })} /></section>)}
          {shown.map((tier) => now.n_at_risk > 0 && <section key={`r-${tier.scheme}`} className={money ? 'c6' : 'c12'}><h3>{money ? say('riskByTier', { name: tier.title[lang] }) : say('likely')}</h3><Levels tier={tier} label={money ? say('riskByTier', { name: tier.title[lang] }) : `${say('likely')} · ${tier.title[lang]}`} of="n_at_risk" onOpen={(level) => void navigate({ to: '/customers', search: { scheme: tier.scheme, level: level || 'not_graded', ranges: rangesText(now.at_risk) } })} /></section>)}
        </div>
        {now.bins.length > 0 && <><h3>{say('distribution')}</h3><CutsDistribution label={`${say('distribution')} · ${title}`} bins={clipped(now.bins)} cuts={[]} height={110} inputs={false} onOpen={open} said={money ? undefined : (value) => format.percent(value, 0)} /></>}
        {now.bins.length === 0 && <p className="faint small">{say('opens')}</p>}
      </div>
    </Panel>
  );
}

function Levels({ tier, label, of, onOpen }: { tier: PredictionNow['tiers'][number]; label: string; of: 'total' | 'n_at_risk'; onOpen: (level: string) => void }) {
  const say = useOutlookWords();
  const format = useFormat();
  const { palette, isDark } = useLook();
  // Bars stand from below: those without a level under the lowest.
  const levels = [...tier.levels.filter((one) => one.level === ''), ...tier.levels.filter((one) => one.level !== '')];
  const first = levels.findIndex((one) => one.level !== '');
  const named = (one: (typeof levels)[number]) => (one.level === '' ? say('notGraded') : one.title[format.lang]);
  const n = levels.filter((one) => one.level !== '').length;
  const option = useMemo(() => {
    const look = axes(palette);
    const said = (value: number) => (of === 'total' ? format.shortMoney(value) : format.count(value));
    return {
      grid: { ...look.grid, right: 74 }, tooltip: { trigger: 'axis', valueFormatter: said }, xAxis: look.value((value) => format.short(value)), yAxis: look.category(levels.map(named)),
      series: [{ type: 'bar', barMaxWidth: 18, label: { show: true, position: 'right', color: palette.faint, fontSize: 11, formatter: (item: { value: number }) => said(item.value) }, data: levels.map((one, at) => ({ value: one[of] ?? 0, itemStyle: { color: one.level === '' ? palette.barBefore : levelColour(at - first, n, isDark) } })) }],
    };
  }, [tier, of, palette, isDark, format.lang]); // eslint-disable-line
  return <Chart label={label} option={option} height={Math.max(140, 34 + levels.length * 27)} onDrill={({ dataIndex }) => onOpen(levels[dataIndex]!.level)} onRow={(at) => onOpen(levels[at]!.level)} table={{ head: [say('level'), say('customers'), say('total'), say('mean'), say('atRisk')], rows: levels.map((one) => [named(one), format.count(one.n), one.total === null ? '–' : format.shortMoney(one.total), one.mean === null ? '–' : format.decimal(one.mean), format.count(one.n_at_risk)]) }} />;
}
