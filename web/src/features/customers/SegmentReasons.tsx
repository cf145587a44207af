import { Collapse } from 'antd';
import type { Reason, SegmentReason, Truth } from '../../shared/api/contract';
import { useFormat } from '../../shared/session';
import { useCustomerWords } from './words';

/** In each segment or not, down to the leaf of the condition with its value. */
export function SegmentReasons({ segments }: { segments: SegmentReason[] }) {
  const say = useCustomerWords();
  const { lang } = useFormat();
  const order: Record<Truth, number> = { true: 0, unknown: 1, false: 2 };
  const sorted = [...segments].sort((a, b) => order[a.member] - order[b.member]);
  return <Collapse size="small" items={sorted.map((one) => ({
    key: one.segment,
    label: <span><Mark truth={one.member} /> {one.title[lang]}</span>,
    extra: <span className={one.member === 'true' ? 'good' : 'faint'}>{say(one.member === 'true' ? 'in' : one.member === 'false' ? 'out' : 'unsure')}</span>,
    children: <div className="reason">{one.base !== 'everyone' && <p className="faint small"><Mark truth={one.in_base} /> {say('base')}: {one.base}</p>}<ul><Line reason={one.condition} /></ul></div>,
  }))} />;
}

function Line({ reason }: { reason: Reason }) {
  const say = useCustomerWords();
  const { lang } = useFormat();
  return (
    <li>
      <Mark truth={reason.truth} /> {reason.text[lang]} {reason.values?.length ? <span className="faint small">[{reason.values.map(([name, value]) => `${name.startsWith('_') ? '' : `${name} = `}${value ?? say('unsure')}`).join(', ')}]</span> : null}
      {reason.parts?.length ? <ul>{reason.parts.map((part, index) => <Line key={index} reason={part} />)}</ul> : null}
    </li>
  );
}

function Mark({ truth }: { truth: Truth }) {
  return <b className={truth === 'true' ? 'good' : truth === 'false' ? 'bad' : 'warn'} aria-label={truth}>{truth === 'true' ? '✓' : truth === 'false' ? '✗' : '?'}</b>;
}
