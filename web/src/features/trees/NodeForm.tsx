import { Form } from 'antd';
import { forwardRef } from 'react';
import type { DecisionTree } from '../../shared/api/document';
import { Choose } from '../../shared/draft/Editable';
import { useCatalogue } from '../../shared/catalogue';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { outcomeOf, outcomeText, testOf, testText } from '../../shared/sheet/notation';
import { TextFields } from '../../shared/ui/parts';
import { Typed } from '../../shared/ui/Typed';
import { addBranch, change, isLeaf, keyOf, nodeAt, valueFor, type Node, type Way } from './nodes';
import { useTreeWords } from './words';

/** What the chosen branch asks, and what follows. */
export const NodeForm = forwardRef<HTMLDivElement, { tree: DecisionTree; way: Way; put: (next: DecisionTree) => void }>(function NodeForm({ tree, way, put }, ref) {
  const say = useTreeWords();
  const catalogue = useCatalogue();
  const node = nodeAt(tree, way);
  if (!node) return null;
  const root = way.length === 0;
  const isElse = way.at(-1) === 'else';
  const tested = valueFor(tree, way);
  const leaf = isLeaf(node);
  const to = (next: Partial<Node>) => put(change(tree, way, (own) => ({ ...own, ...next })));
  return (
    <Form layout="vertical" key={keyOf(way)}>
      <div ref={ref} className="stack">
        {!root && !isElse && (
          <>
            {tested !== undefined && <Form.Item label={say('condition')}><Choose aria-label={say('condition')} value={node.is === undefined ? 'when' : 'is'} onChange={(form) => to(form === 'is' ? { when: undefined, is: '-' } : { is: undefined, when: { all: [] } })} options={[{ value: 'when', label: say('byCondition') }, { value: 'is', label: say('byTest') }]} /></Form.Item>}
            {node.is !== undefined
              ? <Form.Item label={`${say('test')} (${say('testHint')})`}><Typed aria-label={say('test')} value={testText(node.is)} onChange={(text) => to({ is: testOf(text) })} /></Form.Item>
              : <ConditionBuilder needed label={say('when')} value={node.when} onChange={(when) => to({ when: when ?? { all: [] } })} />}
          </>
        )}
        {!root && <Form.Item label={say('follows')}><Choose aria-label={say('follows')} value={leaf ? 'leaf' : 'split'} onChange={(form) => { if (form === 'split' && leaf) put(addBranch(tree, way)[0]); else if (form === 'leaf' && !leaf) to({ branches: undefined, else: undefined, value: undefined, gives: node.else?.gives ?? node.branches?.[0]?.gives ?? '' }); }} options={[{ value: 'leaf', label: say('leaf') }, { value: 'split', label: say('split') }]} /></Form.Item>}
        {leaf
          ? <Form.Item label={say('result')}><Typed aria-label={say('gives')} style={{ maxWidth: 320 }} value={outcomeText(node.gives)} onChange={(text) => to({ gives: text === '' ? undefined : outcomeOf(text) })} /></Form.Item>
          : <Form.Item label={say('value')}><FormulaBox label={say('value')} value={node.value ?? ''} onChange={(value) => to({ value: value || undefined })} scope="customer" catalogue={catalogue} /></Form.Item>}
        {!root && <TextFields value={node.title} onChange={(title) => to({ title })} />}
      </div>
    </Form>
  );
});
