import { Form, Select } from 'antd';
import type { ReactNode } from 'react';
import type { Finding } from '../../shared/api/contract';
import type { Contract, Lifetime, LifetimeModel } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { SpanInput } from '../../shared/condition/SpanInput';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { Field } from './Field';
import { Percent } from './NewPrediction';
import { usePredictionWords, type PredictionSay } from './words';

interface Props<T> { one: T; put: <K extends keyof T>(key: K, value: T[K] | undefined) => void; path: string; findings: Finding[] }
export const LIFETIME_FIELDS = ['purchases', 'value', 'costs', 'margin', 'horizon', 'discount', 'model'];
export const CONTRACT_FIELDS = ['terms', 'term', 'grace', 'ends', 'value', 'margin', 'horizon', 'discount'];

function useField<T>({ path, findings }: Pick<Props<T>, 'path' | 'findings'>, say: PredictionSay) {
  return (key: string, children: ReactNode, hint?: string) => <Field key={key} label={say(key as 'value')} hint={hint} path={`${path}.${key}`} findings={findings}>{children}</Field>;
}

/** Lifetime value where nobody says that they leave. */
export function LifetimeForm(props: Props<Lifetime>) {
  const { one, put } = props;
  const say = usePredictionWords();
  const catalogue = useCatalogue();
  const field = useField(props, say);
  const sql = (key: 'purchases' | 'value' | 'costs') => field(key, <FormulaBox label={say(key)} value={one[key] ?? ''} onChange={(value) => put(key, value || undefined)} scope="event" catalogue={catalogue} />, say(`${key}Hint`));
  return (
    <Form layout="vertical">
      {sql('purchases')}
      {sql('value')}
      <div className="two">
        {field('margin', <Percent label={say('margin')} value={numeric(one.margin)} placeholder={100} onChange={(value) => put('margin', value ?? undefined)} />, say('marginHint'))}
        {field('discount', <Percent label={say('discount')} value={numeric(one.discount)} placeholder={10} max={1000} onChange={(value) => put('discount', value ?? undefined)} />, say('discountHint'))}
        {field('horizon', <SpanInput label={say('horizon')} value={one.horizon ?? '12 months'} onChange={(value) => put('horizon', value)} />)}
        {field('model', <Select<LifetimeModel> aria-label={say('model')} value={one.model ?? 'bg_nbd'} onChange={(value) => put('model', value === 'bg_nbd' ? undefined : value)} options={(['bg_nbd', 'mbg_nbd', 'pareto_nbd'] as const).map((value) => ({ value, label: say(value) }))} />)}
      </div>
      {sql('costs')}
    </Form>
  );
}

/** Lifetime value where customers renew or leave at the end of a term. */
export function ContractForm(props: Props<Contract>) {
  const { one, put } = props;
  const say = usePredictionWords();
  const catalogue = useCatalogue();
  const field = useField(props, say);
  const sql = (key: 'terms' | 'ends' | 'value') => field(key, <FormulaBox label={say(key)} value={one[key] ?? ''} onChange={(value) => put(key, key === 'terms' ? value : value || undefined)} scope="event" catalogue={catalogue} />, say(`${key}Hint`));
  return (
    <Form layout="vertical">
      {sql('terms')}
      <div className="two">
        {field('term', <SpanInput label={say('term')} value={one.term} onChange={(value) => put('term', value)} />)}
        {field('grace', <SpanInput label={say('grace')} value={one.grace ?? '1 month'} onChange={(value) => put('grace', value)} />)}
      </div>
      {sql('ends')}
      {sql('value')}
      <div className="two">
        {field('margin', <Percent label={say('margin')} value={numeric(one.margin)} placeholder={100} onChange={(value) => put('margin', value ?? undefined)} />, say('marginHint'))}
        {field('discount', <Percent label={say('discount')} value={numeric(one.discount)} placeholder={10} max={1000} onChange={(value) => put('discount', value ?? undefined)} />, say('discountHint'))}
        {field('horizon', <SpanInput label={say('horizon')} value={one.horizon ?? '3 years'} onChange={(value) => put('horizon', value)} />)}
      </div>
    </Form>
  );
}

const numeric = (value: number | string | undefined) => (value === undefined || value === '' ? null : Number(value));
