import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Collapse, DatePicker, Form, InputNumber, Select, Space } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import type { Rule, RuleSet, Undecided } from '../../shared/api/document';
import { useCatalogue } from '../../shared/catalogue';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { sayCondition } from '../../shared/condition/say';
import { Editable } from '../../shared/draft/Editable';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { RemoveRule } from '../../shared/rules/RemoveRule';
import { RuleEffect } from '../../shared/rules/RuleEffect';
import { RuleFindings } from '../../shared/rules/RuleFindings';
import { TryPanel } from '../../shared/rules/TryPanel';
import { useRuleLook } from '../../shared/rules/useRuleLook';
import { useFormat } from '../../shared/session';
import { outcomeText } from '../../shared/sheet/notation';
import { Panel } from '../../shared/ui/page';
import { AskName, TextFields } from '../../shared/ui/parts';
import { useUi } from '../../shared/ui/words';
import { Typed } from '../../shared/ui/Typed';
import { useRuleSetWords } from './words';

/** The rules that count first stand first: by priority, then as they are written. */
export function inOrder(rules: Record<string, Rule>): string[] {
  return Object.keys(rules).map((key, at) => ({ key, at, priority: rules[key]!.priority ?? 0 })).sort((a, b) => b.priority - a.priority || a.at - b.at).map((one) => one.key);
}

