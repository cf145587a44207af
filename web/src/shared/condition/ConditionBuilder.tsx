import { QueryBuilderAntD } from '@react-querybuilder/antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button, Checkbox, Select } from 'antd';
import { CloseOutlined, PlusOutlined } from '@ant-design/icons';
import { QueryBuilder, type ActionProps, type NotToggleProps, type RuleGroupType, type ValueEditorProps, type VersatileSelectorProps } from 'react-querybuilder';
import 'react-querybuilder/dist/query-builder-layout.css';
import type { Catalogue } from '../catalogue';
import type { Condition } from '../api/document';
import { textOf } from '../i18n/language';
import { useLang } from '../session';
import { FIELD, toCondition, toGroup } from './convert';
import { ValueEditor } from './editors';
import { useConditionWords } from './words';
import { isWord, useCatalogue } from '../catalogue';

const NUMERIC = ['at_least', 'at_most', 'more_than', 'less_than', 'range', 'equals', 'one_of', 'known'] as const;
const CATEGORY = ['equals', 'one_of', 'known'] as const;
const FIXED: Record<string, readonly string[]> = {
  [FIELD.sql]: ['sql'], [FIELD.behaviour]: ['did', 'did_not'], [FIELD.sequence]: ['sequence'],
  [FIELD.segment]: ['in', 'not_in'], [FIELD.list]: ['in'], [FIELD.tier]: ['tier'], [FIELD.other]: ['json'],
};

/** Nested conditions; what it gives is the model's own tree. */
export function ConditionBuilder({ value, onChange, label, needed }: { value: Condition | undefined; onChange: (value: Condition | undefined) => void; label: string; needed?: boolean }) {
  const say = useConditionWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const [group, setGroup] = useState<RuleGroupType>(() => toGroup(value));
  const given = useRef(JSON.stringify(value));
  useEffect(() => {
    // Undo, or another condition: draw it anew. Our own change comes back as it went.
    const now = JSON.stringify(value);
    if (now !== given.current) {
      given.current = now;
      setGroup(toGroup(value));
    }
  }, [value]);
  const fields = useMemo(() => fieldsOf(catalogue, lang, say), [catalogue, lang]); // eslint-disable-line
  const category = (field: string) => isWord(catalogue, field);
  const change = (next: RuleGroupType) => {
    setGroup(next);
    // Whoever removes the last line says nothing any more.
    const condition = next.rules.length === 0 && !next.not ? undefined : toCondition(next);
    const text = JSON.stringify(condition);
    if (text !== given.current) {
      given.current = text;
      onChange(condition);
    }
  };
  return (
    <div className="condition" role="group" aria-label={label}>
      <QueryBuilderAntD>
        <QueryBuilder
          query={group}
          onQueryChange={change}
          fields={fields}
          combinators={[{ name: 'and', label: say('and') }, { name: 'or', label: say('or') }]}
          getOperators={(field: string) => (FIXED[field] ?? (category(field) ? CATEGORY : NUMERIC)).map((name) => ({ name, label: say(name as 'in') }))}
          getDefaultValue={(rule) => startOf(rule.field, rule.operator, catalogue)}
          getDefaultOperator={(field: string) => (FIXED[field]?.[0] ?? (category(field) ? 'equals' : 'at_least'))}
          resetOnOperatorChange={false}
          showNotToggle
          listsAsArrays
          context={{ catalogue }}
          controlElements={{ valueEditor: Value, notToggle: Not, fieldSelector: Choose, operatorSelector: Choose, combinatorSelector: Choose, addRuleAction: Add, addGroupAction: Add, removeRuleAction: Remove, removeGroupAction: Remove }}
          accessibleDescriptionGenerator={({ path }) => (path.length ? say('groupAt', { n: path.map((one) => one + 1).join('.') }) : label)}
          controlClassnames={{ queryBuilder: 'queryBuilder-branches' }}
          translations={{
            addRule: { label: say('addRule'), title: say('addRule') }, addGroup: { label: say('addGroup'), title: say('addGroup') },
            removeRule: { label: '×', title: say('removeRule') }, removeGroup: { label: '×', title: say('removeGroup') },
            fields: { title: say('field'), placeholderName: '', placeholderLabel: say('field'), placeholderGroupLabel: say('field') }, operators: { title: say('operator'), placeholderName: '', placeholderLabel: say('operator'), placeholderGroupLabel: say('operator') }, value: { title: say('value') },
            combinators: { title: say('combinator') }, notToggle: { label: say('not'), title: say('notTitle') },
          }}
        />
      </QueryBuilderAntD>
      {group.rules.length === 0 && <p className="faint small">{say(needed ? 'needed' : 'empty')}</p>}
    </div>
  );
}

