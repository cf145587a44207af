import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Select } from 'antd';
import { memo, useState } from 'react';
import type { Scalar, TableInput, TableOutput } from '../../shared/api/document';
import { useCatalogue, valuesOf } from '../../shared/catalogue';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import { AskName, TextFields } from '../../shared/ui/parts';
import { outcomeOf, outcomeText as written, testOf, testText } from '../../shared/sheet/notation';
import { Typed } from '../../shared/ui/Typed';
import { addInput, addOutput, removeColumn, type Table } from './cells';
import { useTableWords } from './words';

/** What each column of the sheet looks at or gives. */
export const TableColumns = memo(function TableColumns({ table, put, titleOf }: { table: Table; put: (next: Table) => void; titleOf: (own: TableInput | TableOutput | undefined, key: string) => string }) {
  const say = useTableWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const [asking, ask] = useState(false);
  const indicators = valuesOf(catalogue).map((one) => ({ value: one.name, label: textOf(one.title, one.name, lang) }));
  const input = (key: string, next: TableInput) => put({ ...table, inputs: { ...table.inputs, [key]: given(next) } });
  const output = (key: string, next: TableOutput) => put({ ...table, outputs: { ...table.outputs, [key]: given(next) } });
  const fresh = (value: string) => {
    // A column is called like what it looks at, until there are two of them.
    let key = value;
    for (let n = 2; key in (table.inputs ?? {}); n += 1) key = `${value}_${n}`;
    put(addInput(table, key, value));
  };
  return (
    <div className="cols">
      <div className="c6 stack">
        <h3 className="sub">{say('inputs')}</h3>
        {Object.entries(table.inputs ?? {}).map(([key, own]) => (
          <Form layout="vertical" key={key} className="column-form">
            <div className="spread"><b>{titleOf(own, key)} <code className="name">{key}</code></b><Button size="small" type="text" aria-label={say('removeColumn', { name: titleOf(own, key) })} icon={<DeleteOutlined />} onClick={() => put(removeColumn(table, 'when', key))} /></div>
            <Form.Item label={say('value')}><FormulaBox label={`${key} ${say('value')}`} value={own.value ?? key} onChange={(value) => input(key, { ...own, value: value === key ? undefined : value })} scope="customer" catalogue={catalogue} /></Form.Item>
            <Form.Item label={say('allowed')}><Typed aria-label={`${key} ${say('allowed')}`} value={own.allowed === undefined ? '' : testText(own.allowed)} onChange={(text) => input(key, { ...own, allowed: text === '' ? undefined : testOf(text) })} /></Form.Item>
            <TextFields value={own.title} onChange={(title) => input(key, { ...own, title })} />
          </Form>
        ))}
        <Select aria-label={say('addInput')} placeholder={<><PlusOutlined /> {say('addInput')}</>} showSearch optionFilterProp="label" value={null} onChange={(value: string | null) => { if (value) fresh(value); }} options={indicators} style={{ maxWidth: 320 }} />
      </div>
      <div className="c6 stack">
        <h3 className="sub">{say('outputs')}</h3>
        {Object.entries(table.outputs).map(([key, own]) => (
          <Form layout="vertical" key={key} className="column-form">
            <div className="spread"><b>{titleOf(own, key)} <code className="name">{key}</code></b><Button size="small" type="text" aria-label={say('removeColumn', { name: titleOf(own, key) })} icon={<DeleteOutlined />} disabled={Object.keys(table.outputs).length === 1 || undefined} onClick={() => put(removeColumn(table, 'then', key))} /></div>
            <Form.Item label={say('values')}><Select mode="tags" open={false} suffixIcon={null} aria-label={`${key} ${say('values')}`} value={(own.values ?? []).map(String)} onChange={(values: string[]) => output(key, { ...own, values: values.length ? values.map((one) => outcomeOf(one) as Scalar) : undefined })} /></Form.Item>
            <Form.Item label={say('otherwise')}><Typed aria-label={`${key} ${say('otherwise')}`} value={written(own.default)} onChange={(text) => output(key, { ...own, default: text === '' ? undefined : outcomeOf(text) })} /></Form.Item>
            <TextFields value={own.title} onChange={(title) => output(key, { ...own, title })} />
          </Form>
        ))}
        <Button style={{ alignSelf: 'flex-start' }} icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addOutput')}</Button>
      </div>
      <AskName open={asking} title={say('addOutput')} taken={Object.keys(table.outputs)} onClose={() => ask(false)} onDone={(key) => { ask(false); put(addOutput(table, key)); }} />
    </div>
  );
});

const given = <T extends object>(one: T): T => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as T;
