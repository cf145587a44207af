import { Button, Form, Skeleton, Tabs } from 'antd';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { ModelDocument, Prediction } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { columnsOf, kindOf } from '../../shared/predictions/kinds';
import { placeOfPath } from '../../shared/rules/places';
import { RemoveRule } from '../../shared/rules/RemoveRule';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Findings, TextFields, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Field, restOf } from './Field';
import { CLUSTER_FIELDS, ClustersForm, PROPENSITY_FIELDS, PropensityForm } from './LearnedForms';
import { CONTRACT_FIELDS, ContractForm, LIFETIME_FIELDS, LifetimeForm } from './MoneyForms';
import { freeName, segmentOf } from './start';
import { TrainedView } from './TrainedView';
import { usePredictionWords } from './words';

const Card = lazy(() => import('./Card'));
const FIELDS = { lifetime: LIFETIME_FIELDS, contract: CONTRACT_FIELDS, propensity: PROPENSITY_FIELDS, clusters: CLUSTER_FIELDS, trained: ['inputs'] };

/** One prediction of the draft: how it is made, what it gives, who uses it; and how good the one in force is. */
export default function PredictionEditor() {
  const say = usePredictionWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab = 'settings' } = useSearch({ strict: false }) as { tab?: string };
  const { query, document, set, findings } = useDraft();
  const one = document?.predictions?.[name];
  if (!document) return <Page title={name}><Loaded query={query}>{() => <Skeleton active />}</Loaded></Page>;
  if (!one) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/predictions">{say('title')}</Link></Empty></Page>;
  const kind = kindOf(one);
  const put = (key: keyof Prediction, value: unknown) => set(['predictions', name, key], value);
  const path = `predictions.${name}`;
  const rest = findings.filter((finding) => restOf([finding], path, ['among', 'title', 'description', ...(kind ? FIELDS[kind].map((field) => `${kind}.${field}`) : [])]).length > 0);
  const segment = () => {
    const of = freeName(`${name}_customers`, namesOf(document));
    set(['segments', of], segmentOf(name, one));
    void navigate({ to: '/segments/$name', params: { name: of } });
  };
  return (
    <Page wide title={textOf(one.title, name, format.lang)} lead={<><code>{name}</code> {kind && <span className="tag">{say(kind)}</span>}</>} actions={<RemoveRule name={name} title={one.title} section="predictions" say={say} onDone={() => void navigate({ to: '/predictions' })} />}>
      <DraftBar />
      <Findings findings={rest} path={path} />
      <Tabs activeKey={tab} onChange={(next) => void navigate({ to: '/predictions/$name', params: { name }, search: next === 'settings' ? {} : { tab: next }, replace: true })} destroyOnHidden items={[
        { key: 'settings', label: say('settings'), children: (
          <div className="editor-split">
            <Editable><div className="stack">
              <Panel title={kind ? say(kind) : say('noKind')}>
                {kind === 'lifetime' && <LifetimeForm one={one.lifetime!} put={(key, value) => set(['predictions', name, kind, key], value)} path={`${path}.${kind}`} findings={findings} />}
                {kind === 'contract' && <ContractForm one={one.contract!} put={(key, value) => set(['predictions', name, kind, key], value)} path={`${path}.${kind}`} findings={findings} />}
                {kind === 'propensity' && <PropensityForm name={name} one={one.propensity!} put={(key, value) => set(['predictions', name, kind, key], value)} path={`${path}.${kind}`} findings={findings} />}
                {kind === 'clusters' && <ClustersForm name={name} one={one.clusters!} put={(key, value) => set(['predictions', name, kind, key], value)} path={`${path}.${kind}`} findings={findings} />}
                {kind === 'trained' && <TrainedView one={one.trained!} put={(key, value) => set(['predictions', name, kind, key], value)} path={`${path}.${kind}`} findings={findings} />}
                <Among one={one} put={put} path={path} findings={findings} />
              </Panel>
              <Panel title={say('names')}><Form layout="vertical"><TextFields value={one.title} onChange={(text) => put('title', text)} /><TextFields label={ui('description')} area value={one.description} onChange={(text) => put('description', text)} /></Form></Panel>
            </div></Editable>
            <div className="editor-side">
              <Panel title={say('columns')} flush extra={may('edit_models') && <Button size="small" onClick={segment}>{say('toSegment')}</Button>}>
                <table className="table small"><thead><tr><th scope="col">{say('column')}</th><th scope="col">{say('meaning')}</th></tr></thead><tbody>{columnsOf(name, one).map((column) => <tr key={column.name}><th scope="row"><code>{column.name}</code></th><td>{textOf(column.title, column.name, format.lang)}</td></tr>)}</tbody></table>
              </Panel>
              <Panel title={say('uses')}><Uses document={document} name={name} /></Panel>
            </div>
          </div>
        ) },
        { key: 'card', label: say('card'), children: <Suspense fallback={<Skeleton active />}><Card name={name} kind={kind} /></Suspense> },
      ]} />
    </Page>
  );
}

function Among({ one, put, path, findings }: { one: Prediction; put: (key: 'among', value: unknown) => void; path: string; findings: Parameters<typeof Field>[0]['findings'] }) {
  const say = usePredictionWords();
  const catalogue = useCatalogue();
  return <Form layout="vertical"><Field label={say('among')} hint={say('amongHint')} path={`${path}.among`} findings={findings}><FormulaBox label={say('among')} value={one.among ?? ''} onChange={(value) => put('among', value || undefined)} scope="customer" catalogue={catalogue} /></Field></Form>;
}

const PLACE = { scorecard: 'scorecards', rule: 'rule_sets', table: 'decision_tables', cross: 'cross_tables', tree: 'decision_trees', flow: 'flows', tier: 'tiers', segment: 'segments', grouping: 'groupings', indicator: 'indicators', prediction: 'predictions', test: 'tests' } as const;

function Uses({ document, name }: { document: ModelDocument; name: string }) {
  const say = usePredictionWords();
  const uses = usesOf(document, name);
  if (uses.length === 0) return <p className="faint small">{say('usesNone')}</p>;
  return (
    <ul className="plain-list">{uses.map((use) => {
      const to = placeOfPath(`${PLACE[use.kind]}.${use.name}`);
      const title = <Title text={use.title} name={use.name} />;
      return <li key={use.kind + use.name}>{to ? <Link to={to.to} params={to.params as never}>{title}</Link> : title} <span className="faint small">{say(`u_${use.kind}`)}</span></li>;
    })}</ul>
  );
}
