// What stands to the right of "what" and "how" in a line of the condition builder.
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select, Space } from 'antd';
import { isWord, type Catalogue } from '../catalogue';
import type { Behaviour, ConditionNode, Scalar, Sequence, TierTest } from '../api/document';
import { SEPARATORS } from '../format/list';
import { textOf } from '../i18n/language';
import { useLang } from '../session';
import { FormulaBox } from '../formula/FormulaBox';
import { FIELD } from './convert';
import { SpanInput, WindowInput } from './SpanInput';
import { useConditionWords } from './words';

interface Props<T> { value: T; onChange: (value: T) => void; catalogue: Catalogue | undefined }

export function ValueEditor({ field, operator, value, onChange, catalogue }: { field: string; operator: string } & Props<unknown>) {
  const say = useConditionWords();
  const lang = useLang();
  const named = (items: { name: string; title?: unknown }[] | undefined) => (items ?? []).map((one) => ({ value: one.name, label: textOf(one.title as string, one.name, lang) }));
  switch (field) {
    case FIELD.sql:
      return <div className="grow"><FormulaBox label={say('fSql')} value={String(value ?? '')} onChange={onChange} scope="customer" catalogue={catalogue} /></div>;
    case FIELD.behaviour:
      return <BehaviourEditor value={(value as Behaviour) ?? { event: '' }} onChange={onChange} catalogue={catalogue} />;
    case FIELD.sequence:
      return <SequenceEditor value={(value as Sequence) ?? { steps: [] }} onChange={onChange} catalogue={catalogue} />;
    case FIELD.segment:
      return <Select aria-label={say('fSegment')} style={{ minWidth: 180 }} showSearch optionFilterProp="label" value={(value as string) || undefined} onChange={onChange} options={named(catalogue?.segments)} />;
    case FIELD.list:
      return <Select aria-label={say('fList')} style={{ minWidth: 180 }} value={(value as string) || undefined} onChange={onChange} options={named(catalogue?.lists)} />;
    case FIELD.tier:
      return <TierEditor value={(value as TierTest) ?? { scheme: '' }} onChange={onChange} catalogue={catalogue} />;
    case FIELD.other:
      return <code className="wrap">{JSON.stringify(value)}</code>;
    default:
      return <Comparand field={field} operator={operator} value={value} onChange={onChange} catalogue={catalogue} />;
  }
}

function Comparand({ field, operator, value, onChange, catalogue }: { field: string; operator: string } & Props<unknown>) {
  const say = useConditionWords();
  const isText = isWord(catalogue, field);
  if (operator === 'known') {
    return <Select aria-label={say('known')} style={{ width: 110 }} value={value !== false} onChange={onChange} options={[{ value: true, label: say('isKnown') }, { value: false, label: say('isUnknown') }]} />;
  }
  if (operator === 'one_of') {
    const items = (Array.isArray(value) ? value : []) as Scalar[];
    return <Select aria-label={say('value')} mode="tags" style={{ minWidth: 220 }} value={items.map(String)} tokenSeparators={SEPARATORS} onChange={(next: string[]) => onChange(next.map((one) => scalar(one, isText)))} open={false} suffixIcon={null} />;
  }
  if (operator === 'range') {
    const limits = (value ?? {}) as ConditionNode;
    const low = limits.more_than !== undefined ? 'more_than' : 'at_least';
    const high = limits.less_than !== undefined ? 'less_than' : 'at_most';
    const put = (key: 'more_than' | 'at_least' | 'less_than' | 'at_most', number: number | null) => {
      const next = { ...limits };
      if (number === null) delete next[key];
      else next[key] = number;
      onChange(next);
    };
    return (
      <Space size={4}>
        <span className="faint">{say(low)}</span><InputNumber aria-label={say('from')} value={limits[low] as number} onChange={(number) => put(low, number as number | null)} />
        <span className="faint">{say(high)}</span><InputNumber aria-label={say('to')} value={limits[high] as number} onChange={(number) => put(high, number as number | null)} />
      </Space>
    );
  }
  if (operator === 'equals' && (isText || typeof value === 'string')) {
    return <Input aria-label={say('value')} style={{ width: 160 }} value={String(value ?? '')} onChange={(event) => onChange(event.target.value)} />;
  }
  return <InputNumber aria-label={say('value')} style={{ width: 130 }} value={value as number} onChange={(number) => onChange(number ?? 0)} />;
}

