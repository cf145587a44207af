import { DeleteOutlined } from '@ant-design/icons';
import { App, Button, Form, Input, InputNumber, Select, Skeleton } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import type { Indicator, IndicatorKind } from '../../shared/api/document';
import { useRead } from '../../shared/api/hooks';
import { WindowInput } from '../../shared/condition/SpanInput';
import { useConditionWords } from '../../shared/condition/words';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf, type Use } from '../../shared/draft/uses';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { useLang, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Findings, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { IndicatorDistribution } from './IndicatorDistribution';
import { kindWord } from './index';
import { useIndicatorWords } from './words';
import { useCatalogue } from '../../shared/catalogue';

const KINDS: IndicatorKind[] = ['count', 'orders', 'sum', 'average', 'min', 'max', 'distinct', 'first', 'last', 'most_frequent', 'stddev', 'percentile', 'days_since', 'gap', 'active', 'streak', 'slope', 'share', 'ratio', 'formula'];
const NO_OF: IndicatorKind[] = ['count', 'orders', 'days_since', 'gap', 'active', 'streak'];
const PICKS: Partial<Record<IndicatorKind, string[]>> = { gap: ['mean', 'min', 'max', 'median'], days_since: ['last', 'first'], streak: ['current', 'longest'] };
const ROUTES = { scorecard: '/scorecards/$name', tier: '/tiers/$name', segment: '/segments/$name', indicator: '/indicators/$name', table: '/tables/$name', cross: '/cross-tables/$name', tree: '/trees/$name', flow: '/flows/$name', test: '/tests/$name' } as const satisfies Partial<Record<Use['kind'], string>>;

export default function IndicatorEditor() {
  const say = useIndicatorWords();
  const ui = useUi();
  const lang = useLang();
  const { modal } = App.useApp();
  const may = useMay();
  const navigate = useNavigate();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document, set, findings } = useDraft();
  const one = document?.indicators?.[name];
  const detail = useRead('/indicators/{name}', { path: { name } }, { enabled: !!one });
  if (!document) return <Page title={name}><Loaded query={query}>{() => <Skeleton active />}</Loaded></Page>;
  if (!one) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/indicators">{say('title')}</Link></Empty></Page>;
  const uses = usesOf(document, name);
  const remove = () => {
    if (uses.length > 0) {
      modal.info({ title: say('removeUsed'), content: <ul>{uses.map((use) => <li key={use.kind + use.name}>{textOf(use.title, use.name, lang)}</li>)}</ul>, okText: ui('close') });
      return;
    }
    modal.confirm({ title: say('removeTitle', { name: textOf(one.title, name, lang) }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set(['indicators', name], undefined); void navigate({ to: '/indicators' }); } });
  };
  return (
    <Page title={textOf(one.title, name, lang)} lead={<code>{name}</code>} actions={may('edit_models') && <Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button>}>
      <DraftBar />
      <Findings findings={findings} path={`indicators.${name}`} />
      <div className="editor-split">
        <Editable><div className="stack">
          <Panel title={say('def')}><Definition one={one} name={name} set={(key, value) => set(['indicators', name, key], value)} /></Panel>
          <Panel title={say('names')}>
            <Form layout="vertical">
              <TextFields value={one.title} onChange={(title) => set(['indicators', name, 'title'], title)} />
              <TextFields label={ui('description')} value={one.description} onChange={(text) => set(['indicators', name, 'description'], text)} area />
              <TextFields label={say('unit')} value={one.unit} onChange={(unit) => set(['indicators', name, 'unit'], unit)} />
            </Form>
          </Panel>
        </div></Editable>
        <div className="editor-side">
          {detail.data?.words && <Panel title={say('inWords')}><p className="words">{detail.data.words[lang]}</p></Panel>}
          <IndicatorDistribution name={name} document={document} stored={detail.data?.distribution ?? null} />
          <Panel title={say('usedBy')}>
            <ul className="stack">
              {uses.map((use) => {
                const to = ROUTES[use.kind as keyof typeof ROUTES] as (typeof ROUTES)[keyof typeof ROUTES] | undefined;
                const label = `${say(`kind${use.kind[0]!.toUpperCase()}${use.kind.slice(1)}` as 'kindScorecard')} · ${textOf(use.title, use.name, lang)}`;
                return <li key={use.kind + use.name}>{to ? <Link to={to} params={{ name: use.name }}>{label}</Link> : label}</li>;
              })}
              {uses.length === 0 && <li className="faint">{say('notUsed')}</li>}
            </ul>
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Definition({ one, name, set }: { one: Indicator; name: string; set: (key: keyof Indicator, value: unknown) => void }) {
  const say = useIndicatorWords();
  const condition = useConditionWords();
  const catalogue = useCatalogue();
  const text = (key: keyof Indicator) => (value: string) => set(key, value || undefined);
  const fromOthers = one.kind === 'formula' || one.kind === 'ratio';
  const picks = PICKS[one.kind];
  return (
    <Form layout="vertical">
      <Form.Item label={say('kind')}><Select aria-label={say('kind')} showSearch optionFilterProp="label" value={one.kind} onChange={(kind) => set('kind', kind)} options={KINDS.map((kind) => ({ value: kind, label: say(kindWord(kind)) }))} /></Form.Item>
      {!NO_OF.includes(one.kind) && <Form.Item label={one.kind === 'formula' ? say('ofFormula') : say('of')}><FormulaBox key={`${name}-of-${fromOthers}`} label={one.kind === 'formula' ? say('ofFormula') : say('of')} value={one.of ?? ''} onChange={text('of')} scope={fromOthers ? 'customer' : 'event'} catalogue={catalogue} lines={one.kind === 'formula' ? 3 : 1} /></Form.Item>}
      {one.kind === 'ratio' && <Form.Item label={say('over')}><FormulaBox label={say('over')} value={one.over ?? ''} onChange={text('over')} scope="customer" catalogue={catalogue} /></Form.Item>}
      {!fromOthers && <Form.Item label={say('where')}><FormulaBox key={`${name}-where`} label={say('where')} value={one.where ?? ''} onChange={text('where')} scope="event" catalogue={catalogue} /></Form.Item>}
      {one.kind === 'share' && <Form.Item label={say('share')}><FormulaBox label={say('share')} value={one.share ?? ''} onChange={text('share')} scope="event" catalogue={catalogue} /></Form.Item>}
      {!fromOthers && <Form.Item label={say('window')}><WindowInput value={one.window} onChange={(window) => set('window', window)} /></Form.Item>}
      <div className="two">
        {!fromOthers && <Form.Item label={say('compare')}><Select aria-label={say('compare')} value={one.compare ?? ''} onChange={(value) => set('compare', value || undefined)} options={[{ value: '', label: say('cNone') }, { value: 'previous_period', label: say('cPrevious') }, { value: 'last_year', label: say('cYear') }]} /></Form.Item>}
        {one.kind === 'average' && <Form.Item label={say('per')}><Select aria-label={say('per')} value={one.per ?? 'event'} onChange={(value) => set('per', value === 'event' ? undefined : value)} options={[{ value: 'event', label: say('perEvent') }, { value: 'order', label: say('perOrder') }]} /></Form.Item>}
        {picks && <Form.Item label={say('pick')}><Select aria-label={say('pick')} value={one.pick ?? picks[0]} onChange={(value) => set('pick', value === picks[0] ? undefined : value)} options={picks.map((value) => ({ value, label: say(`p${value[0]!.toUpperCase()}${value.slice(1)}` as 'pLast') }))} /></Form.Item>}
        {['slope', 'active', 'streak'].includes(one.kind) && <Form.Item label={say('step')}><Select aria-label={say('step')} value={one.step ?? 'day'} onChange={(value) => set('step', value)} options={(['day', 'week', 'month', 'quarter', 'year'] as const).map((value) => ({ value, label: condition(value) }))} /></Form.Item>}
        {one.kind === 'percentile' && <Form.Item label={say('q')}><InputNumber aria-label={say('q')} min={0} max={1} step={0.05} value={one.q as number} onChange={(value) => set('q', value ?? undefined)} /></Form.Item>}
        {['sum', 'count', 'orders', 'average'].includes(one.kind) && <Form.Item label={say('refunds')}><Select aria-label={say('refunds')} value={one.refunds_count_by ?? 'own'} onChange={(value) => set('refunds_count_by', value === 'own' ? undefined : value)} options={[{ value: 'own', label: say('rOwn') }, { value: 'order', label: say('rOrder') }]} /></Form.Item>}
        {!fromOthers && <Form.Item label={say('empty')}><InputNumber aria-label={say('empty')} style={{ width: '100%' }} value={one.empty as number} onChange={(value) => set('empty', value ?? undefined)} /></Form.Item>}
        <Form.Item label={say('purpose')}><Input aria-label={say('purpose')} value={one.purpose ?? 'service'} onChange={(event) => set('purpose', event.target.value === 'service' ? undefined : event.target.value || undefined)} /></Form.Item>
      </div>
    </Form>
  );
}
