import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Collapse, DatePicker, Form, Input, InputNumber, Select, Space } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import type { Rule, RuleSet } from '../../shared/api/document';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { sayCondition } from '../../shared/condition/say';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { moveKey } from '../../shared/draft/path';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useLang, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Findings, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { useCatalogue } from '../../shared/catalogue';

const useWords = words('rule-sets', {
  title: ['规则集', 'Rule sets'],
  lead: ['一组“如果…那么…”，按顺序给出类别或分值。', 'A list of “if … then …” that gives a category or points.'],
  add: ['新建规则集', 'New rule set'],
  emptyTitle: ['还没有规则集', 'No rule set yet'],
  emptyText: ['例如：净消费 2 万以上由专属顾问服务；有投诉的主动回访；其余不打扰。', 'For example: above 20,000 an own advisor; with a complaint call back; leave the others alone.'],
  hit: ['多条规则成立时', 'When several rules hold'],
  hFirst: ['取优先级最高的一条', 'the one with the highest priority'], hSum: ['分值相加', 'their points are added'], hMax: ['取最大分值', 'the greatest points'], hMin: ['取最小分值', 'the least points'],
  when: ['如果', 'If'],
  then: ['那么', 'Then'],
  thenHint: ['文字为类别，数字为分值', 'a text is a category, a number is points'],
  priority: ['优先级（大者先）', 'Priority (higher first)'],
  from: ['生效日', 'From'], until: ['截止日', 'Until'],
  otherwise: ['都不成立时', 'When none holds'],
  addRule: ['添加规则', 'Add a rule'], removeRule: ['删除规则', 'Remove the rule'], up: ['上移', 'Move up'], down: ['下移', 'Move down'],
  remove: ['删除规则集', 'Remove the rule set'],
  names: ['标题', 'Title'],
});

export default function RuleSets() {
  const say = useWords();
  const lang = useLang();
  const may = useMay();
  const { query, document, set, findings } = useDraft();
  const [picked, pick] = useState<string | null>(null);
  const [asking, ask] = useState(false);
  const sets = document?.rule_sets ?? {};
  const name = picked !== null && picked in sets ? picked : Object.keys(sets)[0];
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      <DraftBar />
      <Loaded query={query} empty={() => document && Object.keys(sets).length === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty></Panel>}>
        {() => (
          <div className="cols">
            <Panel className="c3" flush><div className="list-pick">{Object.entries(sets).map(([key, one]) => <button type="button" key={key} aria-current={key === name} onClick={() => pick(key)}>{textOf(one.title, key, lang)}</button>)}</div></Panel>
            <div className="c9 stack">{name && <><Findings findings={findings} path={`rule_sets.${name}`} /><Editable><Editor key={name} name={name} one={sets[name]!} put={(next) => set(['rule_sets', name], next)} /></Editable></>}</div>
          </div>
        )}
      </Loaded>
      <AskName open={asking} title={say('add')} taken={Object.keys(sets)} onClose={() => ask(false)} onDone={(next) => { ask(false); set(['rule_sets', next], { hit: 'first', rules: {} } satisfies RuleSet); pick(next); }} />
    </Page>
  );
}

function Editor({ name, one, put }: { name: string; one: RuleSet; put: (next: RuleSet | undefined) => void }) {
  const say = useWords();
  const ui = useUi();
  const lang = useLang();
  const catalogue = useCatalogue();
  const [asking, ask] = useState(false);
  const rule = (key: string, next: Rule) => put({ ...one, rules: { ...one.rules, [key]: Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as unknown as Rule } });
  const categories = Object.values(one.rules).some((own) => typeof own.then === 'string');
  return (
    <Panel title={textOf(one.title, name, lang)} extra={<><Select size="small" aria-label={say('hit')} style={{ width: 270 }} value={one.hit ?? 'first'} onChange={(hit) => put({ ...one, hit })} options={(['first', 'sum', 'max', 'min'] as const).map((value) => ({ value, label: say(`h${value[0]!.toUpperCase()}${value.slice(1)}` as 'hFirst') }))} /><Button size="small" danger icon={<DeleteOutlined />} onClick={() => put(undefined)}>{say('remove')}</Button></>}>
      <div className="stack">
        <Collapse size="small" items={Object.entries(one.rules).map(([key, own]) => ({
          key,
          label: <span><b>{textOf(own.title, key, lang)}</b> <span className="faint">{say('when')} {sayCondition(own.when, lang, catalogue)}</span></span>,
          extra: <span className="tag">{String(own.then)}</span>,
          children: (
            <Form layout="vertical">
              <Form.Item label={say('when')}><ConditionBuilder label={`${key} ${say('when')}`} value={own.when} onChange={(when) => rule(key, { ...own, when: when ?? { all: [] } })} /></Form.Item>
              <div className="two">
                <Form.Item label={`${say('then')} (${say('thenHint')})`}><Input aria-label={say('then')} value={String(own.then ?? '')} onChange={(event) => rule(key, { ...own, then: scalar(event.target.value) })} /></Form.Item>
                <Form.Item label={say('priority')}><InputNumber aria-label={say('priority')} precision={0} value={own.priority} onChange={(priority) => rule(key, { ...own, priority: priority ?? undefined })} /></Form.Item>
                <Form.Item label={say('from')}><DatePicker aria-label={say('from')} value={own.from ? dayjs(own.from) : null} onChange={(_, text) => rule(key, { ...own, from: (text as string) || undefined })} /></Form.Item>
                <Form.Item label={say('until')}><DatePicker aria-label={say('until')} value={own.until ? dayjs(own.until) : null} onChange={(_, text) => rule(key, { ...own, until: (text as string) || undefined })} /></Form.Item>
              </div>
              <TextFields value={own.title} onChange={(title) => rule(key, { ...own, title })} />
              <Space>
                <Button size="small" icon={<ArrowUpOutlined />} onClick={() => put({ ...one, rules: moveKey(one.rules, key, -1) })}>{say('up')}</Button>
                <Button size="small" icon={<ArrowDownOutlined />} onClick={() => put({ ...one, rules: moveKey(one.rules, key, 1) })}>{say('down')}</Button>
                <Button size="small" danger icon={<DeleteOutlined />} onClick={() => put({ ...one, rules: Object.fromEntries(Object.entries(one.rules).filter(([own]) => own !== key)) })}>{say('removeRule')}</Button>
              </Space>
            </Form>
          ),
        }))} />
        <div><Button icon={<PlusOutlined />} onClick={() => ask(true)}>{say('addRule')}</Button></div>
        <Form layout="vertical">
          <Form.Item label={say('otherwise')}><Input aria-label={say('otherwise')} style={{ maxWidth: 260 }} value={one.otherwise == null ? '' : String(one.otherwise)} onChange={(event) => { const next = { ...one, otherwise: scalar(event.target.value) }; if (event.target.value === '') delete (next as Partial<RuleSet>).otherwise; put(next); }} /></Form.Item>
          <TextFields value={one.title} onChange={(title) => { const next = { ...one, title }; if (!title) delete next.title; put(next); }} label={ui('title')} />
        </Form>
        <AskName open={asking} title={say('addRule')} taken={Object.keys(one.rules)} onClose={() => ask(false)} onDone={(key) => { ask(false); put({ ...one, rules: { ...one.rules, [key]: { when: { all: [] }, then: categories ? key : 1 } } }); }} />
      </div>
    </Panel>
  );
}

function scalar(text: string): string | number {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
