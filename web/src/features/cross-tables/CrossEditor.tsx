import { CaretDownOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, ConfigProvider, Form, Select, Space, Switch } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { CrossTable, TableInput, Undecided } from '../../shared/api/document';
import { isWord, useCatalogue, valuesOf } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { RemoveRule } from '../../shared/rules/RemoveRule';
import { RuleEffect } from '../../shared/rules/RuleEffect';
import { RuleFindings } from '../../shared/rules/RuleFindings';
import { TryPanel } from '../../shared/rules/TryPanel';
import { useRuleLook } from '../../shared/rules/useRuleLook';
import type { Area } from '../../shared/sheet/clipboard';
import { outcomeOf, outcomeText } from '../../shared/sheet/notation';
import { Sheet, type SheetBody } from '../../shared/sheet/Sheet';
import { useSheetWords } from '../../shared/sheet/words';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Typed } from '../../shared/ui/Typed';
import { Axis } from './Axis';
import { depths, frameOf, insertBand, marksOf, moveBands, placeOf, put as putTexts, removeBands, spotOf, spotText, type Side } from './cross';
import { useCrossWords } from './words';

export default function CrossEditor() {
  const ui = useUi();
  const say = useCrossWords();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document } = useDraft();
  const table = document?.cross_tables?.[name];
  if (!document) return <Page title={name}><Loaded query={query}>{() => null}</Loaded></Page>;
  if (!table) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/cross-tables">{say('title')}</Link></Empty></Page>;
  return <Editor key={name} name={name} table={table} />;
}

