import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, InputNumber, Select } from 'antd';
import { Link } from '@tanstack/react-router';
import type { Finding } from '../../shared/api/contract';
import type { Clusters, OutcomeOf, Propensity, Text } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { SpanInput } from '../../shared/condition/SpanInput';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { FeaturePicker } from '../../shared/predictions/FeaturePicker';
import { TextFields } from '../../shared/ui/parts';
import { Field } from './Field';
import { usePredictionWords } from './words';

interface Props<T> { name: string; one: T; put: <K extends keyof T>(key: K, value: T[K] | undefined) => void; path: string; findings: Finding[] }
/** As crates/workspace has it where nothing is written. */
const REFIT = '3 months';
export const PROPENSITY_FIELDS = ['outcome', 'horizon', 'features', 'method', 'dates', 'every', 'refit', 'seed'];
export const CLUSTER_FIELDS = ['features', 'k', 'most', 'method', 'scale', 'refit', 'seed', 'names'];

/** How likely an outcome is: what happens, within how long, from what it is told. */
export function PropensityForm({ name, one, put, path, findings }: Props<Propensity>) {
  const say = usePredictionWords();
  return (
    <Form layout="vertical">
      <Field label={say('outcome')} path={`${path}.outcome`} findings={findings}><Outcome one={one.outcome} onChange={(outcome) => put('outcome', outcome)} /></Field>
      <Field label={say('happensWithin')} path={`${path}.horizon`} findings={findings}><SpanInput label={say('horizon')} value={one.horizon} onChange={(horizon) => put('horizon', horizon)} /></Field>
      <Field label={say('features')} hint={say('featuresHint')} path={`${path}.features`} findings={findings}><FeaturePicker label={say('features')} except={name} value={one.features ?? []} onChange={(features) => put('features', features.length ? features : undefined)} /></Field>
      <Field label={say('method')} path={`${path}.method`} findings={findings}><Select aria-label={say('method')} value={one.method ?? 'logistic'} onChange={(method) => put('method', method === 'logistic' ? undefined : method)} options={(['logistic', 'boosting'] as const).map((value) => ({ value, label: say(value) }))} /></Field>
      <div className="two">
        <Field label={say('dates')} path={`${path}.dates`} findings={findings}><InputNumber aria-label={say('dates')} min={1} max={60} precision={0} placeholder="6" value={one.dates ?? null} onChange={(dates) => put('dates', dates ?? undefined)} /></Field>
        <Field label={say('every')} path={`${path}.every`} findings={findings}><SpanInput label={say('every')} value={one.every ?? one.horizon} onChange={(every) => put('every', every === one.horizon ? undefined : every)} /></Field>
        <Field label={say('refit')} hint={say('refitHint')} path={`${path}.refit`} findings={findings}><Refit label={say('refit')} value={one.refit} onChange={(refit) => put('refit', refit)} /></Field>
        {one.method === 'boosting' && <Field label={say('seed')} path={`${path}.seed`} findings={findings}><InputNumber aria-label={say('seed')} min={0} precision={0} placeholder="0" value={one.seed ?? null} onChange={(seed) => put('seed', seed ?? undefined)} /></Field>}
      </div>
    </Form>
  );
}

/** After how long it is learned anew; what is usual stays unwritten. */
function Refit({ label, value, onChange }: { label: string; value: string | undefined; onChange: (value: string | undefined) => void }) {
  return <SpanInput label={label} value={value ?? REFIT} onChange={(span) => onChange(span === REFIT ? undefined : span)} />;
}

