import { Button, ConfigProvider, Form, Segmented } from 'antd';
import { useEffect, useState } from 'react';
import type { Scalar } from '../api/document';
import { CustomerPicker } from '../preview/CustomerPicker';
import { useFormat } from '../session';
import { outcomeOf } from '../sheet/notation';
import { Panel } from '../ui/page';
import { Typed } from '../ui/Typed';
import type { RuleLook } from './useRuleLook';
import { useRuleWords } from './words';

/** One customer, or values that somebody types: what decides, and what comes out. The rows themselves light up where they stand. */
export function TryPanel({ look, onShow }: { look: RuleLook; onShow?: (path: string) => void }) {
  const say = useRuleWords();
  const format = useFormat();
  const { probe, setProbe, query, met } = look;
  const data = query.data;
  const [form, setForm] = useState<'customer' | 'values'>('customer');
  useEffect(() => { if (probe && 'inputs' in probe) setForm('values'); }, [probe]);
  if (!look.there) return <Panel title={say('try')}><p className="faint">{say('noApi')}</p></Panel>;
  const inputs = probe && 'inputs' in probe ? probe.inputs : {};
  const reads = data?.reads ?? [];
  const give = (name: string, text: string) => {
    const next: Record<string, Scalar> = { ...inputs };
    // An empty field is not given, so its value is unknown.
    if (text.trim() === '') delete next[name];
    else next[name] = outcomeOf(text.trim()) as Scalar;
    setProbe({ inputs: next });
  };
  return (
    <Panel title={say('try')} extra={probe && <Button size="small" type="text" onClick={() => setProbe(null)}>{say('stop')}</Button>}>
      <ConfigProvider componentDisabled={false}><div className="stack">
        <p className="faint small">{say('tryLead')}</p>
        <Segmented aria-label={say('try')} value={form} onChange={(next) => { setForm(next as typeof form); setProbe(null); }} options={[{ value: 'customer', label: say('ofCustomer') }, { value: 'values', label: say('ofValues') }]} />
        {form === 'customer'
          ? <CustomerPicker placeholder={say('pick')} value={probe && 'customer' in probe ? probe.customer : undefined} onChange={(customer) => setProbe(customer ? { customer } : null)} />
          : <Form layout="vertical" className="two">{reads.map((one) => <Form.Item key={one.name} label={one.title[format.lang]}><Typed aria-label={say('value', { name: one.title[format.lang] })} placeholder={say('unknown')} value={inputs[one.name] === undefined || inputs[one.name] === null ? '' : String(inputs[one.name])} onChange={(text) => give(one.name, text)} /></Form.Item>)}</Form>}
        {probe && data && (
          <div role="status" className="stack">
            <p>{say('gives')} <b>{data.gives == null ? say('nothing') : format.value(data.gives)}</b></p>
            {met.size === 0 ? <p className="faint">{say('meetsNothing')}</p> : (
              <ul className="met" aria-label={say('meets')}>{data.parts.filter((part) => met.has(part.path)).map((part) => <li key={part.kind + part.path}><span className="tag good">{say('meets')}</span> {part.title[format.lang]}{onShow && <> <button type="button" className="linkish" onClick={() => onShow(part.path)}>{say('show')}</button></>}</li>)}</ul>
            )}
            {'customer' in probe && reads.length > 0 && <p className="faint small">{say('read')}: {reads.map((one) => `${one.title[format.lang]} ${one.value == null ? say('unknown') : format.value(one.value)}`).join(' · ')}</p>}
          </div>
        )}
      </div></ConfigProvider>
    </Panel>
  );
}
