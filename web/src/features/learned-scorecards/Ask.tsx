import { BulbOutlined } from '@ant-design/icons';
import { Button, Form, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useSend } from '../../shared/api/hooks';
import type { LearnScorecard, ScorecardOptions, Training, TrendAsked } from '../../shared/api/learned';
import { useModelInForce } from '../../shared/catalogue';
import { SpanInput } from '../../shared/condition/SpanInput';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useMay } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { Findings } from '../../shared/ui/parts';
import { outcomesOf } from './outcomes';
import { useLearnedWords } from './words';

/** What is learned, from what and about whom; every field may stay as it is. An empty page sends this form as it stands. */
export const ASK = 'learn-scorecard';
const TRENDS = ['auto', 'rising', 'falling', 'peak', 'valley', 'any'] as const;
/** With what stands for them where nobody says otherwise. */
const SCALING = [['base_score', '600'], ['base_odds', '1'], ['points_to_double', '50']] as const;

export function Ask({ onStarted }: { onStarted: (job: string) => void }) {
  const say = useLearnedWords();
  const may = useMay();
  const { document: edited } = useDraft();
  const inForce = useModelInForce();
  const model = inForce ?? edited;
  const outcomes = outcomesOf(model, say);
  const [outcome, setOutcome] = useState<string>();
  const [horizon, setHorizon] = useState('90 days');
  const [dates, setDates] = useState(6);
  const [base, setBase] = useState('everyone');
  const [features, setFeatures] = useState<string[]>([]);
  const [without, setWithout] = useState<string[]>([]);
  const [options, setOptions] = useState<ScorecardOptions>({});
  const option = (key: keyof ScorecardOptions, value: number | TrendAsked | null | undefined) => setOptions(Object.fromEntries(Object.entries({ ...options, [key]: value ?? undefined }).filter(([, own]) => own !== undefined)));
  const send = useSend('post', '/learn/scorecard', { renews: ['/jobs'], onDone: (job) => onStarted(job.id) });
  const indicators = Object.entries(model?.indicators ?? {}).map(([value, one]) => ({ value, label: textOf(one.title, value) }));
  const segments = Object.entries(model?.segments ?? {}).map(([value, one]) => ({ value, label: textOf(one.title, value) }));
  const chosen = outcome ?? outcomes[0]?.value;
  const start = () => {
    const training: Training = { horizon, dates };
    if (chosen) training.outcome = chosen;
    if (base !== 'everyone') training.base = base;
    if (features.length) training.features = features;
    else if (without.length) training.without = without;
    send.mutate({ body: { ...training, ...(Object.keys(options).length ? { options } : {}) } as LearnScorecard as never });
  };
  const several = { mode: 'multiple', maxTagCount: 'responsive', optionFilterProp: 'label', showSearch: true, options: indicators } as const;
  return (
    <Panel>
      <Form name={ASK} layout="vertical" className="ask-row" onFinish={start}>
        <Form.Item label={say('outcome')} tooltip={say('outcomeHelp')}><Select aria-label={say('outcome')} style={{ width: 270 }} popupMatchSelectWidth={false} value={chosen} onChange={setOutcome} options={outcomes} /></Form.Item>
        <Form.Item label={say('horizon')} tooltip={say('horizonHelp')}><SpanInput label={say('horizon')} value={horizon} onChange={setHorizon} /></Form.Item>
        <Form.Item label={say('base')}><Select aria-label={say('base')} style={{ width: 150 }} value={base} onChange={setBase} options={[{ value: 'everyone', label: say('everyone') }, ...segments]} /></Form.Item>
        <Form.Item label={say('features')}><Select aria-label={say('features')} placeholder={say('allFeatures')} style={{ width: 200 }} value={features} onChange={setFeatures} {...several} /></Form.Item>
        <Form.Item label={say('without')}><Select aria-label={say('without')} placeholder={say('nothing')} style={{ width: 170 }} value={without} onChange={setWithout} {...several} disabled={features.length > 0} /></Form.Item>
        <Form.Item label={say('dates')} tooltip={say('datesHelp')}><InputNumber aria-label={say('dates')} min={1} max={24} precision={0} style={{ width: 76 }} value={dates} onChange={(value) => setDates(value ?? 6)} /></Form.Item>
        <Form.Item label=" "><Button type="primary" htmlType="submit" icon={<BulbOutlined />} disabled={!may('run_jobs')} loading={send.isPending}>{say('run')}</Button></Form.Item>
        <details className="more-settings"><summary>{say('more')}</summary><div className="ask-row">
          <Form.Item label={say('maxBins')}><InputNumber aria-label={say('maxBins')} min={2} max={50} precision={0} placeholder="6" style={{ width: 110 }} value={options.max_bins} onChange={(value) => option('max_bins', value)} /></Form.Item>
          <Form.Item label={say('trendAsked')}><Select aria-label={say('trendAsked')} style={{ width: 170 }} value={options.trend ?? 'auto'} onChange={(value) => option('trend', value === 'auto' ? undefined : value)} options={TRENDS.map((value) => ({ value, label: value === 'peak' || value === 'valley' ? say(value) : say(`t_${value}`) }))} /></Form.Item>
          <Form.Item label={say('maxAttributes')}><InputNumber aria-label={say('maxAttributes')} min={1} max={50} precision={0} placeholder="10" style={{ width: 110 }} value={options.max_attributes} onChange={(value) => option('max_attributes', value)} /></Form.Item>
          {SCALING.map(([key, usual]) => <Form.Item key={key} label={say(key)}><InputNumber aria-label={say(key)} min={0.01} placeholder={usual} style={{ width: 110 }} value={options[key]} onChange={(value) => option(key, value)} /></Form.Item>)}
        </div></details>
      </Form>
      {send.error && <><p className="bad" role="alert">{send.error.message}</p><Findings findings={send.error.problem.errors ?? []} limit={3} /></>}
    </Panel>
  );
}
