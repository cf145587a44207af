import { CaretDownOutlined, CopyOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, ConfigProvider, Form, Input, Select, Space, Switch } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Finding } from '../../shared/api/contract';
import type { TableHit } from '../../shared/api/document';
import { isWord, useCatalogue, valuesOf } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { sayCondition } from '../../shared/condition/say';
import { ExchangeOut } from '../../shared/rules/ExchangeOut';
import { RuleEffect } from '../../shared/rules/RuleEffect';
import { RuleFindings } from '../../shared/rules/RuleFindings';
import { TryPanel } from '../../shared/rules/TryPanel';
import { useRuleLook, type RuleLook } from '../../shared/rules/useRuleLook';
import type { Area } from '../../shared/sheet/clipboard';
import { Sheet, type SheetBody } from '../../shared/sheet/Sheet';
import { useSheetWords } from '../../shared/sheet/words';
import { cellText, columnsOf, emptyRow, find, insertRows, marksOf, moveRows, padded, placeOf, put as putCells, removeRows, shortRows, type Table } from './cells';
import { TableColumns } from './TableColumns';
import { useTableWords } from './words';

export const HITS: TableHit[] = ['unique', 'any', 'priority', 'first', 'rule_order', 'output_order', 'collect', 'collect_sum', 'collect_min', 'collect_max', 'collect_count'];

export default function TableEditor() {
  const ui = useUi();
  const say = useTableWords();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document } = useDraft();
  const table = document?.decision_tables?.[name];
  if (!document) return <Page title={name}><Loaded query={query}>{() => null}</Loaded></Page>;
  if (!table) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/tables">{say('title')}</Link></Empty></Page>;
  return <Editor key={name} name={name} table={table} />;
}

