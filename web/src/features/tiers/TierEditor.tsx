import { CopyOutlined, DeleteOutlined } from '@ant-design/icons';
import { App, Button, Form, Select, Skeleton, Space, Spin } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { TierScheme } from '../../shared/api/document';
import { CutsDistribution } from '../../shared/chart/CutsDistribution';
import { CutsHelper } from '../../shared/cuts/CutsHelper';
import { SankeyMigration } from '../../shared/chart/SankeyMigration';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { TierEffect } from '../../shared/preview/TierEffect';
import { useModelPreview } from '../../shared/preview/useModelPreview';
import { useOpen } from '../../shared/useOpen';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Findings, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded, Trouble } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Flapping } from './Flapping';
import { KeepRules } from './KeepRules';
import { Levels } from './Levels';
import { settled } from './policy';
import { sentences, useSaid } from './said';
import { useTierWords } from './words';
import { useCatalogue } from '../../shared/catalogue';


export default function TierEditor() {
  const [copying, copy] = useState(false);
  const said = useSaid();
  const say = useTierWords();
  const ui = useUi();
  const format = useFormat();
  const { modal } = App.useApp();
  const may = useMay();
  const navigate = useNavigate();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document, set, findings } = useDraft();
  const catalogue = useCatalogue();
  const open = useOpen();
  const scheme = document?.tiers?.[name];
  const preview = useModelPreview(document, { scheme: name, scorecard: scheme?.by }, !!scheme);
  if (!document) return <Page title={name}><Loaded query={query}>{() => <Skeleton active />}</Loaded></Page>;
  if (!scheme) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/tiers">{say('title')}</Link></Empty></Page>;
  /** One rule may need another: a scheme that begins to remember gets the day from which on it does. */
  const put = (change: Partial<TierScheme>) => {
    const wanted = Object.fromEntries(Object.entries({ ...scheme, ...change }).filter(([, value]) => value !== undefined)) as unknown as TierScheme;
    const next = settled(wanted, format.today);
    const changed = (Object.keys({ ...scheme, ...next }) as (keyof TierScheme)[]).filter((key) => next[key] !== scheme[key]);
    // Changes of one field are taken back together, those of two one by one.
    if (changed.length === 1) set(['tiers', name, changed[0]!], next[changed[0]!]);
    else if (changed.length > 1) set(['tiers', name], next);
  };
  const remove = () => {
    const uses = usesOf(document, name).filter((use) => !(use.kind === 'tier' && use.name === name));
    if (uses.length > 0) modal.info({ title: say('removeUsed'), content: <ul>{uses.map((use) => <li key={use.kind + use.name}>{textOf(use.title, use.name, format.lang)}</li>)}</ul>, okText: ui('close') });
    else modal.confirm({ title: say('removeTitle', { name: textOf(scheme.title, name, format.lang) }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set(['tiers', name], undefined); void navigate({ to: '/tiers' }); } });
  };
  const levels = Object.entries(scheme.levels);
  const cut = levels.filter(([, level]) => level.from !== undefined);
  const draggable = levels.length > 1 && cut.length === levels.length - 1 && levels[0]![1].from === undefined;
  const titles = Object.fromEntries([...levels.map(([level, one]) => [level, textOf(one.title, level, format.lang)]), ['$not_graded', say('none')]]) as Record<string, string>;
  const data = preview.data;
  const told = sentences(scheme, said, format.lang, (value) => format.decimal(value));
  const schemes = Object.entries(document.tiers ?? {});
  return (
    <Page wide title={textOf(scheme.title, name, format.lang)} lead={<code>{name}</code>} fresh={data && { asOf: data.as_of }} actions={<Space wrap>
      {schemes.length > 1 && <Select aria-label={say('others')} style={{ minWidth: 150 }} value={name} onChange={(next) => void navigate({ to: '/tiers/$name', params: { name: next } })} options={schemes.map(([value, one]) => ({ value, label: textOf(one.title, value, format.lang) }))} />}
      {may('edit_models') && <Button icon={<CopyOutlined />} onClick={() => copy(true)}>{say('copy')}</Button>}
      {may('edit_models') && <Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button>}
    </Space>}>
      <DraftBar />
      <Findings findings={findings} path={`tiers.${name}`} />
      <div className="editor-split">
        <Editable><div className="stack">
          <Panel title={say('distribution')} extra={draggable && scheme.by && cut.length > 0 && <CutsHelper fixed value={scheme.by} title={textOf(scheme.title, name, format.lang)} parts={cut.length + 1} onTake={(next) => put({ levels: Object.fromEntries(levels.map(([level, one]) => { const at = cut.findIndex(([own]) => own === level); return [level, at < 0 ? one : { ...one, from: next[at] }]; })) })} />}>
            {scheme.grid ? <p className="faint">{say('grid')}</p> : data?.score ? (
              <CutsDistribution
                label={say('distribution')} height={190} onOpen={open} bins={data.score.histogram} cuts={draggable ? cut.map(([, level]) => Number(level.from)) : []} bands={draggable ? levels.map(([level]) => titles[level]!) : undefined}
                onCuts={draggable ? (next) => put({ levels: Object.fromEntries(levels.map(([level, one]) => { const at = cut.findIndex(([own]) => own === level); return [level, at < 0 ? one : { ...one, from: next[at] }]; })) }) : undefined}
              />
            ) : preview.error ? <Trouble error={preview.error} /> : <Skeleton active paragraph={{ rows: 3 }} title={false} />}
          </Panel>
          <Panel title={say('levels')}><Levels scheme={scheme} onChange={(next) => put({ levels: next })} counts={data?.tiers} /></Panel>
          <Panel title={say('rules')}><KeepRules scheme={scheme} put={put} /></Panel>
          <Panel title={say('eligible')}>
            <div className="stack">
              {scheme.eligible === undefined && <p className="faint small">{say('everyone')}</p>}
              <ConditionBuilder label={say('eligible')} value={scheme.eligible} onChange={(value) => put({ eligible: value })} />
              <Form layout="vertical"><TextFields label={say('notGraded')} value={scheme.not_graded?.reason} onChange={(reason) => put({ not_graded: reason ? { reason } : undefined })} /></Form>
            </div>
          </Panel>
          <Panel title={say('names')}>
            <Form layout="vertical">
              <TextFields value={scheme.title} onChange={(title) => put({ title })} />
              <TextFields label={ui('description')} area value={scheme.description} onChange={(text) => put({ description: text })} />
              {!scheme.grid && <Form.Item label={`${say('by')} (${say('byHint')})`}><FormulaBox label={say('by')} value={scheme.by ?? ''} onChange={(by) => put({ by })} scope="customer" catalogue={catalogue} /></Form.Item>}
            </Form>
          </Panel>
        </div></Editable>
        <div className="editor-side">
          <Panel title={say('inWords')}><div className="words" role="status">
            <ul>{told.levels.map((one) => <li key={one}>{one}</li>)}</ul>
            <ul>{told.rules.map((one) => <li key={one}>{one}</li>)}</ul>
          </div></Panel>
          <Panel title={say('effect')} extra={preview.isFetching ? <span className="small faint" role="status"><Spin size="small" /> {say('computing')}</span> : data && <span className="faint small">{say('took', { n: format.count(data.customers), time: format.seconds(data.seconds) })}</span>}>
            {preview.error && <Trouble error={preview.error} />}
            {data && <TierEffect preview={data} />}
          </Panel>
          <Flapping document={document} name={name} />
          {data && data.matrix.length > 0 && <Panel title={`${ui('before')} → ${ui('after')}`}><SankeyMigration label={`${ui('before')} → ${ui('after')}`} flows={data.matrix.filter((one) => one.scheme === name).map((one) => ({ from: one.from || '$not_graded', to: one.to || '$not_graded', count: one.count }))} levels={levels.map(([level]) => level)} titles={titles} height={220} /></Panel>}
          {data && data.edges.length > 0 && (
            <Panel title={say('edges')} flush><table className="table" aria-label={say('edges')}><thead><tr><th scope="col">{say('edgeWho')}</th><th scope="col">{say('level')}</th><th scope="col" className="right">{say('edgeBy')}</th></tr></thead><tbody>{data.edges.slice(0, 8).map((one) => <tr key={one.customer}><th scope="row"><Link to="/customers/$customer" params={{ customer: one.customer }}>{one.label}</Link></th><td>{titles[one.level ?? '$not_graded'] ?? one.level}</td><td className="right">{format.signed(one.distance)}</td></tr>)}</tbody></table></Panel>
          )}
        </div>
      </div>
      <AskName open={copying} title={say('copy')} taken={[...schemes.map(([own]) => own), ...Object.keys(document.scorecards ?? {}), ...Object.keys(document.indicators ?? {})]} onClose={() => copy(false)} onDone={(next) => { copy(false); set(['tiers', next], scheme); void navigate({ to: '/tiers/$name', params: { name: next } }); }} />
    </Page>
  );
}
