import { AutoComplete, Checkbox, Form, Input, Select } from 'antd';
import type { SourceDocument } from '../../shared/api/document';
import type { UploadPreview } from '../../shared/api/later';
import { set, get, type Path } from '../../shared/draft/path';
import { TextFields } from '../../shared/ui/parts';
import { useImportWords } from './words';

const ROWS = ['time', 'kind', 'order', 'amount', 'quantity', 'event_id'] as const;
const ID_KINDS = ['id', 'phone', 'email'];

/** The mapping as a table of meanings; what the table does not show stays in the document as it is. */
export function Mapping({ source, name, onName, onChange, preview }: { source: SourceDocument; name: string; onName: (name: string) => void; onChange: (source: SourceDocument) => void; preview: Pick<UploadPreview, 'columns'> }) {
  const say = useImportWords();
  const options = preview.columns.map((column) => ({ value: column }));
  const put = (path: Path, value: unknown) => onChange(set(source, path, value === '' ? undefined : value));
  const identities = (source.mapping?.identity as { kind: string; value: string }[] | undefined) ?? [];
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
        <div className="two">
          <Form.Item label={say('sourceName')} htmlFor="source-name" required><Input id="source-name" value={name} onChange={(event) => onName(event.target.value)} /></Form.Item>
          <Form.Item label={say('idKind')}><Select aria-label={say('idKind')} value={identities[0]?.kind ?? 'id'} options={ID_KINDS.map((kind) => ({ value: kind }))} onChange={(kind) => put(['mapping', 'identity'], [{ ...(identities[0] ?? { value: '' }), kind }, ...identities.slice(1)])} /></Form.Item>
        </div>
        <TextFields value={source.title} onChange={(title) => put(['title'], title)} />
      </Form>
      <table className="table fixed">
        <thead><tr><th scope="col">{say('meaning')}</th><th scope="col">{say('column')}</th></tr></thead>
        <tbody>
          {identities.length > 0 ? identities.map((one, index) => line(`${say('identity')} (${one.kind})`, ['mapping', 'identity', index, 'value'])) : line(say('identity'), ['mapping', 'identity', 0, 'value'])}
          {ROWS.map((key) => line(say(key), ['mapping', key]))}
          {line(say('spend'), ['mapping', 'line', 'spend'])}
          <tr><th scope="row">{say('fields')}</th><td><Select aria-label={say('fields')} mode="multiple" style={{ width: '100%' }} value={kept} options={options} onChange={keep} /></td></tr>
        </tbody>
      </table>
      <Checkbox checked={source.history === true} onChange={(event) => put(['history'], event.target.checked || undefined)}>{say('history')}</Checkbox>
    </div>
  );
}