function Outcome({ one, onChange }: { one: OutcomeOf; onChange: (one: OutcomeOf) => void }) {
  const say = usePredictionWords();
  const catalogue = useCatalogue();
  const put = (key: keyof OutcomeOf, value: unknown) => { const next = { ...one, [key]: value } as unknown as Record<string, unknown>; if (value === undefined) delete next[key]; onChange(next as unknown as OutcomeOf); };
  const wants = one.kind === 'sum' || one.kind === 'distinct';
  return (
    <div className="stack step">
      <div className="row">
        <Select aria-label={say('outcomeKind')} style={{ width: 140 }} value={one.kind} onChange={(kind) => put('kind', kind)} options={(['orders', 'count', 'active', 'sum', 'distinct'] as const).map((value) => ({ value, label: say(`k_${value}`) }))} />
        <Select aria-label={say('counts')} style={{ minWidth: 190 }} value={one.counts ?? ''} onChange={(counts) => put('counts', counts || undefined)} options={[{ value: '', label: say('moreThanNothing') }, ...(['happened', 'not_happened'] as const).map((value) => ({ value, label: say(value) }))]} />
        <Select aria-label={say('ofWhom')} style={{ minWidth: 230 }} value={one.of_whom ?? 'everyone'} onChange={(whom) => put('of_whom', whom === 'everyone' ? undefined : whom)} options={(['everyone', 'active'] as const).map((value) => ({ value, label: say(value) }))} />
      </div>
      {wants && <FormulaBox label={say('outcomeOf')} placeholder={say('outcomeOf')} value={one.of ?? ''} onChange={(value) => put('of', value || undefined)} scope="event" catalogue={catalogue} />}
      <FormulaBox label={say('outcomeWhere')} placeholder={say('outcomeWhere')} value={one.where ?? ''} onChange={(value) => put('where', value || undefined)} scope="event" catalogue={catalogue} />
    </div>
  );
}

/** Groups of customers that are alike; how many is best compared in the studio. */
export function ClustersForm({ name, one, put, path, findings }: Props<Clusters>) {
  const say = usePredictionWords();
  const names = one.names ?? {};
  const label = (key: string, text: Text | undefined) => { const next = { ...names, [key]: text }; const clean = Object.fromEntries(Object.entries(next).filter(([, own]) => own !== undefined)) as Record<string, Text>; put('names', Object.keys(clean).length ? clean : undefined); };
  const next = () => { let n = 1; while (`c${n}` in names) n += 1; return `c${n}`; };
  return (
    <Form layout="vertical">
      <Field label={say('features')} path={`${path}.features`} findings={findings}><FeaturePicker label={say('features')} numbers except={name} value={one.features} onChange={(features) => put('features', features)} /></Field>
      <p className="small"><Link to="/clusters" search={{ of: name }}>{say('openStudio')}</Link></p>
      <div className="two">
        <Field label={say('k')} path={`${path}.k`} findings={findings}><InputNumber aria-label={say('k')} min={2} max={50} precision={0} style={{ width: '100%' }} placeholder={say('kBest', { n: one.most ?? 8 })} value={one.k ?? null} onChange={(k) => put('k', k ?? undefined)} /></Field>
        {one.k === undefined && <Field label={say('most')} path={`${path}.most`} findings={findings}><InputNumber aria-label={say('most')} min={2} max={50} precision={0} placeholder="8" value={one.most ?? null} onChange={(most) => put('most', most ?? undefined)} /></Field>}
        <Field label={say('scale')} path={`${path}.scale`} findings={findings}><Select aria-label={say('scale')} value={one.scale ?? 'standard'} onChange={(scale) => put('scale', scale === 'standard' ? undefined : scale)} options={(['standard', 'robust', 'min_max', 'log'] as const).map((value) => ({ value, label: say(value) }))} /></Field>
        <Field label={say('method')} path={`${path}.method`} findings={findings}><Select aria-label={say('method')} value={one.method ?? 'k_means'} onChange={(method) => put('method', method === 'k_means' ? undefined : method)} options={(['k_means', 'mixture'] as const).map((value) => ({ value, label: say(value) }))} /></Field>
        <Field label={say('refitGroups')} hint={say('refitGroupsHint')} path={`${path}.refit`} findings={findings}><Refit label={say('refitGroups')} value={one.refit} onChange={(refit) => put('refit', refit)} /></Field>
        <Field label={say('seed')} path={`${path}.seed`} findings={findings}><InputNumber aria-label={say('seed')} min={0} precision={0} placeholder="0" value={one.seed ?? null} onChange={(seed) => put('seed', seed ?? undefined)} /></Field>
      </div>
      <Field label={say('groupNames')} hint={say('groupNamesHint')} path={`${path}.names`} findings={findings}>
        <div className="stack">
          {Object.entries(names).map(([key, text]) => (
            <div className="row" key={key}><div className="grow"><TextFields label={key} value={text} onChange={(value) => label(key, value ?? '')} /></div><Button type="text" size="small" icon={<DeleteOutlined />} aria-label={`${say('removeFeature')} ${key}`} onClick={() => label(key, undefined)} /></div>
          ))}
          <div><Button size="small" icon={<PlusOutlined />} onClick={() => label(next(), '')}>{say('addName')}</Button></div>
        </div>
      </Field>
    </Form>
  );
}
