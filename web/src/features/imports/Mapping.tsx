import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { AutoComplete, Button, Checkbox, Form, Input, Select } from 'antd';
import type { SourceDocument } from '../../shared/api/document';
import type { UploadPreview } from '../../shared/api/later';
import { set, get, type Path } from '../../shared/draft/path';
import { TextFields } from '../../shared/ui/parts';
import { useImportWords } from './words';

const ROWS = ['time', 'kind', 'order', 'amount', 'quantity', 'event_id'] as const;
const ID_KINDS = ['id', 'phone', 'email'] as const;

interface Identity { kind: string; value: string }

/** The mapping as a table of meanings; what the table does not show stays in the document as it is. */
export function Mapping({ source, name, onName, onChange, preview }: { source: SourceDocument; name: string; onName: (name: string) => void; onChange: (source: SourceDocument) => void; preview: Pick<UploadPreview, 'columns'> }) {
  const say = useImportWords();
  const options = preview.columns.map((column) => ({ value: column }));
  const put = (path: Path, value: unknown) => onChange(set(source, path, value === '' ? undefined : value));
  const identities = (source.mapping?.identity as Identity[] | undefined) ?? [];
  // A row may say who it is about in several ways: all of them are then one customer's.
  const known: Identity[] = identities.length > 0 ? identities : [{ kind: 'id', value: '' }];
  const identify = (index: number, next: Identity) => {
    const all = known.map((one, at) => (at === index ? next : one));
    // Rows that identify nobody, such as receipts, have no identity at all.
    put(['mapping', 'identity'], all.some((one) => one.value) ? all : undefined);
  };
  const kinds = (own: string) => [...ID_KINDS.map((value) => ({ value: value as string, label: say(value === 'id' ? 'numberKind' : `${value}Kind`) })), ...((ID_KINDS as readonly string[]).includes(own) ? [] : [{ value: own, label: own }])];
  const fields = source.fields ?? {};
  const kept = Object.entries(fields).filter(([, field]) => preview.columns.includes(String(field.value ?? ''))).map(([, field]) => String(field.value));
  const keep = (columns: string[]) => {
    const next = Object.fromEntries(Object.entries(fields).filter(([, field]) => !preview.columns.includes(String(field.value ?? '')) || columns.includes(String(field.value))));
    for (const column of columns) if (!kept.includes(column)) next[column] = { type: 'text', value: column };
    put(['fields'], next);
  };
  const line = (label: string, path: Path) => (
    <tr key={label}>
      <th scope="row">{label}</th>
      <td><AutoComplete aria-label={label} style={{ width: '100%' }} allowClear placeholder={say('notMapped')} value={(get(source, path) as string) ?? ''} options={options} onChange={(value) => put(path, value)} /></td>
    </tr>
  );
  return (
    <div className="stack">
      <Form layout="vertical">
        <Form.Item label={say('sourceName')} htmlFor="source-name" required><Input id="source-name" value={name} onChange={(event) => onName(event.target.value)} /></Form.Item>
        <TextFields value={source.title} onChange={(title) => put(['title'], title)} />
      </Form>
      <table className="table fixed">
        <thead><tr><th scope="col">{say('meaning')}</th><th scope="col">{say('column')}</th></tr></thead>
        <tbody>
          {known.map((one, index) => (
            <tr key={`identity-${index}`}>
              <th scope="row"><span className="row">{say('identity')} <Select size="small" aria-label={`${say('idKind')} ${index + 1}`} style={{ minWidth: 110 }} value={one.kind} options={kinds(one.kind)} onChange={(kind) => identify(index, { ...one, kind })} /></span></th>
              <td><span className="row nowrap"><AutoComplete aria-label={`${say('identity')} ${index + 1}`} style={{ flex: 1 }} allowClear placeholder={say('notMapped')} value={one.value} options={options} onChange={(value) => identify(index, { ...one, value: value ?? '' })} />
                {known.length > 1 && <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={`${say('dropIdentity')} ${index + 1}`} onClick={() => put(['mapping', 'identity'], known.filter((_, at) => at !== index))} />}</span></td>
            </tr>
          ))}
          <tr><td /><td><Button size="small" icon={<PlusOutlined />} onClick={() => put(['mapping', 'identity'], [...known, { kind: ID_KINDS.find((kind) => !known.some((one) => one.kind === kind)) ?? 'id', value: '' }])}>{say('addIdentity')}</Button> <span className="faint small">{say('identityHint')}</span></td></tr>
          {ROWS.map((key) => line(say(key), ['mapping', key]))}
          {line(say('spend'), ['mapping', 'line', 'spend'])}
          <tr><th scope="row">{say('fields')}</th><td translate="no"><Select aria-label={say('fields')} mode="multiple" style={{ width: '100%' }} value={kept} options={options} onChange={keep} /></td></tr>
        </tbody>
      </table>
      <Checkbox checked={source.history === true} onChange={(event) => put(['history'], event.target.checked || undefined)}>{say('history')}</Checkbox>
    </div>
  );
}