function Editor({ name, table }: { name: string; table: Table }) {
  const say = useTableWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const { document, set, findings } = useDraft();
  const catalogue = useCatalogue();
  const sheetSay = useSheetWords();
  const look = useRuleLook(name);
  const [area, setArea] = useState<Area>({ top: 0, left: 0, bottom: 0, right: 0 });
  const [dated, setDated] = useState(() => table.rows.some((row) => row.from || row.until));
  const put = (next: Table) => set(['decision_tables', name], next);
  /** A change that is undone by itself, unlike what one types letter by letter. */
  const step = (next: Table) => { draft.apart(); put(next); };
  const path = `decision_tables.${name}`;
  const title = useCallback((own: { title?: Table['title']; value?: string } | undefined, key: string) => textOf(own?.title, textOf(valuesOf(catalogue).find((one) => one.name === (own?.value ?? key))?.title, key === 'result' ? say('result') : key, format.lang), format.lang), [catalogue, format.lang]); // eslint-disable-line
  // The columns' settings are not drawn anew while one only walks through the sheet.
  const latest = useRef(put);
  latest.current = put;
  const putColumns = useCallback((next: Table) => latest.current(next), []);
  const isText = (value: string) => isWord(catalogue, value);
  const columns = useMemo(() => columnsOf(table, dated, isText), [table, dated, catalogue]); // eslint-disable-line
  const names = columns.map((column) => (column.kind === 'when' ? title(table.inputs?.[column.name], column.name) : column.kind === 'then' ? title(table.outputs[column.name], column.name) : say(column.kind)));
  const marks = useMemo(() => marksOf(findings, path, columns, format.lang, table.rows), [findings, path, columns, format.lang]);
  const short = useMemo(() => shortRows(table), [table]);
  const others = findings.filter((one) => one.path === path || (one.path?.startsWith(`${path}.`) && !placeOf(one.path)));
  const marked = [...marks.keys()].sort((a, b) => a - b);
  // After rows were taken out or undone, what was chosen may lie beyond the end.
  const shown: Area = { ...area, top: clamp(area.top, table.rows.length), bottom: clamp(area.bottom, table.rows.length), left: clamp(area.left, columns.length), right: clamp(area.right, columns.length) };
  const toRow = (row: number, column = 0) => setArea({ top: row, bottom: row, left: column, right: column });
  const toPath = (of: string) => { const place = placeOf(of); if (place) toRow(place.row); };
  const toNextMark = () => {
    const row = marked.find((one) => one > shown.top) ?? marked[0]!;
    toRow(row, marks.get(row)![0]!.column);
  };
  const rowPath = (row: number) => `${path}.rows[${row}]`;
  const body: SheetBody = {
    rows: table.rows.length,
    columns: columns.map((column, index) => ({ name: names[index]!, kind: column.kind, width: column.kind === 'from' || column.kind === 'until' ? 108 : column.kind === 'then' ? 150 : 170, head: <Head title={names[index]!} note={column.kind === 'when' ? say('when') : column.kind === 'then' ? say('then') : ''} /> })),
    text: (row, column) => cellText(table.rows[row]!, columns[column]!),
    put: (top, left, texts) => put(putCells(table, columns, top, left, texts)),
    grow: (row, column, text) => { const next = putCells(table, columns, row, column, [[text]]); put(insertRows(next, next.rows.length, [emptyRow(next)])); },
    move: (from, to, by) => { const next = moveRows(table, from, to, by); if (next !== table) put(next); return next !== table; },
  };
  const also = (row: number) => (table.rows[row]?.if === undefined ? '' : say('condition', { what: sayCondition(table.rows[row]!.if, format.lang, catalogue) }));
  const toFound = (text: string) => {
    const found = find(table, columns, text, { row: shown.top, column: shown.left });
    if (found) setArea({ top: found.row, bottom: found.row, left: found.column, right: found.column });
    else if (text.trim()) void message.info(say('notFound', { what: text.trim() }));
  };
  const add = (at: number, rows = [emptyRow(table)]) => {
    step(insertRows(table, at, rows));
    setArea({ top: at, bottom: at + rows.length - 1, left: 0, right: rows.length > 1 ? columns.length - 1 : 0 });
  };
  const move = (by: -1 | 1) => {
    const next = moveRows(table, shown.top, shown.bottom, by);
    if (next === table) return;
    step(next);
    setArea({ ...shown, top: shown.top + by, bottom: shown.bottom + by });
  };
  const remove = () => {
    const uses = document ? usesOf(document, name) : [];
    if (uses.length > 0) modal.info({ title: say('removeUsed'), content: <ul>{uses.map((use) => <li key={use.kind + use.name}>{textOf(use.title, use.name, format.lang)}</li>)}</ul>, okText: ui('close') });
    else modal.confirm({ title: say('removeTitle', { name: textOf(table.title, name, format.lang) }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set(['decision_tables', name], undefined); void navigate({ to: '/tables' }); } });
  };
  return (
    <Page wide title={textOf(table.title, name, format.lang)} lead={<code>{name}</code>} actions={<><ExchangeOut name={name} format="dmn" />{may('edit_models') && <Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button>}</>}>
      <DraftBar />
      <RuleFindings findings={others} look={look} limit={4} />
      <Editable>
        <Panel title={say('rows', { n: format.count(table.rows.length) })} flush extra={<>
          {marked.length > 0 && <ConfigProvider componentDisabled={false}><Button size="small" type="text" icon={<CaretDownOutlined />} onClick={toNextMark}>{say('marks', { n: format.count(marked.length) })} · {say('nextMark')}</Button></ConfigProvider>}
          <span className="faint small">{say('hit')}</span><Select size="small" aria-label={say('hit')} style={{ width: 250 }} value={table.hit ?? 'unique'} onChange={(hit) => put({ ...table, hit })} options={HITS.map((value) => ({ value, label: say(value) }))} />
          <span className="faint small">{say('undecided')}</span><Select size="small" aria-label={say('undecided')} style={{ width: 180 }} value={table.undecided ?? 'unknown'} onChange={(undecided) => { const next = { ...table, undecided }; if (undecided === 'unknown') delete (next as Partial<Table>).undecided; put(next); }} options={(['unknown', 'does_not_hold'] as const).map((value) => ({ value, label: say(value) }))} popupMatchSelectWidth={false} />
          <label className="row small"><Switch size="small" aria-label={say('dates')} checked={dated} onChange={setDated} />{say('dates')}</label>
        </>}>
          <div className="sheet-tools">
            <Space size={6} wrap>
              <Button size="small" icon={<PlusOutlined />} onClick={() => add(table.rows.length)}>{say('addRow')}</Button>
              <Button size="small" onClick={() => add(shown.top)}>{say('insert')}</Button>
              <Button size="small" icon={<CopyOutlined />} disabled={table.rows.length === 0 || undefined} onClick={() => add(shown.bottom + 1, table.rows.slice(shown.top, shown.bottom + 1))}>{say('copyRow')}</Button>
              <Button size="small" icon={<DeleteOutlined />} disabled={table.rows.length === 0 || undefined} onClick={() => { step(removeRows(table, shown.top, shown.bottom)); setArea({ ...shown, bottom: shown.top }); }}>{say('removeRows')}</Button>
              <Button size="small" disabled={shown.top === 0 || undefined} onClick={() => move(-1)}>{say('up')}</Button>
              <Button size="small" disabled={shown.bottom >= table.rows.length - 1 || undefined} onClick={() => move(1)}>{say('down')}</Button>
              <ConfigProvider componentDisabled={false}><Input.Search size="small" aria-label={say('find')} placeholder={say('find')} style={{ width: 190 }} onSearch={toFound} /></ConfigProvider>
            </Space>
          </div>
          {short.length > 0 && <p className="sheet-said warn small" role="status">{say('short', { n: format.count(short.length), rows: listed(short.slice(0, 8).map((row) => format.count(row + 1)), format.lang) })}{short.length > 8 && ' …'} <button type="button" className="linkish" onClick={() => toRow(short.find((row) => row > shown.top) ?? short[0]!)}>{say('toShort')}</button> <button type="button" className="linkish" onClick={() => step(padded(table))}>{say('pad')}</button></p>}
          <Sheet
            label={textOf(table.title, name, format.lang)} body={body} marks={marks} area={shown} onArea={setArea} also={also}
            people={look.counts.size > 0 ? (row) => look.counts.get(rowPath(row)) : undefined} fires={(row) => look.met.has(rowPath(row))}
          />
          <p className="table-foot"><span>{sheetSay('help')}</span><span>{say('notation')}</span></p>
        </Panel>
        <RowFindings findings={findings} marks={marks} row={shown.top} path={path} look={look} title={say('row', { n: format.count(shown.top + 1) })} />
        <div className="cols"><div className="c6"><TryPanel look={look} onShow={toPath} /></div><div className="c6"><RuleEffect look={look} name={name} document={document!} /></div></div>
        <Panel title={say('columns')}><TableColumns table={table} put={putColumns} titleOf={title} /></Panel>
        <Panel title={say('names')}>
          <Form layout="vertical">
            <TextFields value={table.title} onChange={(next) => put(without({ ...table, title: next }))} />
            <TextFields label={ui('description')} area value={table.description} onChange={(next) => put(without({ ...table, description: next }))} />
          </Form>
        </Panel>
      </Editable>
    </Page>
  );
}

/** What is said of the row that one stands on, with its remedy and its counterexample. */
function RowFindings({ findings, marks, row, path, look, title }: { findings: Finding[]; marks: ReturnType<typeof marksOf>; row: number; path: string; look: RuleLook; title: string }) {
  if (!marks.has(row)) return null;
  const own = findings.filter((one) => one.path?.startsWith(`${path}.`) && placeOf(one.path)?.row === row);
  return <section aria-label={title} className="stack"><h2 className="sub">{title}</h2><RuleFindings findings={own} look={look} /></section>;
}

const clamp = (at: number, n: number) => Math.max(0, Math.min(n - 1, at));
const without = (table: Table): Table => Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined)) as unknown as Table;

function Head({ title, note }: { title: string; note: string }) {
  return <><span className="faint small">{note}</span><span title={title}>{title}</span></>;
}
