import { InputNumber, Select, Space } from 'antd';
import type { Calendar, Window } from '../api/document';
import { parse, UNITS } from './span';
import { useConditionWords } from './words';

const CALENDAR: Calendar[] = ['this_month', 'last_month', 'this_quarter', 'last_quarter', 'this_year', 'last_year'];

/** A number of days, weeks, months, quarters or years. */
export function SpanInput({ value, onChange, label }: { value: string; onChange: (value: string) => void; label: string }) {
  const say = useConditionWords();
  const now = parse(value) ?? { n: 90, unit: 'day' as const };
  return (
    <Space.Compact>
      <InputNumber aria-label={label} min={1} max={36500} precision={0} value={now.n} style={{ width: 76 }} onChange={(n) => n && onChange(`${n} ${now.unit}s`)} />
      <Select aria-label={`${label} ${say(now.unit)}`} value={now.unit} style={{ width: 92 }} onChange={(unit) => onChange(`${now.n} ${unit}s`)} options={UNITS.map((unit) => ({ value: unit, label: say(unit) }))} />
    </Space.Compact>
  );
}

/** All time, the last so long, or a calendar period; other forms stay as they are written. */
export function WindowInput({ value, onChange, label }: { value: Window | undefined; onChange: (value: Window | undefined) => void; label?: string }) {
  const say = useConditionWords();
  const name = label ?? say('window');
  const form = value === undefined ? 'ever' : typeof value === 'string' ? 'last' : value.calendar ? 'calendar' : 'other';
  const change = (next: string) => onChange(next === 'ever' ? undefined : next === 'last' ? '90 days' : next === 'calendar' ? { calendar: 'this_month' } : value);
  return (
    <Space size={6} wrap>
      <Select aria-label={name} value={form} style={{ width: 130 }} onChange={change} options={[
        { value: 'ever', label: say('ever') }, { value: 'last', label: say('lastSpan') }, { value: 'calendar', label: say('calendar') },
        ...(form === 'other' ? [{ value: 'other', label: say('other') }] : []),
      ]} />
      {form === 'last' && <SpanInput label={name} value={value as string} onChange={onChange} />}
      {form === 'calendar' && <Select aria-label={say('calendar')} style={{ width: 120 }} value={(value as { calendar: Calendar }).calendar} onChange={(calendar) => onChange({ calendar })} options={CALENDAR.map((one) => ({ value: one, label: say(one as 'this_month') }))} />}
      {form === 'other' && <code>{JSON.stringify(value)}</code>}
    </Space>
  );
}