export function RuleSetEditor({ name, one, put }: { name: string; one: RuleSet; put: (next: RuleSet | undefined) => void }) {
  const say = useRuleSetWords();
  const ui = useUi();
  const format = useFormat();
  const catalogue = useCatalogue();
  const { document, findings } = useDraft();
  const look = useRuleLook(name);
  const [asking, ask] = useState(false);
  const [open, setOpen] = useState<string[]>([]);
  const path = `rule_sets.${name}`;
  const pathOf = (key: string) => `${path}.rules.${key}`;
  const isOf = (own: string | null | undefined, of: string) => own === of || !!own?.startsWith(`${of}.`);
  const rule = (key: string, next: Rule) => put({ ...one, rules: { ...one.rules, [key]: clean(next) } });
  const categories = Object.values(one.rules).some((own) => typeof own.then === 'string');
  const order = inOrder(one.rules);
  const groups = [...new Set(Object.values(one.rules).map((own) => own.group).filter((group): group is string => !!group))];
  const rest = findings.filter((finding) => isOf(finding.path, path) && !Object.keys(one.rules).some((key) => isOf(finding.path, pathOf(key))));
  const titleOf = (key: string) => textOf(one.rules[key]?.title, key, format.lang);
  return (
    <>
      <RuleFindings findings={rest} look={look} />
      <Editable><Panel title={textOf(one.title, name, format.lang)} extra={<>
        <span className="faint small">{say('hit')}</span><Select size="small" aria-label={say('hit')} style={{ width: 250 }} value={one.hit ?? 'first'} onChange={(hit) => put({ ...one, hit })} options={(['first', 'sum', 'max', 'min'] as const).map((value) => ({ value, label: say(`h${value[0]!.toUpperCase()}${value.slice(1)}` as 'hFirst') }))} />
        <RemoveRule name={name} title={one.title} section="rule_sets" say={say} onDone={() => undefined} />
      </>}>
        <div className="stack">
          <Collapse size="small" activeKey={open} onChange={(keys) => setOpen(Array.isArray(keys) ? keys : [keys])} items={order.map((key, at) => {
            const own = one.rules[key]!;
            const found = findings.filter((finding) => isOf(finding.path, pathOf(key)));
            const n = look.counts.get(pathOf(key));
            const later = order.slice(at + 1);
            // Among rules of one priority their place decides; past another priority only the priority does.
            const beside = (by: number) => { const other = order[at + by]; return other !== undefined && (one.rules[other]!.priority ?? 0) === (own.priority ?? 0) ? other : undefined; };
            const mover = (by: -1 | 1) => { const other = beside(by); return { size: 'small' as const, disabled: other === undefined, title: other === undefined && order[at + by] !== undefined ? say('byPriorityOnly') : undefined, onClick: () => other !== undefined && put({ ...one, rules: swapped(one.rules, key, other) }) }; };
            return {
              key,
              className: look.met.has(pathOf(key)) ? 'fires' : undefined,
              label: <span><span className="faint">{at + 1}.</span> <b>{titleOf(key)}</b> <span className="faint">{say('when')} {sayCondition(own.when, format.lang, catalogue)}</span>{found.length > 0 && <> <span className={found.some((finding) => finding.severity === 'error') ? 'tag bad' : 'tag warn'}>{found.length}</span></>}</span>,
              extra: <span className="row small">
                {n !== undefined && <span className="faint">{say('people', { n: format.count(n) })}</span>}
                {own.priority ? <span className="faint">{say('byPriority', { n: own.priority })}</span> : null}{own.group && <span className="faint">{say('inGroup', { name: own.group })}</span>}{(own.from || own.until) && <span className="faint">{say('dated', { from: own.from ?? say('ever'), until: own.until ?? say('ever') })}</span>}
                <span className="tag">{String(own.then)}</span>
              </span>,
              children: (
                <Form layout="vertical">
                  <RuleFindings findings={found} look={look} />
                  <Form.Item label={say('when')}><ConditionBuilder needed label={`${key} ${say('when')}`} value={own.when} onChange={(when) => rule(key, { ...own, when: when ?? { all: [] } })} /></Form.Item>
                  <div className="two">
                    <Form.Item label={`${say('then')} (${say('thenHint')})`}><Typed aria-label={say('then')} value={String(own.then ?? '')} onChange={(text) => rule(key, { ...own, then: scalar(text) })} /></Form.Item>
                    <Form.Item label={say('priority')}><InputNumber aria-label={say('priority')} precision={0} value={own.priority} onChange={(priority) => rule(key, { ...own, priority: priority ?? undefined })} /></Form.Item>
                    <Form.Item label={say('from')}><DatePicker aria-label={say('from')} value={own.from ? dayjs(own.from) : null} onChange={(_, text) => rule(key, { ...own, from: (text as string) || undefined })} /></Form.Item>
                    <Form.Item label={say('until')}><DatePicker aria-label={say('until')} value={own.until ? dayjs(own.until) : null} onChange={(_, text) => rule(key, { ...own, until: (text as string) || undefined })} /></Form.Item>
                    <Form.Item label={say('group')} help={say('groupHint')}><Select aria-label={say('group')} mode="tags" maxCount={1} value={own.group ? [own.group] : []} onChange={(next: string[]) => rule(key, { ...own, group: next.at(-1)?.trim() || undefined })} options={groups.map((value) => ({ value, label: value }))} /></Form.Item>
                    <Form.Item label={say('excludes')} help={say('excludesHint')}><Select aria-label={say('excludes')} mode="multiple" optionFilterProp="label" value={own.excludes ?? []} onChange={(next: string[]) => rule(key, { ...own, excludes: next.length > 0 ? next : undefined })} options={[...new Set([...later, ...(own.excludes ?? [])])].map((value) => ({ value, label: titleOf(value) }))} /></Form.Item>
                  </div>
                  <TextFields value={own.title} onChange={(title) => rule(key, { ...own, title })} />
                  <Space>
                    <Button icon={<ArrowUpOutlined />} {...mover(-1)}>{say('up')}</Button>
                    <Button icon={<ArrowDownOutlined />} {...mover(1)}>{say('down')}</Button>
                    <Button size="small" danger icon={<DeleteOutlined />} onClick={() => put(withoutRule(one, key))}>{say('removeRule')}</Button>
                  </Space>
                </Form>
              ),
            };
          })} />
          <div><Button icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addRule')}</Button></div>
          <Form layout="vertical">
            <div className="two">
              <Form.Item label={say('otherwise')}><Typed aria-label={say('otherwise')} value={outcomeText(one.otherwise)} onChange={(text) => { const next = { ...one, otherwise: scalar(text) }; if (text === '') delete (next as Partial<RuleSet>).otherwise; put(next); }} /></Form.Item>
              <Form.Item label={say('undecided')}><Select aria-label={say('undecided')} value={one.undecided ?? 'does_not_hold'} onChange={(undecided: Undecided) => { const next = { ...one, undecided }; if (undecided === 'does_not_hold') delete (next as Partial<RuleSet>).undecided; put(next); }} options={(['does_not_hold', 'unknown'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>
            </div>
            <TextFields value={one.title} onChange={(title) => { const next = { ...one, title }; if (!title) delete next.title; put(next); }} label={ui('title')} />
          </Form>
          <AskName open={asking} title={say('addRule')} taken={Object.keys(one.rules)} onClose={() => ask(false)} onDone={(key) => { ask(false); put({ ...one, rules: { ...one.rules, [key]: { when: { all: [] }, then: categories ? key : 1 } } }); setOpen([key]); }} />
        </div>
      </Panel></Editable>
      <div className="cols"><div className="c6"><TryPanel look={look} onShow={(at) => { const key = Object.keys(one.rules).find((own) => isOf(at, pathOf(own))); if (key) setOpen([key]); }} /></div><div className="c6">{document && <RuleEffect look={look} name={name} document={document} />}</div></div>
    </>
  );
}

/** Two rules in each other's place. */
export function swapped(rules: Record<string, Rule>, one: string, other: string): Record<string, Rule> {
  return Object.fromEntries(Object.keys(rules).map((key): [string, Rule] => { const own = key === one ? other : key === other ? one : key; return [own, rules[own]!]; }));
}

const clean = (rule: Rule): Rule => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as unknown as Rule;

/** Without a rule, and without what others said of it. */
export function withoutRule(one: RuleSet, key: string): RuleSet {
  const rules = Object.entries(one.rules).filter(([own]) => own !== key).map(([own, rule]): [string, Rule] => {
    const left = rule.excludes?.filter((other) => other !== key);
    return [own, rule.excludes?.includes(key) ? clean({ ...rule, excludes: left!.length > 0 ? left : undefined }) : rule];
  });
  return { ...one, rules: Object.fromEntries(rules) };
}

function scalar(text: string): string | number {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
