import { CopyOutlined, DeleteOutlined } from '@ant-design/icons';
import { App, Button, Form, Select, Skeleton, Spin, Tabs } from 'antd';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { SegmentPreview, SegmentSample } from '../../shared/api/later';
import type { Segment } from '../../shared/api/document';
import type { ApiError } from '../../shared/api/error';
import { sendTo } from '../../shared/api/hooks';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { useCatalogue, valuesOf } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { identityOf } from '../../shared/draft/identity';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { useDebounced } from '../../shared/ui/debounce';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Findings, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded, Trouble } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useSegmentWords } from './words';

export default function SegmentEditor() {
  const say = useSegmentWords();
  const ui = useUi();
  const format = useFormat();
  const { modal } = App.useApp();
  const may = useMay();
  const navigate = useNavigate();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document, set, findings } = useDraft();
  const [copying, copy] = useState(false);
  const segment = document?.segments?.[name];
  const settled = useDebounced(document, 250);
  const wanted = settled?.segments?.[name];
  const asked = settled && wanted ? { document: settled, base: wanted.base, where: wanted.where } : null;
  const preview = useQuery<SegmentPreview, ApiError>({
    queryKey: ['preview/segment', name, identityOf(settled)], enabled: asked !== null && !isEmpty(asked.where), placeholderData: keepPreviousData,
    queryFn: ({ signal }) => sendTo('post', '/preview/segment', { body: asked! }, signal),
  });
  if (!document) return <Page title={name}><Loaded query={query}>{() => <Skeleton active />}</Loaded></Page>;
  if (!segment) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/segments">{say('title')}</Link></Empty></Page>;
  const put = (key: keyof Segment, value: unknown) => set(['segments', name, key], value);
  const title = textOf(segment.title, name, format.lang);
  const remove = () => {
    const uses = usesOf(document, name).filter((use) => !(use.kind === 'segment' && use.name === name));
    if (uses.length > 0) modal.info({ title: say('removeUsed'), content: <ul>{uses.map((use) => <li key={use.kind + use.name}>{textOf(use.title, use.name, format.lang)}</li>)}</ul>, okText: ui('close') });
    else modal.confirm({ title: say('removeTitle', { name: title }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set(['segments', name], undefined); void navigate({ to: '/segments' }); } });
  };
  const bases = [{ value: 'everyone', label: say('everyone') }, ...Object.entries(document.segments ?? {}).filter(([own]) => own !== name).map(([value, one]) => ({ value, label: textOf(one.title, value, format.lang) }))];
  const data = isEmpty(segment.where) ? undefined : preview.data;
  return (
    <Page wide title={title} lead={<code>{name}</code>} actions={<><Link to="/customers" search={{ segment: name }}>{say('customers')}</Link>{may('edit_models') && <><Button icon={<CopyOutlined />} onClick={() => copy(true)}>{say('duplicate')}</Button><Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button></>}</>}>
      <DraftBar />
      <Findings findings={findings} path={`segments.${name}`} />
      <div className="editor-split">
        <Editable><div className="stack">
          <Panel title={say('base')}>
            <div className="row"><Select aria-label={say('base')} style={{ minWidth: 240 }} value={segment.base} onChange={(base) => put('base', base)} options={bases} /><span className="faint small">{say('baseHint')}</span></div>
          </Panel>
          <Panel title={say('condition')}><ConditionBuilder label={say('condition')} value={segment.where} onChange={(where) => put('where', where ?? { all: [] })} /></Panel>
          <Panel title={say('names')}><Form layout="vertical"><TextFields value={segment.title} onChange={(text) => put('title', text)} /><TextFields label={ui('description')} area value={segment.description} onChange={(text) => put('description', text)} /></Form></Panel>
        </div></Editable>
        <div className="editor-side">
          <Panel title={say('count')} extra={preview.isFetching ? <span className="small faint" role="status"><Spin size="small" /> {say('computing')}</span> : data && <span className="faint small">{say('exact')} · {format.seconds(data.seconds)}</span>}>
            {preview.error && <Trouble error={preview.error} />}
            {data ? (
              <div className="stack" role="status">
                <span className="figure-value">{format.count(data.count)}</span>
                <span className="faint">{say('of', { n: format.count(data.base_count), share: format.percent(data.share) })}</span>
                <div className="strip"><span style={{ width: `${data.share * 100}%`, background: 'var(--accent)' }} /><span style={{ flex: 1, background: 'var(--line)' }} /></div>
              </div>
            ) : !preview.error && <p className="faint">{say('nothing')}</p>}
          </Panel>
          {data && <Panel title={say('inWords')}><p className="words">{data.words[format.lang]}</p></Panel>}
          {data && <Panel flush><div style={{ padding: '0 14px' }}><Tabs items={[
            { key: 'in', label: say('inside'), children: <Samples rows={data.inside} empty={say('nobodyIn')} /> },
            { key: 'out', label: say('outside'), children: <Samples rows={data.outside} empty={say('nobodyOut')} fails={say('fails')} /> },
          ]} /></div></Panel>}
        </div>
      </div>
      <AskName open={copying} title={say('duplicate')} taken={Object.keys(document.segments ?? {})} onClose={() => copy(false)} onDone={(next) => { copy(false); set(['segments', next], { ...segment, title: undefined }); void navigate({ to: '/segments/$name', params: { name: next } }); }} />
    </Page>
  );
}

function isEmpty(where: Segment['where'] | undefined) {
  return where === undefined || where === '' || (typeof where === 'object' && (where.all?.length === 0 || where.any?.length === 0));
}

function Samples({ rows, empty, fails }: { rows: SegmentSample[]; empty: string; fails?: string }) {
  const format = useFormat();
  const catalogue = useCatalogue();
  const titleOf = (name: string) => textOf([...valuesOf(catalogue), ...(catalogue?.tiers ?? []), ...(catalogue?.segments ?? []), ...(catalogue?.groupings ?? [])].find((one) => one.name === name)?.title, name, format.lang);
  if (rows.length === 0) return <p className="faint">{empty}</p>;
  return (
    <table className="table small"><tbody>{rows.map((row) => (
      <tr key={row.customer}>
        <th scope="row"><Link to="/customers/$customer" params={{ customer: row.customer }}>{row.label}</Link></th>
        <td className="faint">{fails && row.fails ? `${fails}: ${row.fails[format.lang]}` : row.values?.map((one) => `${titleOf(one.name)} ${format.value(one.value)}`).join(' · ')}</td>
      </tr>
    ))}</tbody></table>
  );
}
