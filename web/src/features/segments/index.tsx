import { Button, Form, Radio, Select } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Condition, Grouping, Segment } from '../../shared/api/document';
import { useRead } from '../../shared/api/hooks';
import { sayCondition } from '../../shared/condition/say';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AddMenu, AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { BandsEditor } from './BandsEditor';
import { ListUpload, useListWords } from './ListUpload';
import { useSegmentWords } from './words';
import { useCatalogue, useFresh } from '../../shared/catalogue';

type Operation = 'union' | 'intersection' | 'difference';

export default function Segments() {
  const say = useSegmentWords();
  const listSay = useListWords();
  const ui = useUi();
  const format = useFormat();
  const { lang } = format;
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set, findings } = useDraft();
  const [bands, openBands] = useState<string | null>(null);
  const catalogue = useCatalogue();
  const summary = useRead('/summary', {}, { staleTime: 60_000 }).data;
  const fresh = useFresh(summary?.latest.as_of);
  const members = (name: string) => summary?.latest.segments.find((one) => one.members.name === name)?.members;
  const [asking, ask] = useState<'blank' | 'algebra' | 'bands' | 'list' | null>(null);
  const [operation, setOperation] = useState<Operation>('intersection');
  const [chosen, choose] = useState<string[]>([]);
  const segments = document?.segments ?? {};
  const groupings = Object.entries(document?.groupings ?? {});
  const open = (name: string) => void navigate({ to: '/segments/$name', params: { name } });
  const add = (name: string) => {
    if (asking === 'bands') {
      ask(null);
      const value = catalogue?.indicators.find((one) => one.type === 'decimal')?.name ?? '';
      set(['groupings', name], { base: 'everyone', kind: 'bands', value, cuts: [1] } satisfies Grouping);
      openBands(name);
      return;
    }
    const segment: Segment = asking === 'algebra' ? { base: 'everyone', where: combine(operation, chosen) } : { base: 'everyone', where: { all: [] } };
    ask(null);
    set(['segments', name], segment);
    open(name);
  };
  const onList = (list: string) => {
    ask(null);
    set(['segments', list], { base: 'everyone', title: { zh: list, en: list }, where: { in_list: list } });
    open(list);
  };
  const menu = may('edit_models') && <AddMenu label={say('add')} items={[{ key: 'blank', label: say('condition'), onClick: () => ask('blank') }, { key: 'algebra', label: say('algebra'), onClick: () => ask('algebra') }, { key: 'bands', label: say('addBands'), onClick: () => ask('bands') }, ...(may('import_data') ? [{ key: 'list', label: listSay('title'), onClick: () => ask('list') }] : [])]} />;
  return (
    <Page title={say('title')} lead={say('lead')} fresh={fresh} actions={menu}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(segments).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{may('edit_models') && <Button type="primary" onClick={() => ask('blank')}>{say('add')}</Button>}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(segments)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'base', title: say('base'), cell: ([, one]) => (one.base === 'everyone' ? say('everyone') : textOf(segments[one.base]?.title, one.base, lang)) },
              { key: 'words', title: say('condition'), cell: ([, one]) => <span className="faint">{sayCondition(one.where, lang, catalogue)}</span> },
              { key: 'who', title: say('count'), align: 'right', cell: ([name]) => { const own = members(name); return own ? <Link to="/customers" search={{ segment: name }}>{format.count(own.count)}</Link> : <span className="faint" title={say('notCounted')}>–</span>; } },
              { key: 'share', title: ui('share'), align: 'right', cell: ([name]) => { const own = members(name); return own ? format.percent(own.share) : ''; } },
            ]} />
          )}
        </Loaded>
      </Panel>
      {groupings.length > 0 && (
        <Panel title={say('groupings')} flush>
          <table className="table"><tbody>{groupings.map(([name, one]) => (
            <tr key={name}><th scope="row"><Title text={one.title} name={name} /></th><td>{say(one.kind)}</td><td className="faint">{listed([one.recency, one.frequency, one.monetary, one.value].filter((own): own is string => !!own).map((own) => textOf(document?.indicators?.[own]?.title, own, lang)), lang)}</td><td>{one.kind.startsWith('rfm') ? <Link to="/rfm">{ui('open')}</Link> : one.kind === 'bands' && <button type="button" className="linkish" onClick={() => openBands(name)}>{ui('open')}</button>}</td></tr>
          ))}</tbody></table>
        </Panel>
      )}
      {bands && document?.groupings?.[bands] && <BandsEditor name={bands} uses={usesOf(document, bands).filter((use) => use.name !== bands).map((use) => textOf(use.title, use.name, lang))} one={document.groupings[bands]} put={(next) => set(['groupings', bands], next)} findings={findings} onClose={() => openBands(null)} onRemove={() => { openBands(null); set(['groupings', bands], undefined); }} bases={Object.entries(segments).map(([value, one]) => ({ value, label: textOf(one.title, value, lang) }))} />}
      <AskName open={asking !== null && asking !== 'list'} title={asking === 'algebra' ? say('algebra') : asking === 'bands' ? say('addBands') : say('add')} taken={asking === 'bands' ? namesOf(document) : Object.keys(segments)} onDone={add} onClose={() => ask(null)}>
        {asking === 'algebra' && <>
          <Form.Item label={say('operation')}><Radio.Group value={operation} onChange={(event) => setOperation(event.target.value as Operation)} options={(['union', 'intersection', 'difference'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>
          <Form.Item label={say('pick')}><Select aria-label={say('pick')} mode="multiple" value={chosen} onChange={choose} options={Object.entries(segments).map(([value, one]) => ({ value, label: textOf(one.title, value, lang) }))} /></Form.Item>
        </>}
      </AskName>
      {asking === 'list' && <ListUpload taken={[...Object.keys(segments), ...(catalogue?.lists ?? []).map((one) => one.name)]} onClose={() => ask(null)} onDone={onList} />}
    </Page>
  );
}

/** Set algebra is a condition like any other, so it can be read, changed and explained like one. */
export function combine(operation: Operation, names: string[]): Condition {
  const parts = names.map((name): Condition => ({ in_segment: name }));
  if (operation === 'union') return { any: parts };
  if (operation === 'intersection') return { all: parts };
  return { all: parts.map((part, index) => (index === 0 ? part : { not: part })) };
}
