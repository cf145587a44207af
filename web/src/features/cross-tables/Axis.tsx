import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Select } from 'antd';
import type { CrossTable, TableInput } from '../../shared/api/document';
import { useCatalogue, valuesOf } from '../../shared/catalogue';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import { TextFields } from '../../shared/ui/parts';
import { addInput, removeInput, type Side } from './cross';
import { useCrossWords } from './words';

/** What the bands of one direction look at. */
export function Axis({ side, table, put, titleOf }: { side: Side; table: CrossTable; put: (next: CrossTable) => void; titleOf: (own: TableInput | null | undefined, key: string) => string }) {
  const say = useCrossWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const axis = table[side];
  const heading = say(side === 'rows' ? 'rowAxis' : 'columnAxis');
  const known = [...valuesOf(catalogue), ...(catalogue?.rules ?? [])].map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) }));
  const change = (key: string, next: TableInput) => put({ ...table, [side]: { ...axis, inputs: { ...axis.inputs, [key]: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) } } });
  return (
    <div className="stack">
      <h3 className="sub">{heading}</h3>
      {Object.entries(axis.inputs).map(([key, own]) => (
        <Form layout="vertical" key={key} className="column-form">
          <div className="spread"><b>{titleOf(own, key)} <code className="name">{key}</code></b><Button size="small" type="text" aria-label={say('removeInput', { name: titleOf(own, key) })} icon={<DeleteOutlined />} disabled={Object.keys(axis.inputs).length === 1 || undefined} onClick={() => put(removeInput(table, side, key))} /></div>
          <Form.Item label={say('value')}><FormulaBox label={`${key} ${say('value')}`} value={own?.value ?? key} onChange={(value) => change(key, { ...own, value: value === key ? undefined : value })} scope="customer" catalogue={catalogue} /></Form.Item>
          <TextFields value={own?.title} onChange={(title) => change(key, { ...own, title })} />
        </Form>
      ))}
      <Select aria-label={`${heading}: ${say('addInput')}`} placeholder={<><PlusOutlined /> {say('addInput')}</>} showSearch optionFilterProp="label" value={null} onChange={(value: string | null) => { if (value) put(addInput(table, side, value)); }} options={known} style={{ maxWidth: 320 }} />
    </div>
  );
}
