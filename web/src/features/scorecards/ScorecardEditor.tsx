import { BulbOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, Collapse, Form, InputNumber, Select, Skeleton, Space } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Adjustment, Attribute, Caps, Scorecard } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { moveKey } from '../../shared/draft/path';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { textOf } from '../../shared/i18n/language';
import { ExchangeOut } from '../../shared/rules/ExchangeOut';
import { useModelPreview } from '../../shared/preview/useModelPreview';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Findings, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Adjustments } from './Adjustments';
import { AttributeEditor, caps } from './AttributeEditor';
import { WeightHelper } from './weights/WeightHelper';
import { useWeightWords } from './weights/words';
import { Effect } from './Effect';
import { useScorecardWords } from './words';

export default function ScorecardEditor() {
  const say = useScorecardWords();
  const ui = useUi();
  const format = useFormat();
  const { modal } = App.useApp();
  const may = useMay();
  const navigate = useNavigate();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document, set, findings } = useDraft();
  const card = document?.scorecards?.[name];
  const scheme = Object.entries(document?.tiers ?? {}).find(([, one]) => one.by === name)?.[0];
  const [customer, setCustomer] = useState<string>();
  const preview = useModelPreview(document, { scorecard: name, scheme, customer }, !!card);
  if (!document) return <Page title={name}><Loaded query={query}>{() => <Skeleton active />}</Loaded></Page>;
  if (!card) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/scorecards">{say('title')}</Link></Empty></Page>;
  const put = (key: keyof Scorecard, value: unknown) => set(['scorecards', name, key], value);
  const remove = () => {
    const uses = usesOf(document, name).filter((use) => !(use.kind === 'scorecard' && use.name === name));
    if (uses.length > 0) modal.info({ title: say('removeUsed'), content: <ul>{uses.map((use) => <li key={use.kind + use.name}>{textOf(use.title, use.name, format.lang)}</li>)}</ul>, okText: ui('close') });
    else modal.confirm({ title: say('removeTitle', { name: textOf(card.title, name, format.lang) }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set(['scorecards', name], undefined); void navigate({ to: '/scorecards' }); } });
  };
  return (
    <Page wide title={textOf(card.title, name, format.lang)} lead={<code>{name}</code>} fresh={preview.data && { asOf: preview.data.as_of }} actions={<><ExchangeOut name={name} format="pmml" />{may('edit_models') && <Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button>}</>}>
      <DraftBar />
      <div className="editor-split">
        <Editable><div className="stack">
          <Attributes name={name} card={card} put={put} preview={preview.data} />
          <Panel title={say('adjustments')}><Adjustments value={card.adjustments ?? {}} onChange={(value: Record<string, Adjustment>) => put('adjustments', value)} /></Panel>
          <Limits card={card} put={put} />
          <Panel title={say('titles')}><Form layout="vertical"><TextFields value={card.title} onChange={(title) => put('title', title)} /><TextFields label={ui('description')} area value={card.description} onChange={(text) => put('description', text)} /></Form></Panel>
        </div></Editable>
        <div className="editor-side">
          <Findings findings={findings.filter((one) => one.path === `scorecards.${name}` || one.path === `scorecards.${name}.attributes`)} path="" />
          <Effect query={preview} document={document} scheme={scheme} customer={customer} onCustomer={setCustomer} setCut={(level, from) => scheme && set(['tiers', scheme, 'levels', level, 'from'], from)} />
        </div>
      </div>
    </Page>
  );
}

