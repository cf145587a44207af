import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, Drawer, Form, Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import type { Condition } from '../../shared/api/document';
import { useSend } from '../../shared/api/hooks';
import { isWord, useCatalogue, valuesOf } from '../../shared/catalogue';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { useUi } from '../../shared/ui/words';
import type { Kpi, KpiTableData } from './Kpis';
import { useDashboardWords } from './words';

type Measure = 'sum' | 'mean' | 'median' | 'share';
interface Own { name: string; zh: string; en: string; unit: Kpi['unit']; measure: Measure; indicator?: string; where?: Condition }
interface Target { value: number | null; higher: boolean }

const UNITS = ['count', 'number', 'money', 'percent', 'days'] as const;
const MEASURES = ['sum', 'mean', 'median', 'share'] as const;

/** The operator's own KPIs and the targets of all: changed together, saved at once. */
export default function KpiEditor({ data, onClose }: { data: KpiTableData; onClose: () => void }) {
  const say = useDashboardWords();
  const ui = useUi();
  const format = useFormat();
  const { message } = App.useApp();
  const catalogue = useCatalogue('graded');
  const [own, setOwn] = useState<Own[]>(() => data.kpis.filter((kpi) => kpi.own).map((kpi) => ({ name: kpi.name, zh: kpi.title.zh, en: kpi.title.en, unit: kpi.unit, measure: kpi.own!.kind, indicator: kpi.own!.indicator ?? undefined, where: (kpi.own!.where ?? undefined) as unknown as Condition | undefined })));
  const [targets, setTargets] = useState<Record<string, Target>>(() => Object.fromEntries(data.kpis.filter((kpi) => kpi.target).map((kpi) => [kpi.name, { value: kpi.target!.value, higher: kpi.target!.higher_is_better }])));
  const put = useSend('put', '/kpis', { renews: ['/kpis'], onDone: () => { void message.success(say('kpisSaved')); onClose(); } });
  const change = (at: number, next: Partial<Own>) => setOwn(own.map((one, index) => (index === at ? { ...one, ...next } : one)));
  const standing = data.kpis.filter((kpi) => !kpi.own);
  const numbers = valuesOf(catalogue).filter((one) => !isWord(catalogue, one.name)).map((one) => ({ value: one.name, label: textOf(one.title, one.name) }));
  const add = () => {
    const taken = new Set([...data.kpis.map((kpi) => kpi.name), ...own.map((one) => one.name)]);
    let n = own.length + 1;
    while (taken.has(`kpi_${n}`)) n += 1;
    setOwn([...own, { name: `kpi_${n}`, zh: '', en: '', unit: 'number', measure: 'mean', indicator: numbers[0]?.value }]);
  };
  const save = () => {
    const known = new Set([...standing.map((kpi) => kpi.name), ...own.map((one) => one.name)]);
    put.mutate({ revision: data.revision, body: {
      // One language is enough: the other one says the same until somebody writes it.
      own: own.map((one) => ({ name: one.name, title: { zh: one.zh.trim() || one.en.trim(), en: one.en.trim() || one.zh.trim() }, unit: one.unit, measure: one.measure === 'share' ? { kind: 'share' as const, where: (one.where ?? { all: [] }) as never } : { kind: one.measure, indicator: one.indicator ?? '' } })),
      targets: Object.entries(targets).filter(([name, target]) => known.has(name) && target.value !== null).map(([name, target]) => ({ name, value: target.value!, higher_is_better: target.higher })),
    } });
  };
  const target = (name: string, unit: Kpi['unit'], title: string) => {
    const now = targets[name] ?? { value: null, higher: true };
    const scale = unit === 'percent' ? 100 : 1;
    const set = (next: Partial<Target>) => setTargets({ ...targets, [name]: { ...now, ...next } });
    return (
      <div className="row">
        <Select aria-label={`${title} ${say('direction')}`} style={{ width: 110 }} value={now.higher} onChange={(higher) => set({ higher })} options={[{ value: true, label: say('atLeast') }, { value: false, label: say('atMost') }]} />
        <InputNumber aria-label={`${title} ${say('target')}`} style={{ width: 130 }} value={now.value === null ? null : Number((now.value * scale).toPrecision(12))} placeholder={say('noTarget')} suffix={unit === 'percent' ? '%' : undefined} onChange={(value) => set({ value: value === null ? null : value / scale })} />
      </div>
    );
  };
  const faults = put.error?.problem.errors ?? [];
  const at = (index: number) => faults.filter((fault) => fault.path?.startsWith(`own[${index}]`));
  return (
    <Drawer open size="min(640px, 100vw)" title={say('editKpis')} onClose={onClose} extra={<Button type="primary" loading={put.isPending} onClick={save}>{ui('save')}</Button>}>
      <div className="stack">
        {put.error && <p className="bad" role="alert">{put.error.message}</p>}
        <h3>{say('ownKpis')}</h3>
        {own.length === 0 && <p className="faint">{say('ownKpisText')}</p>}
        {own.map((one, index) => {
          const title = (format.lang === 'zh' ? one.zh || one.en : one.en || one.zh) || one.name;
          return (
            <div className="panel" key={one.name}><div className="panel-body">
              <Form layout="vertical" component="div">
                <div className="two">
                  <Form.Item label={ui('titleZh')}><Input aria-label={`${title} ${ui('titleZh')}`} maxLength={80} value={one.zh} onChange={(event) => change(index, { zh: event.target.value })} /></Form.Item>
                  <Form.Item label={ui('titleEn')}><Input aria-label={`${title} ${ui('titleEn')}`} maxLength={80} value={one.en} onChange={(event) => change(index, { en: event.target.value })} /></Form.Item>
                  <Form.Item label={say('measureOf')}><Select aria-label={`${title} ${say('measureOf')}`} value={one.measure} onChange={(measure) => change(index, { measure, unit: measure === 'share' ? 'percent' : one.unit === 'percent' ? 'number' : one.unit })} options={MEASURES.map((value) => ({ value, label: say(`k_${value}`) }))} /></Form.Item>
                  {one.measure !== 'share' && <Form.Item label={say('ofIndicator')}><Select aria-label={`${title} ${say('ofIndicator')}`} showSearch optionFilterProp="label" value={one.indicator} onChange={(indicator) => change(index, { indicator })} options={numbers} /></Form.Item>}
                  <Form.Item label={say('unit')}><Select aria-label={`${title} ${say('unit')}`} value={one.unit} onChange={(unit) => change(index, { unit })} options={UNITS.map((value) => ({ value, label: say(`u_${value}`) }))} /></Form.Item>
                  <Form.Item label={say('target')}>{target(one.name, one.unit, title)}</Form.Item>
                </div>
                {one.measure === 'share' && <Form.Item label={say('whoFulfils')}><ConditionBuilder label={`${title} ${say('whoFulfils')}`} value={one.where} onChange={(where) => change(index, { where })} /></Form.Item>}
              </Form>
              {at(index).map((fault, n) => <p key={n} className="bad small" role="alert">{fault.message[format.lang]} {fault.hint[format.lang]}</p>)}
              <Button size="small" danger icon={<DeleteOutlined />} onClick={() => setOwn(own.filter((_, other) => other !== index))}>{ui('remove')}</Button>
            </div></div>
          );
        })}
        <Button icon={<PlusOutlined />} onClick={add}>{say('addKpi')}</Button>
        <h3>{say('standingKpis')}</h3>
        <table className="table"><tbody>{standing.map((kpi) => <tr key={kpi.name}><th scope="row">{kpi.title[format.lang]}<p className="faint small">{kpi.words[format.lang]}</p></th><td>{target(kpi.name, kpi.unit, kpi.title[format.lang])}</td></tr>)}</tbody></table>
      </div>
    </Drawer>
  );
}
