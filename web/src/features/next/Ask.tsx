import { ShoppingCartOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, InputNumber, Select } from 'antd';
import type { Next } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { SpanInput } from '../../shared/condition/SpanInput';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { SEPARATORS } from '../../shared/format/list';
import { Panel } from '../../shared/ui/page';
import { METHODS, USUAL, type Key } from './settings';
import { useNextWords } from './words';

/** An empty page sends this form as it stands. */
export const ASK = 'learn-next';

interface Props { values: Next; put: (key: Key, value: unknown) => void; onReset?: () => void; onLearn?: () => void; busy: boolean; waits: boolean; notes: string[] }
type Sql = 'item' | 'title' | 'where' | 'available' | 'refused';
type Figure = 'k' | 'stretches' | 'min_count' | 'max_items' | 'n_factors' | 'rounds' | 'ridge' | 'alpha' | 'seed';

/** How the lists are learned; every field may stay as the model has it. */
export function Ask({ values, put, onReset, onLearn, busy, waits, notes }: Props) {
  const say = useNextWords();
  const catalogue = useCatalogue();
  const sql = (key: Sql) => (
    <Form.Item key={key} className="grow" style={{ minWidth: 260 }} label={say(`f_${key}`)} tooltip={say(`f_${key}Hint`)}>
      <FormulaBox label={say(`f_${key}`)} value={values[key] ?? ''} onChange={(value) => put(key, value || undefined)} scope="event" catalogue={catalogue} placeholder={key === 'item' ? say('found') : undefined} />
    </Form.Item>
  );
  const figure = (key: Figure, min: number, max?: number, whole = true) => (
    <Form.Item key={key} label={say(`f_${key}`)}>
      <InputNumber aria-label={say(`f_${key}`)} min={min} max={max} {...(whole ? { precision: 0 } : {})} placeholder={String(USUAL[key])} style={{ width: 110 }} value={values[key] === undefined ? null : Number(values[key])} onChange={(value) => put(key, value ?? undefined)} />
    </Form.Item>
  );
  const tick = (key: 'again' | 'by_customer', hint?: string) => <Form.Item key={key} label={hint ? say(`f_${key}`) : ' '} tooltip={hint}><Checkbox aria-label={say(`f_${key}`)} checked={values[key] ?? USUAL[key]} onChange={(event) => put(key, event.target.checked)}>{hint ? say('yes') : say(`f_${key}`)}</Checkbox></Form.Item>;
  const confidence = values.min_confidence === undefined ? null : Number((100 * Number(values.min_confidence)).toPrecision(10));
  return (
    <Panel className="c7" title={say('ask')} extra={onReset && <Button size="small" onClick={onReset}>{say('reset')}</Button>}>
      <Form name={ASK} layout="vertical" className="ask-row" onFinish={() => { if (!waits) onLearn?.(); }}>
        {sql('item')}
        {figure('k', 1, 50)}
        <Form.Item label={say('f_method')}><Select aria-label={say('f_method')} style={{ width: 240 }} popupMatchSelectWidth={false} value={values.method ?? ''} onChange={(value) => put('method', value || undefined)} options={[{ value: '', label: say('best_method') }, ...METHODS.map((value) => ({ value, label: say(`m_${value}`) }))]} /></Form.Item>
        {tick('again')}
        {onLearn && <Form.Item label=" "><Button type="primary" htmlType="submit" icon={<ShoppingCartOutlined />} loading={busy} disabled={waits}>{say('run')}</Button></Form.Item>}
        <details className="more-settings"><summary>{say('more')}</summary><div className="ask-row">
          {sql('where')}
          {sql('title')}
          {sql('available')}
          {sql('refused')}
          <Form.Item className="grow" style={{ minWidth: 260 }} label={say('f_exclude')} tooltip={say('f_excludeHint')}><Select aria-label={say('f_exclude')} mode="tags" open={false} suffixIcon={null} tokenSeparators={SEPARATORS} value={values.exclude ?? []} onChange={(value: string[]) => put('exclude', value.length > 0 ? value : undefined)} /></Form.Item>
          <Form.Item label={say('f_history')}><div className="row">
            <Select aria-label={say('f_history')} style={{ width: 130 }} value={values.history === undefined ? 'all' : 'last'} onChange={(value) => put('history', value === 'all' ? undefined : '12 months')} options={[{ value: 'all', label: say('all_history') }, { value: 'last', label: say('last_history') }]} />
            {values.history !== undefined && <SpanInput label={say('last_history')} value={values.history} onChange={(value) => put('history', value)} />}
          </div></Form.Item>
          <Form.Item label={say('f_hold_out')}><SpanInput label={say('f_hold_out')} value={values.hold_out ?? USUAL.hold_out} onChange={(value) => put('hold_out', value)} /></Form.Item>
          {figure('stretches', 1, 24)}
          {tick('by_customer', say('f_by_customerHint'))}
          {figure('min_count', 1)}
          <Form.Item label={say('f_min_confidence')}><InputNumber aria-label={say('f_min_confidence')} min={0} max={100} suffix="%" placeholder={String(100 * USUAL.min_confidence)} style={{ width: 110 }} value={confidence} onChange={(value) => put('min_confidence', value === null ? undefined : Number((value / 100).toPrecision(10)))} /></Form.Item>
          <Form.Item label={say('f_max_left')}><Select aria-label={say('f_max_left')} style={{ width: 80 }} value={values.max_left ?? USUAL.max_left} onChange={(value) => put('max_left', value)} options={[1, 2].map((value) => ({ value, label: String(value) }))} /></Form.Item>
          {figure('max_items', 2, 20_000)}
          {figure('n_factors', 1, 128)}
          {figure('rounds', 1, 100)}
          {figure('ridge', 0.000001, undefined, false)}
          {figure('alpha', 0.000001, undefined, false)}
          {figure('seed', 0)}
        </div></details>
      </Form>
      {notes.map((note) => <p key={note} className="warn small">{note}</p>)}
    </Panel>
  );
}
