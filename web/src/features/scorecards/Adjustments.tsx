import { DeleteOutlined } from '@ant-design/icons';
import { Button, Collapse, Form, InputNumber, Select, Space } from 'antd';
import { useState } from 'react';
import type { Adjustment, Behaviour, Condition } from '../../shared/api/document';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { BehaviourEditor } from '../../shared/condition/editors';
import { SpanInput } from '../../shared/condition/SpanInput';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { AskName, TextFields } from '../../shared/ui/parts';
import { caps } from './AttributeEditor';
import { useScorecardWords } from './words';
import { useCatalogue } from '../../shared/catalogue';

/** Points for a condition or for each event, positive or negative. */
export function Adjustments({ value, onChange }: { value: Record<string, Adjustment>; onChange: (value: Record<string, Adjustment>) => void }) {
  const say = useScorecardWords();
  const format = useFormat();
  const [asking, ask] = useState(false);
  return (
    <div className="stack">
      <Collapse size="small" items={Object.entries(value).map(([name, one]) => ({
        key: name,
        label: textOf(one.title, name, format.lang),
        extra: <span className={Number(one.points) < 0 ? 'bad' : 'good'}>{format.signed(one.points)}</span>,
        children: <One one={one} onChange={(next) => onChange({ ...value, [name]: next })} onRemove={() => onChange(Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)))} />,
      }))} />
      <div><Button size="small" onClick={() => ask(true)}>{say('addAdjustment')}</Button></div>
      <AskName open={asking} title={say('addAdjustment')} taken={Object.keys(value)} onClose={() => ask(false)} onDone={(name) => { ask(false); onChange({ ...value, [name]: { when: { all: [] }, points: 5 } }); }} />
    </div>
  );
}

function One({ one, onChange, onRemove }: { one: Adjustment; onChange: (one: Adjustment) => void; onRemove: () => void }) {
  const say = useScorecardWords();
  const catalogue = useCatalogue();
  const per = one.per_event;
  const decay = per?.decay;
  const form = !decay ? 'none' : 'linear' in decay ? 'linear' : 'half_life';
  const { when: _w, per_event: _p, ...rest } = one;
  return (
    <Form layout="vertical">
      <Space wrap>
        <Select aria-label={say('how')} value={per ? 'event' : 'when'} style={{ width: 170 }} onChange={(next) => onChange(next === 'event' ? { ...rest, per_event: { event: catalogue?.kinds[0]?.name ?? 'order_line', window: '90 days' } } : { ...rest, when: { all: [] } })} options={[{ value: 'when', label: say('aWhen') }, { value: 'event', label: say('aEvent') }]} />
        <span>{say('pointsGive')}</span><InputNumber aria-label={say('points')} value={Number(one.points)} onChange={(points) => onChange({ ...one, points: points ?? 0 })} />
        <InputNumber aria-label={say('min')} placeholder={say('min')} value={one.cap?.min as number} onChange={(min) => onChange({ ...one, cap: caps({ ...one.cap, min: min ?? undefined }) as Adjustment['cap'] })} />
        <InputNumber aria-label={say('max')} placeholder={say('max')} value={one.cap?.max as number} onChange={(max) => onChange({ ...one, cap: caps({ ...one.cap, max: max ?? undefined }) as Adjustment['cap'] })} />
      </Space>
      {per ? (
        <div className="stack">
          <BehaviourEditor perEvent value={per} onChange={(next: Behaviour) => onChange({ ...one, per_event: { ...next, ...(decay ? { decay } : {}) } })} catalogue={catalogue} />
          <Space wrap>
            <Select aria-label={say('decay')} style={{ width: 170 }} value={form} onChange={(next) => { const { decay: _, ...plain } = per; onChange({ ...one, per_event: next === 'none' ? plain : { ...plain, decay: next === 'linear' ? { linear: '90 days' } : { half_life: '60 days' } } }); }} options={[{ value: 'none', label: say('dNone') }, { value: 'linear', label: say('dLinear') }, { value: 'half_life', label: say('dHalf') }]} />
            {decay && <SpanInput label={say('decay')} value={'linear' in decay ? decay.linear : decay.half_life} onChange={(span) => onChange({ ...one, per_event: { ...per, decay: 'linear' in decay ? { linear: span } : { half_life: span } } })} />}
          </Space>
        </div>
      ) : <ConditionBuilder needed label={say('aWhen')} value={one.when} onChange={(when) => onChange({ ...one, when: (when ?? { all: [] }) as Condition })} />}
      <TextFields value={one.title} onChange={(title) => { const next = { ...one, title }; if (!title) delete next.title; onChange(next); }} />
      <Button size="small" danger icon={<DeleteOutlined />} onClick={onRemove}>{say('removeAdjustment')}</Button>
    </Form>
  );
}