/** What was typed into a list: numbers where the value is one. */
function scalar(text: string, isText: boolean): Scalar {
  return !isText && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function EventSelect({ value, onChange, catalogue }: Props<string>) {
  const say = useConditionWords();
  const lang = useLang();
  return <Select aria-label={say('event')} style={{ minWidth: 130 }} placeholder={say('event')} value={value || undefined} onChange={onChange} options={(catalogue?.kinds ?? []).map((kind) => ({ value: kind.name, label: textOf(kind.title, kind.name, lang) }))} />;
}

/** `perEvent`: each event counts, so how often is no question. */
export function BehaviourEditor({ value, onChange, catalogue, perEvent }: Props<Behaviour> & { perEvent?: boolean }) {
  const say = useConditionWords();
  const put = (key: keyof Behaviour, next: unknown) => {
    const copy: Record<string, unknown> = { ...value, [key]: next };
    if (next === undefined || next === '') delete copy[key];
    onChange(copy as unknown as Behaviour);
  };
  const times = value.times;
  const form = times?.exactly !== undefined ? 'exactly' : times?.at_least !== undefined && times.at_most !== undefined ? 'both' : times?.at_least !== undefined ? 'at_least' : times?.at_most !== undefined ? 'at_most' : 'once';
  return (
    <div className="stack grow">
      <Space size={6} wrap>
        <EventSelect value={value.event} onChange={(event) => put('event', event)} catalogue={catalogue} />
        {!perEvent && <Select aria-label={say('times')} style={{ width: 130 }} value={form} onChange={(next) => put('times', next === 'once' ? undefined : next === 'both' ? { at_least: 1, at_most: 3 } : { [next]: 2 })} options={[
          { value: 'once', label: say('once') }, { value: 'at_least', label: say('at_least') }, { value: 'at_most', label: say('at_most') }, { value: 'exactly', label: say('exactly') }, { value: 'both', label: say('range') },
        ]} />}
        {(['at_least', 'at_most', 'exactly'] as const).map((key) => times?.[key] !== undefined && (
          <InputNumber key={key} aria-label={say(key)} min={0} precision={0} style={{ width: 72 }} value={times[key]} onChange={(n) => put('times', { ...times, [key]: n ?? 0 })} />
        ))}
        <WindowInput value={value.window} onChange={(window) => put('window', window)} />
      </Space>
      <FormulaBox label={say('where')} placeholder={say('where')} value={value.where ?? ''} onChange={(text) => put('where', text)} scope="event" catalogue={catalogue} />
    </div>
  );
}

function SequenceEditor({ value, onChange, catalogue }: Props<Sequence>) {
  const say = useConditionWords();
  const steps = value.steps ?? [];
  const step = (at: number, next: Partial<Sequence['steps'][number]>) => onChange({ ...value, steps: steps.map((one, index) => {
    if (index !== at) return one;
    const copy: Record<string, unknown> = { ...one, ...next };
    for (const key of Object.keys(copy)) if (copy[key] === undefined || copy[key] === '') delete copy[key];
    return copy as unknown as typeof one;
  }) });
  return (
    <div className="stack grow">
      {steps.map((one, index) => (
        <div className="stack step" key={index}>
          <Space size={6} wrap>
            <span className="faint">{say('step', { n: index + 1 })}</span>
            <EventSelect value={one.event} onChange={(event) => step(index, { event })} catalogue={catalogue} />
            {index > 0 && <Select aria-label={say('within')} style={{ width: 120 }} value={one.within ? 'within' : 'any'} onChange={(form) => step(index, { within: form === 'any' ? undefined : '7 days' })} options={[{ value: 'any', label: say('anyTime') }, { value: 'within', label: say('lastSpan') }]} />}
            {index > 0 && one.within && <SpanInput label={say('within')} value={one.within} onChange={(within) => step(index, { within })} />}
            {steps.length > 1 && <Button size="small" type="text" aria-label={`${say('removeRule')} ${index + 1}`} icon={<DeleteOutlined />} onClick={() => onChange({ ...value, steps: steps.filter((_, at) => at !== index) })} />}
          </Space>
          <FormulaBox label={say('where')} placeholder={say('where')} value={one.where ?? ''} onChange={(where) => step(index, { where })} scope="event" catalogue={catalogue} />
        </div>
      ))}
      <Space size={6} wrap>
        <Button size="small" icon={<PlusOutlined />} onClick={() => onChange({ ...value, steps: [...steps, { event: catalogue?.kinds[0]?.name ?? '' }] })}>{say('addStep')}</Button>
        <WindowInput value={value.window} onChange={(window) => { const next = { ...value, window }; if (!window) delete next.window; onChange(next); }} />
      </Space>
    </div>
  );
}

function TierEditor({ value, onChange, catalogue }: Props<TierTest>) {
  const say = useConditionWords();
  const lang = useLang();
  const scheme = catalogue?.tiers.find((one) => one.name === value.scheme);
  const form = value.is !== undefined ? 'is' : value.at_most !== undefined && value.at_least === undefined ? 'at_most' : 'at_least';
  const level = value.is ?? value.at_least ?? value.at_most;
  return (
    <Space size={6} wrap>
      <Select aria-label={say('scheme')} style={{ minWidth: 140 }} value={value.scheme || undefined} onChange={(next) => onChange({ scheme: next, at_least: catalogue?.tiers.find((one) => one.name === next)?.levels.at(-1)?.name })} options={(catalogue?.tiers ?? []).map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) }))} />
      <Select aria-label={say('operator')} style={{ width: 100 }} value={form} onChange={(next) => onChange({ scheme: value.scheme, [next]: level })} options={[{ value: 'at_least', label: say('levelAtLeast') }, { value: 'at_most', label: say('levelAtMost') }, { value: 'is', label: say('levelIs') }]} />
      <Select aria-label={say('tier')} style={{ minWidth: 120 }} value={level} onChange={(next) => onChange({ ...value, [form]: next })} options={(scheme?.levels ?? []).map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) }))} />
    </Space>
  );
}
