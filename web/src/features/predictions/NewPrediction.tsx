import { Alert, Button, Form, Input, InputNumber, Modal, Radio, Select, Steps } from 'antd';
import { useState } from 'react';
import type { Prediction } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { SpanInput } from '../../shared/condition/SpanInput';
import { textOf } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import { useUi } from '../../shared/ui/words';
import { answersOf, freeName, nameOf, predictionOf, WANTS, type Want } from './start';
import { usePredictionWords } from './words';

interface Props { open: boolean; taken: string[]; onDone: (name: string, prediction: Prediction) => void; onStudio: () => void; onClose: () => void }

/** From what somebody wants to know to a prediction: the kind is found by the wish, and little is asked. */
export function NewPrediction({ open, taken, onDone, onStudio, onClose }: Props) {
  const say = usePredictionWords();
  const ui = useUi();
  const [want, setWant] = useState<Want>('value');
  const [step, setStep] = useState(0);
  const shown = (one: Want) => `w${one[0]!.toUpperCase()}${one.slice(1)}` as 'wValue';
  return (
    <Modal open={open} title={say('add')} width={680} onCancel={onClose} footer={null} destroyOnHidden afterClose={() => setStep(0)}>
      <div className="stack">
        <Steps size="small" current={step} items={[{ title: say('step1') }, { title: say('step2') }]} />
        {step === 0 ? (
          <>
            <Radio.Group aria-label={say('want')} className="wants" value={want} onChange={(event) => setWant(event.target.value as Want)} options={WANTS.map((value) => ({ value, label: <span><b>{say(shown(value))}</b><br /><span className="faint small">{say(`${shown(value)}Text` as 'wValueText')}</span></span> }))} />
            <div className="row"><Button type="primary" onClick={() => (want === 'clusters' ? onStudio() : setStep(1))}>{want === 'clusters' ? say('toStudio') : say('next')}</Button><Button onClick={onClose}>{ui('cancel')}</Button></div>
          </>
        ) : <Questions want={want as Exclude<Want, 'clusters'>} taken={taken} onBack={() => setStep(0)} onDone={onDone} />}
      </div>
    </Modal>
  );
}

function Questions({ want, taken, onBack, onDone }: { want: Exclude<Want, 'clusters'>; taken: string[]; onBack: () => void; onDone: Props['onDone'] }) {
  const say = usePredictionWords();
  const ui = useUi();
  const lang = useLang();
  const kinds = useCatalogue()?.kinds ?? [];
  const [answers, setAnswers] = useState(() => answersOf(want));
  const [name, setName] = useState(() => freeName(nameOf(want), taken));
  const trimmed = name.trim();
  const wrong = !trimmed ? ui('nameEmpty') : /^\d+$/.test(trimmed) ? ui('nameDigits') : taken.includes(trimmed) ? ui('nameTaken') : null;
  const put = (next: Partial<typeof answers>) => setAnswers({ ...answers, ...next });
  const money = want === 'value' || want === 'contract';
  const event = want === 'contract' ? say('terms') : want === 'value' ? say('purchases') : want === 'churn' ? say('purchases') : say('event');
  return (
    <Form layout="vertical" onFinish={() => { if (!wrong) onDone(trimmed, predictionOf(want, answers)); }}>
      {want === 'value' && <Alert type="info" showIcon title={say('contractWarn')} style={{ marginBottom: 10 }} />}
      <Form.Item label={event}><Select aria-label={event} value={answers.event ?? ''} onChange={(value) => put({ event: value || undefined })} options={[{ value: '', label: say('anySpend') }, ...kinds.map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) }))]} /></Form.Item>
      <div className="two">
        {want === 'contract' && <Form.Item label={say('term')}><SpanInput label={say('term')} value={answers.term} onChange={(term) => put({ term })} /></Form.Item>}
        <Form.Item label={want === 'churn' ? say('churnMeans') : want === 'happens' ? say('happensWithin') : say('horizon')}><SpanInput label={say('horizon')} value={answers.horizon} onChange={(horizon) => put({ horizon })} /></Form.Item>
        {money && <Form.Item label={say('margin')}><Percent label={say('margin')} value={answers.margin} placeholder={100} onChange={(margin) => put({ margin })} /><div className="faint small hint">{say('marginHint')}</div></Form.Item>}
        {money && <Form.Item label={say('discount')}><Percent label={say('discount')} value={answers.discount} placeholder={10} onChange={(discount) => put({ discount })} /><div className="faint small hint">{say('discountHint')}</div></Form.Item>}
        <Form.Item label={ui('name')} htmlFor="prediction-name" validateStatus={wrong ? 'error' : undefined} help={wrong ?? say('nameHint')}><Input id="prediction-name" value={name} onChange={(event) => setName(event.target.value)} /></Form.Item>
      </div>
      <p className="faint small">{say('publishNext')}</p>
      <div className="row"><Button type="primary" htmlType="submit" disabled={!!wrong}>{say('create')}</Button><Button onClick={onBack}>{say('back')}</Button></div>
    </Form>
  );
}

/** A share of one, written in percent; empty is left out. */
export function Percent({ label, value, placeholder, onChange, max = 100 }: { label: string; value: number | null | undefined; placeholder: number; onChange: (value: number | null) => void; max?: number }) {
  return <InputNumber aria-label={label} style={{ width: 120 }} min={0} max={max} suffix="%" placeholder={String(placeholder)} value={value === null || value === undefined ? null : Number((value * 100).toPrecision(10))} onChange={(next) => onChange(next === null ? null : Number((next / 100).toPrecision(10)))} />;
}
