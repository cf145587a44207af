import { CopyOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Select, Space } from 'antd';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { DecisionTree, Undecided } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
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
import { useFormat } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { addBranch, addElse, duplicate, isLeaf, keyOf, linesOf, move, nodeAt, pathOf, remove, rulesOf, wayOf, type Way } from './nodes';
import { NodeForm } from './NodeForm';
import { Outline } from './Outline';
import { sayBranch } from './say';
import { outcomeText } from '../../shared/sheet/notation';
import { useTreeWords } from './words';

export default function TreeEditor() {
  const ui = useUi();
  const say = useTreeWords();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document } = useDraft();
  const tree = document?.decision_trees?.[name];
  if (!document) return <Page title={name}><Loaded query={query}>{() => null}</Loaded></Page>;
  if (!tree) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/trees">{say('title')}</Link></Empty></Page>;
  return <Editor key={name} name={name} tree={tree} />;
}

function Editor({ name, tree }: { name: string; tree: DecisionTree }) {
  const say = useTreeWords();
  const ui = useUi();
  const format = useFormat();
  const navigate = useNavigate();
  const catalogue = useCatalogue();
  const { document, set, findings } = useDraft();
  const look = useRuleLook(name);
  const [chosen, choose] = useState<Way>([0]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const form = useRef<HTMLDivElement>(null);
  // After undo what was chosen may be gone: then its nearest place above is.
  let way = chosen;
  while (way.length > 0 && !nodeAt(tree, way)) way = way.slice(0, -1);
  const node = nodeAt(tree, way)!;
  const lines = linesOf(tree, folded);
  const put = (next: DecisionTree) => { if (next !== tree) set(['decision_trees', name], next); };
  /** A change that is undone by itself, unlike what one types letter by letter. */
  const step = (next: DecisionTree) => { draft.apart(); put(next); };
  const apply = ([next, to]: [DecisionTree, Way]) => { step(next); choose(to); };
  const open = (to: Way) => { setFolded(new Set([...folded].filter((key) => !to.some((_, at) => keyOf(to.slice(0, at)) === key)))); choose(to); };
  const toPath = (path: string) => { const to = wayOf(name, path); if (to) open(to); };
  const own = findings.filter((one) => one.path === `decision_trees.${name}` || one.path?.startsWith(`decision_trees.${name}.`));
  const findingsOf = (at: Way) => own.filter((one) => { const to = wayOf(name, one.path); return to !== null && keyOf(to) === keyOf(at); });
  const inTry = (at: Way) => look.met.has(pathOf(name, at));
  const addHere = () => { const [next, to] = addBranch(tree, way); step(next); open(to); };
  const beside = way.length > 0 ? way.slice(0, -1) : way;
  const rules = rulesOf(tree);
  return (
    <Page wide title={textOf(tree.title, name, format.lang)} lead={<code>{name}</code>} actions={<RemoveRule name={name} title={tree.title} section="decision_trees" say={say} onDone={() => void navigate({ to: '/trees' })} />}>
      <DraftBar />
      <div className="editor-split">
        <Editable><div className="stack">
          <Panel title={say('outline')} flush extra={<><span className="faint small">{say('undecided')}</span><Select size="small" aria-label={say('undecided')} style={{ width: 180 }} value={tree.undecided ?? 'unknown'} onChange={(undecided: Undecided) => { const next = { ...tree, undecided }; if (undecided === 'unknown') delete (next as Partial<DecisionTree>).undecided; put(next); }} options={(['unknown', 'does_not_hold'] as const).map((value) => ({ value, label: say(value) }))} popupMatchSelectWidth={false} /></>}>
            <div className="sheet-tools"><Space size={6} wrap>
              <Button size="small" icon={<PlusOutlined />} onClick={() => { const [next, to] = addBranch(tree, beside); step(next); open(to); }}>{say('addBeside')}</Button>
              <Button size="small" icon={<PlusOutlined />} onClick={addHere}>{say('addBranch')}</Button>
              <Button size="small" disabled={isLeaf(node) || !!node.else || undefined} title={isLeaf(node) ? say('elseOfLeaf') : node.else ? say('elseThere') : undefined} onClick={() => { const [next, to] = addElse(tree, way); step(next); open(to); }}>{say('addElse')}</Button>
              <Button size="small" icon={<CopyOutlined />} disabled={typeof way.at(-1) !== 'number' || undefined} onClick={() => apply(duplicate(tree, way))}>{say('copy')}</Button>
              <Button size="small" disabled={move(tree, way, -1)[0] === tree || undefined} onClick={() => apply(move(tree, way, -1))}>{say('up')}</Button>
              <Button size="small" disabled={move(tree, way, 1)[0] === tree || undefined} onClick={() => apply(move(tree, way, 1))}>{say('down')}</Button>
              <Button size="small" icon={<DeleteOutlined />} disabled={remove(tree, way)[0] === tree || undefined} title={remove(tree, way)[0] === tree ? say('notRemoved') : undefined} onClick={() => apply(remove(tree, way))}>{say('removeBranch')}</Button>
            </Space></div>
            <Outline
              lines={lines} chosen={way} onChoose={choose} onFold={(key, fold) => setFolded(new Set(fold ? [...folded, key] : [...folded].filter((one) => one !== key)))} onMove={(by) => apply(move(tree, way, by))}
              onAdd={addHere} onRemove={() => apply(remove(tree, way))} onEdit={() => form.current?.querySelector<HTMLElement>('input, button, [tabindex="0"], .cm-content')?.focus()}
              findingsOf={findingsOf} people={(at) => look.counts.get(pathOf(name, at))} fires={inTry}
            />
            <p className="table-foot"><span>{say('help')}</span></p>
          </Panel>
          <Panel title={way.length === 0 ? say('root') : say('node')}>
            <div className="stack">
              <RuleFindings findings={findingsOf(way)} look={look} />
              <NodeForm ref={form} tree={tree} way={way} put={put} />
            </div>
          </Panel>
          <Panel title={say('inWords')}>
            <ol className="rules-in-words">{rules.map((rule) => {
              const tests = rule.lines.map((line) => (line.way.at(-1) === 'else' ? '' : sayBranch(line, format.lang, catalogue))).filter(Boolean);
              const gives = outcomeText(rule.gives) || say('noGives');
              const n = look.counts.get(pathOf(name, rule.way));
              return <li key={keyOf(rule.way)} className={inTry(rule.way) ? 'fires' : ''}><button type="button" className="linkish" onClick={() => open(rule.way)}>{tests.length === 0 ? say('ruleElse', { gives }) : say('rule', { when: [...tests, ...(rule.way.at(-1) === 'else' ? [say('others')] : [])].join(say('and')), gives })}</button>{n !== undefined && <span className="faint small"> {say('people', { n: format.count(n) })}</span>}</li>;
            })}</ol>
          </Panel>
          <Panel title={say('names')}><Form layout="vertical"><TextFields value={tree.title} onChange={(title) => set(['decision_trees', name, 'title'], title)} /><TextFields label={ui('description')} area value={tree.description} onChange={(text) => set(['decision_trees', name, 'description'], text)} /></Form></Panel>
        </div></Editable>
        <div className="editor-side">
          <RuleFindings findings={own.filter((one) => keyOf(wayOf(name, one.path) ?? []) !== keyOf(way))} look={look} limit={3} onShow={toPath} />
          <TryPanel look={look} onShow={toPath} />
          <RuleEffect look={look} name={name} document={document!} />
        </div>
      </div>
    </Page>
  );
}
