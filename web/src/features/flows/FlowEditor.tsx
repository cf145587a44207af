import { PlusOutlined } from '@ant-design/icons';
import { App, Button, Form, Select } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Flow } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { ExchangeOut } from '../../shared/rules/ExchangeOut';
import { RemoveRule } from '../../shared/rules/RemoveRule';
import { RuleEffect } from '../../shared/rules/RuleEffect';
import { RuleFindings } from '../../shared/rules/RuleFindings';
import { TryPanel } from '../../shared/rules/TryPanel';
import { useRuleLook } from '../../shared/rules/useRuleLook';
import { useCatalogue } from '../../shared/catalogue';
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Step } from './Step';
import { addStep, moveStep, pathOf, removeStep, stepOf } from './steps';
import { useFlowWords } from './words';

export default function FlowEditor() {
  const ui = useUi();
  const say = useFlowWords();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document } = useDraft();
  const flow = document?.flows?.[name];
  if (!document) return <Page title={name}><Loaded query={query}>{() => null}</Loaded></Page>;
  if (!flow) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/flows">{say('title')}</Link></Empty></Page>;
  return <Editor key={name} name={name} flow={flow} />;
}

function Editor({ name, flow }: { name: string; flow: Flow }) {
  const say = useFlowWords();
  const ui = useUi();
  const format = useFormat();
  const navigate = useNavigate();
  const catalogue = useCatalogue();
  const { modal } = App.useApp();
  const { document, set, findings } = useDraft();
  const look = useRuleLook(name);
  const steps = Object.keys(flow.steps);
  const [open, setOpen] = useState<string | null>(steps[0] ?? null);
  const [asking, ask] = useState(false);
  const [told, tell] = useState('');
  const list = useRef<HTMLOListElement>(null);
  const put = (next: Flow) => { if (next !== flow) set(['flows', name], next); };
  /** A change that is undone by itself, unlike what one types letter by letter. */
  const apart = (next: Flow) => { draft.apart(); put(next); };
  const titleOf = (step: string) => textOf(flow.steps[step]?.title, step, format.lang);
  const own = findings.filter((one) => one.path === `flows.${name}` || one.path?.startsWith(`flows.${name}.`));
  const result = flow.gives ?? steps.at(-1);
  const moveTo = (step: string, to: number) => {
    const next = moveStep(flow, step, to);
    if (next === flow) return;
    apart(next);
    tell(say('moved', { name: titleOf(step), n: to + 1, of: steps.length }));
    // The step goes elsewhere on the page; the keyboard goes with it.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(step)}"] .flow-handle`)?.focus());
  };
  const remove = (step: string) => {
    const word = new RegExp(`(^|[^\\p{L}\\p{N}_])${name}_${step}($|[^\\p{L}\\p{N}_])`, 'u');
    const users = steps.filter((other) => other !== step && word.test(JSON.stringify(flow.steps[other])));
    if (users.length > 0) modal.info({ title: say('removeTaken', { names: listed(users.map(titleOf), format.lang) }), okText: ui('close') });
    else apart(removeStep(flow, step));
  };
  const toPath = (path: string) => { const step = stepOf(name, path, steps); if (step) setOpen(step); };
  const rest = own.filter((one) => stepOf(name, one.path, steps) === null);
  return (
    <Page wide title={textOf(flow.title, name, format.lang)} lead={<code>{name}</code>} actions={<><ExchangeOut name={name} format="dmn" /><RemoveRule name={name} title={flow.title} section="flows" say={say} onDone={() => void navigate({ to: '/flows' })} /></>}>
      <DraftBar />
      <div className="editor-split">
        <Editable><div className="stack">
          <Panel title={say('nSteps', { n: steps.length })} extra={<label className="row small">{say('gives')}<Select size="small" aria-label={say('gives')} style={{ width: 170 }} value={flow.gives ?? ''} onChange={(gives) => { const { gives: _, ...plain } = flow; put(gives ? { ...flow, gives } : plain); }} options={[{ value: '', label: say('lastStep') }, ...steps.map((value) => ({ value, label: titleOf(value) }))]} /></label>}>
            <div className="stack">
              <ol ref={list} className="flow" aria-label={say('steps')}>{steps.map((step, place) => (
                <Step
                  key={step} name={name} flow={flow} step={step} place={place} put={put} onMove={(to) => moveTo(step, to)} onDrop={(moved) => moveTo(moved, place)} onRemove={() => remove(step)}
                  isOpen={open === step} onOpen={(next) => setOpen(next ? step : null)} isResult={result === step} fires={[...look.met].some((path) => path === pathOf(name, step) || path.startsWith(`${pathOf(name, step)}.`))} people={look.counts.get(pathOf(name, step))}
                  note={<RuleFindings findings={own.filter((one) => stepOf(name, one.path, steps) === step)} look={look} />}
                />
              ))}</ol>
              <div><Button icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addStep')}</Button></div>
              <p className="unseen-status" role="status">{told}</p>
            </div>
          </Panel>
          <Panel title={say('names')}><Form layout="vertical"><TextFields value={flow.title} onChange={(title) => set(['flows', name, 'title'], title)} /><TextFields label={ui('description')} area value={flow.description} onChange={(text) => set(['flows', name, 'description'], text)} /></Form></Panel>
        </div></Editable>
        <div className="editor-side">
          <RuleFindings findings={rest} look={look} limit={4} />
          <TryPanel look={look} onShow={toPath} />
          <RuleEffect look={look} name={name} document={document!} />
        </div>
      </div>
      <AskName open={asking} title={say('addStep')} taken={steps} onClose={() => ask(false)} onDone={(key) => { ask(false); apart(addStep(flow, key, catalogue?.rules.find((one) => one.name !== name && !one.name.startsWith(`${name}_`))?.name ?? catalogue?.scores[0]?.name ?? '0')); setOpen(key); }} />
    </Page>
  );
}