function Editor({ name, table }: { name: string; table: CrossTable }) {
  const say = useCrossWords();
  const sheetSay = useSheetWords();
  const ui = useUi();
  const format = useFormat();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { document, set, findings } = useDraft();
  const catalogue = useCatalogue();
  const look = useRuleLook(name);
  const [titled, setTitled] = useState(() => [...table.rows.bands, ...table.columns.bands].some((band) => band.title));
  const frame = useMemo(() => frameOf(table, titled), [table, titled]);
  const [area, setArea] = useState<Area>({ top: frame.above, bottom: frame.above, left: frame.left, right: frame.left });
  const path = `cross_tables.${name}`;
  const put = (next: CrossTable) => { if (next !== table) set(['cross_tables', name], next); };
  /** A change that is undone by itself, unlike what one types letter by letter. */
  const step = (next: CrossTable) => { draft.apart(); put(next); };
  const known = (value: string) => [...valuesOf(catalogue), ...(catalogue?.rules ?? [])].find((one) => one.name === value);
  const titleOf = (own: TableInput | null | undefined, key: string) => textOf(own?.title, textOf(known(own?.value ?? key)?.title, key, format.lang), format.lang);
  const inputs = (side: Side) => Object.entries(table[side].inputs);
  const isText = (side: Side, at: number) => {
    const [key, own] = inputs(side)[at] ?? ['', null];
    return isWord(catalogue, own?.value ?? key);
  };
  const n = { rows: frame.above + table.rows.bands.length, columns: frame.left + table.columns.bands.length };
  const depth = useMemo(() => depths(table), [table]);
  const marks = useMemo(() => marksOf(findings, path, frame, format.lang), [findings, path, frame, format.lang]);
  const others = findings.filter((one) => one.path === path || (one.path?.startsWith(`${path}.`) && !placeOf(one.path, frame)));
  const marked = [...marks.keys()].sort((a, b) => a - b);
  const shown: Area = { top: Math.min(area.top, n.rows - 1), bottom: Math.min(area.bottom, n.rows - 1), left: Math.min(area.left, n.columns - 1), right: Math.min(area.right, n.columns - 1) };
  const bands: Record<Side, [number, number]> = { rows: [shown.top - frame.above, shown.bottom - frame.above], columns: [shown.left - frame.left, shown.right - frame.left] };
  const goTo = (row: number, column: number) => setArea({ top: row, bottom: row, left: column, right: column });
  const toPath = (of: string) => { const place = placeOf(of, frame); if (place) goTo(place.row, place.column); };
  const toNextMark = () => { const row = marked.find((one) => one > shown.top) ?? marked[0]!; goTo(row, marks.get(row)![0]!.column ?? frame.left); };
  const here = findings.filter((one) => { const place = one.path?.startsWith(`${path}.`) ? placeOf(one.path, frame) : null; return place?.row === shown.top && place.column === shown.left; });

  /** Which sides a text looks at stands in the corner, beside the conditions that it heads. */
  const corner = (row: number, column: number) => {
    if (spotOf(frame, row, column).kind !== 'corner') return undefined;
    const first = titled ? 1 : 0;
    if (column !== frame.left - 1) return '';
    return row < first ? say('bandTitle') : titleOf(inputs('columns')[row - first]?.[1], inputs('columns')[row - first]?.[0] ?? '');
  };
  const column = (at: number): SheetBody['columns'][number] => {
    const first = titled ? 1 : 0;
    if (at < first) return { name: say('bandTitle'), kind: 'when', width: 120, head: <Head note={say('rows')} text={say('bandTitle')} /> };
    if (at < frame.left) { const [key, own] = inputs('rows')[at - first]!; return { name: titleOf(own, key), kind: 'when', width: 150, head: <Head note={say('rows')} text={titleOf(own, key)} /> }; }
    const text = say('band', { n: at - frame.left + 1 });
    return { name: text, kind: 'then', width: 116, head: <Head note={textOf(table.columns.bands[at - frame.left]?.title, '', format.lang)} text={text} /> };
  };
  const body: SheetBody = {
    rows: n.rows,
    columns: Array.from({ length: n.columns }, (_, at) => column(at)),
    text: (row, at) => spotText(table, spotOf(frame, row, at), format.lang),
    put: (top, left, texts) => {
      const next = putTexts(table, frame, top, left, texts, format.lang, isText);
      if (next.rows.bands.length > 500 || next.columns.bands.length > 200) void message.warning(sheetSay('tooMany', { n: 500 }));
      else put(next);
    },
    grow: (row, at, text) => put(insertBand(putTexts(table, frame, row, at, [[text]], format.lang, isText), 'rows', table.rows.bands.length)),
    move: (from, to, by) => { const next = moveBands(table, 'rows', from - frame.above, to - frame.above, by); put(next); return next !== table; },
    empty: corner,
  };
  const cellPath = (row: number, at: number) => `${path}.cells[${row - frame.above}][${at - frame.left}]`;
  const isCell = (row: number, at: number) => row >= frame.above && at >= frame.left;
  const tint = (row: number, at: number) => {
    const deep = isCell(row, at) ? depth(row - frame.above, at - frame.left) : undefined;
    return deep === undefined ? undefined : `color-mix(in srgb, var(--ochre) ${Math.round(4 + deep * 26)}%, var(--card))`;
  };
  const note = (row: number, at: number) => { const count = isCell(row, at) ? look.counts.get(cellPath(row, at)) : undefined; return count === undefined ? null : format.short(count); };
  const side = (of: Side, insert: 'insertRow' | 'insertColumn', gone: 'removeRows' | 'removeColumns', back: 'up' | 'left', on: 'down' | 'right') => {
    const [from, to] = bands[of];
    const inside = from >= 0;
    const move = (by: -1 | 1) => {
      const next = moveBands(table, of, from, to, by);
      if (next === table) return;
      step(next);
      setArea(of === 'rows' ? { ...shown, top: shown.top + by, bottom: shown.bottom + by } : { ...shown, left: shown.left + by, right: shown.right + by });
    };
    return <>
      <Button size="small" disabled={!inside || undefined} onClick={() => step(insertBand(table, of, from))}>{say(insert)}</Button>
      <Button size="small" disabled={!inside || to - from + 1 >= table[of].bands.length || undefined} icon={<DeleteOutlined />} onClick={() => step(removeBands(table, of, from, to))}>{say(gone)}</Button>
      <Button size="small" disabled={!inside || from === 0 || undefined} onClick={() => move(-1)}>{say(back)}</Button>
      <Button size="small" disabled={!inside || to >= table[of].bands.length - 1 || undefined} onClick={() => move(1)}>{say(on)}</Button>
    </>;
  };
  return (
    <Page wide title={textOf(table.title, name, format.lang)} lead={<code>{name}</code>} actions={<RemoveRule name={name} title={table.title} section="cross_tables" say={say} onDone={() => void navigate({ to: '/cross-tables' })} />}>
      <DraftBar />
      <RuleFindings findings={others} look={look} limit={4} />
      <Editable>
        <Panel title={say('size', { rows: format.count(table.rows.bands.length), columns: format.count(table.columns.bands.length) })} flush extra={<>
          {marked.length > 0 && <ConfigProvider componentDisabled={false}><Button size="small" type="text" icon={<CaretDownOutlined />} onClick={toNextMark}>{say('marks', { n: format.count(marked.length) })}</Button></ConfigProvider>}
          <span className="faint small">{say('undecided')}</span><Select size="small" aria-label={say('undecided')} style={{ width: 180 }} value={table.undecided ?? 'unknown'} onChange={(undecided: Undecided) => { const next = { ...table, undecided }; if (undecided === 'unknown') delete (next as Partial<CrossTable>).undecided; put(next); }} options={(['unknown', 'does_not_hold'] as const).map((value) => ({ value, label: say(value) }))} popupMatchSelectWidth={false} />
          <label className="row small"><Switch size="small" aria-label={say('titles')} checked={titled} onChange={setTitled} />{say('titles')}</label>
        </>}>
          <div className="sheet-tools"><Space size={6} wrap>
            <Button size="small" icon={<PlusOutlined />} onClick={() => { step(insertBand(table, 'rows', table.rows.bands.length)); goTo(n.rows, frame.left - 1); }}>{say('addRow')}</Button>
            <Button size="small" icon={<PlusOutlined />} onClick={() => { step(insertBand(table, 'columns', table.columns.bands.length)); goTo(frame.above - 1, n.columns); }}>{say('addColumn')}</Button>
            {side('rows', 'insertRow', 'removeRows', 'up', 'down')}
            {side('columns', 'insertColumn', 'removeColumns', 'left', 'right')}
          </Space></div>
          <Sheet
            label={textOf(table.title, name, format.lang)} body={body} marks={marks} area={shown} onArea={setArea} rowHead={(row) => (row < frame.above ? '' : row - frame.above + 1)}
            note={note} tint={tint} fires={(row, at) => isCell(row, at) && look.met.has(cellPath(row, at))}
          />
          <p className="table-foot"><span>{sheetSay('help')}</span><span>{say('notation')}</span></p>
        </Panel>
        {here.length > 0 && <section className="stack" aria-label={say('here')}><h2 className="sub">{say('here')}</h2><RuleFindings findings={here} look={look} /></section>}
        <div className="cols"><div className="c6"><TryPanel look={look} onShow={toPath} /></div><div className="c6"><RuleEffect look={look} name={name} document={document!} /></div></div>
        <Panel title={say('axes')}>
          <div className="cols"><div className="c6"><Axis side="rows" table={table} put={put} titleOf={titleOf} /></div><div className="c6"><Axis side="columns" table={table} put={put} titleOf={titleOf} /></div></div>
        </Panel>
        <Panel title={say('names')}>
          <Form layout="vertical">
            <Form.Item label={`${say('otherwise')} (${say('otherwiseHint')})`}><Typed aria-label={say('otherwise')} style={{ maxWidth: 260 }} value={outcomeText(table.otherwise)} onChange={(text) => put(without({ ...table, otherwise: text === '' ? undefined : outcomeOf(text) }))} /></Form.Item>
            <TextFields value={table.title} onChange={(title) => put(without({ ...table, title }))} />
            <TextFields label={ui('description')} area value={table.description} onChange={(description) => put(without({ ...table, description }))} />
          </Form>
        </Panel>
      </Editable>
    </Page>
  );
}

const without = (table: CrossTable): CrossTable => Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined)) as unknown as CrossTable;

function Head({ note, text }: { note: string; text: string }) {
  return <><span className="faint small" title={note}>{note}</span><span title={text}>{text}</span></>;
}