function Value(props: ValueEditorProps) {
  const { catalogue } = props.context as { catalogue?: Catalogue };
  // Another way of comparing may need another form of value.
  const shaped = props.field.startsWith('$') ? props.value : shape(props.operator, props.value);
  return <ValueEditor field={props.field} operator={props.operator} value={shaped} onChange={props.handleOnChange} catalogue={catalogue} />;
}

function Choose({ options, value, handleOnChange, title, className }: VersatileSelectorProps) {
  const plain = (list: readonly unknown[]): { value?: string; label: string; options?: object[] }[] => (list as { name?: string; value?: string; label: string; options?: unknown[] }[])
    .map((one) => (one.options ? { label: one.label, options: plain(one.options) } : { value: one.value ?? one.name, label: one.label }));
  return <Select className={className} aria-label={title} showSearch optionFilterProp="label" popupMatchSelectWidth={false} value={value} onChange={handleOnChange} options={plain(options)} />;
}

function Not({ checked, handleOnChange, label, title }: NotToggleProps) {
  return <Checkbox checked={checked} title={title} onChange={(event) => handleOnChange(event.target.checked)}>{label}</Checkbox>;
}

function Add({ handleOnClick, label, title }: ActionProps) {
  return <Button size="small" title={title} icon={<PlusOutlined />} onClick={(event) => handleOnClick(event)}>{label}</Button>;
}

function Remove({ handleOnClick, title }: ActionProps) {
  return <Button size="small" type="text" aria-label={title} title={title} icon={<CloseOutlined />} onClick={(event) => handleOnClick(event)} />;
}

function shape(operator: string, value: unknown): unknown {
  if (operator === 'one_of') return Array.isArray(value) ? value : value === '' || value == null || typeof value === 'object' ? [] : [value];
  if (operator === 'range') return value && typeof value === 'object' && !Array.isArray(value) ? value : { at_least: typeof value === 'number' ? value : 0 };
  if (operator === 'known') return typeof value === 'boolean' ? value : true;
  if (Array.isArray(value)) return value[0] ?? 0;
  if (value && typeof value === 'object') return Object.values(value)[0];
  return typeof value === 'boolean' ? 0 : value;
}

function startOf(field: string, operator: string, catalogue: Catalogue | undefined): unknown {
  const kind = catalogue?.kinds[0]?.name ?? 'order_line';
  switch (field) {
    case FIELD.sql: return '';
    case FIELD.behaviour: return { event: kind, window: '90 days' };
    case FIELD.sequence: return { steps: [{ event: kind }, { event: kind, within: '30 days' }] };
    case FIELD.segment: return catalogue?.segments[0]?.name ?? '';
    case FIELD.list: return catalogue?.lists[0]?.name ?? '';
    case FIELD.tier: return { scheme: catalogue?.tiers[0]?.name ?? '', at_least: catalogue?.tiers[0]?.levels.at(-1)?.name };
    default: return operator === 'known' ? true : operator === 'one_of' ? [] : operator === 'equals' ? '' : 1;
  }
}

function fieldsOf(catalogue: Catalogue | undefined, lang: 'zh' | 'en', say: ReturnType<typeof useConditionWords>) {
  const named = (items: { name: string; title?: unknown }[] | undefined) => (items ?? []).map((one) => ({ name: one.name, value: one.name, label: textOf(one.title as string, one.name, lang) }));
  const more = ([['behaviour', 'fBehaviour'], ['sequence', 'fSequence'], ['tier', 'fTier'], ['segment', 'fSegment'], ['list', 'fList'], ['sql', 'fSql'], ['other', 'fOther']] as const)
    .filter(([key]) => key !== 'list' || (catalogue?.lists.length ?? 0) > 0)
    .map(([key, label]) => ({ name: FIELD[key], value: FIELD[key], label: say(label) }));
  return [
    { label: say('gIndicators'), options: named(catalogue?.indicators) },
    { label: say('gPredictions'), options: named(catalogue?.predictions) },
    { label: say('gScores'), options: named(catalogue?.scores) },
    { label: say('gRules'), options: named(catalogue?.rules) },
    { label: say('gMore'), options: more },
  ].filter((one) => one.options.length > 0);
}