function Attributes({ name, card, put, preview }: { name: string; card: Scorecard; put: (key: keyof Scorecard, value: unknown) => void; preview?: Parameters<typeof Effect>[0]['query']['data'] }) {
  const say = useScorecardWords();
  const format = useFormat();
  const { set, findings, document } = useDraft();
  const help = useWeightWords();
  const may = useMay();
  const [asking, ask] = useState(false);
  const [helping, setHelping] = useState(false);
  const [indicator, setIndicator] = useState<string>();
  const attributes = card.attributes ?? {};
  const weighted = card.combine === 'weighted_sum' || card.combine === 'scaled';
  const weights = Object.values(attributes).reduce((sum, one) => sum + Number(one.weight ?? 1), 0);
  const add = (key: string) => {
    ask(false);
    const chosen = indicator ?? Object.keys(document?.indicators ?? {})[0] ?? '';
    put('attributes', { ...attributes, [key]: { value: chosen, title: document?.indicators?.[chosen]?.title, ...(weighted ? { weight: 0.1 } : {}), quantiles: { points: [0, 25, 50, 75, 100] } } satisfies Attribute });
  };
  return (
    <Panel title={say('attributes')} extra={<>
      <Select size="small" aria-label={say('combine')} style={{ width: 190 }} value={card.combine ?? 'sum'} onChange={(value) => put('combine', value === 'sum' ? undefined : value)} options={[{ value: 'sum', label: say('cSum') }, { value: 'weighted_sum', label: say('cWeighted') }, { value: 'scaled', label: say('cScaled') }]} />
      {weighted && <span className={`small ${Math.abs(weights - 1) < 0.001 ? 'good' : 'warn'}`}>{say('weightSum', { n: format.decimal(weights) })}</span>}
      {weighted && may('edit_models') && <Button size="small" icon={<BulbOutlined />} aria-expanded={helping} onClick={() => setHelping(!helping)}>{help('helper')}</Button>}
      <Button size="small" type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addAttribute')}</Button>
    </>}>
      {helping && weighted && <div className="stack" style={{ marginBottom: 12 }}><WeightHelper name={name} card={card} onClose={() => setHelping(false)} onTake={(own) => put('attributes', Object.fromEntries(Object.entries(attributes).map(([key, one]) => [key, key in own ? { ...one, weight: own[key] } : one])))} /></div>}
      <Collapse size="small" defaultActiveKey={Object.keys(attributes).slice(0, 1)} items={Object.entries(attributes).map(([key, one]) => ({
        key,
        label: <span><b>{textOf(one.title, key, format.lang)}</b> {one.value !== undefined && <code className="name">{one.value}</code>}</span>,
        extra: weighted ? <span className="faint">{say('weight')} {format.percent(Number(one.weight ?? 1), 0)}</span> : null,
        children: (
          <AttributeEditor
            name={key} card={name} one={one} weighted={weighted} groups={Object.keys(card.groups ?? {})} findings={findings} preview={preview?.attributes.find((bins) => bins.name === key)}
            put={(field, value) => set(['scorecards', name, 'attributes', key, field], value)}
            replace={(next) => set(['scorecards', name, 'attributes', key], next)}
            onRemove={() => set(['scorecards', name, 'attributes', key], undefined)}
            onMove={(by) => put('attributes', moveKey(attributes, key, by))}
          />
        ),
      }))} />
      <AskName open={asking} title={say('addAttribute')} taken={Object.keys(attributes)} onClose={() => ask(false)} onDone={add}>
        <Form.Item label={say('indicator')}><Select aria-label={say('indicator')} showSearch optionFilterProp="label" value={indicator} onChange={setIndicator} options={Object.entries(document?.indicators ?? {}).map(([value, one]) => ({ value, label: textOf(one.title, value, format.lang) }))} /></Form.Item>
      </AskName>
    </Panel>
  );
}

function Limits({ card, put }: { card: Scorecard; put: (key: keyof Scorecard, value: unknown) => void }) {
  const say = useScorecardWords();
  const [asking, ask] = useState(false);
  const groups = card.groups ?? {};
  const pair = (label: string, value: Caps | undefined, onChange: (value: unknown) => void) => (
    <Space><InputNumber aria-label={`${label} ${say('min')}`} placeholder={say('min')} value={value?.min as number} onChange={(min) => onChange(caps({ ...value, min: min ?? undefined }))} /><InputNumber aria-label={`${label} ${say('max')}`} placeholder={say('max')} value={value?.max as number} onChange={(max) => onChange(caps({ ...value, max: max ?? undefined }))} /></Space>
  );
  return (
    <Panel title={`${say('groups')} · ${say('total')}`} extra={<Button size="small" onClick={() => ask(true)}>{say('addGroup')}</Button>}>
      <table className="table">
        <tbody>
          {Object.entries(groups).map(([name, value]) => (
            <tr key={name}><th scope="row">{name}</th><td>{pair(name, value, (next) => put('groups', { ...groups, [name]: next ?? {} }))}</td>
              <td><Button type="text" size="small" aria-label={`${say('removeGroup')} ${name}`} icon={<DeleteOutlined />} disabled={Object.values(card.attributes ?? {}).some((one) => one.group === name)} onClick={() => put('groups', Object.fromEntries(Object.entries(groups).filter(([key]) => key !== name)))} /></td></tr>
          ))}
          <tr><th scope="row">{say('basePoints')}</th><td colSpan={2}><InputNumber aria-label={say('basePoints')} value={card.base_points as number} onChange={(value) => put('base_points', value ?? undefined)} /></td></tr>
          <tr><th scope="row">{say('total')}</th><td colSpan={2}>{pair(say('total'), card.total, (next) => put('total', next))}</td></tr>
        </tbody>
      </table>
      <AskName open={asking} title={say('addGroup')} taken={Object.keys(groups)} onClose={() => ask(false)} onDone={(name) => { ask(false); put('groups', { ...groups, [name]: {} }); }} />
    </Panel>
  );
}
