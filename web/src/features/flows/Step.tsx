import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, HolderOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, ConfigProvider, Form, Space } from 'antd';
import { useState, type DragEvent, type KeyboardEvent, type ReactNode } from 'react';
import type { Flow, FlowStep } from '../../shared/api/document';
import { Choose } from '../../shared/draft/Editable';
import { useCatalogue } from '../../shared/catalogue';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { sayCondition } from '../../shared/condition/say';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { TextFields } from '../../shared/ui/parts';
import { branched, changeStep, moveBranch } from './steps';
import { sayUse, UseRule } from './UseRule';
import { useFlowWords } from './words';

interface Props {
  name: string; flow: Flow; step: string; place: number; put: (next: Flow) => void; onMove: (to: number) => void; onDrop: (moved: string) => void; onRemove: () => void;
  isOpen: boolean; onOpen: (open: boolean) => void; fires: boolean; people?: number; note: ReactNode; isResult: boolean;
}

/** One step: where it stands, what it uses and for whom, in words; open, it can be changed. */
export function Step({ name, flow, step, place, put, onMove, onDrop, onRemove, isOpen, onOpen, fires, people, note, isResult }: Props) {
  const say = useFlowWords();
  const format = useFormat();
  const catalogue = useCatalogue();
  const { componentDisabled } = ConfigProvider.useConfig();
  const [over, setOver] = useState(false);
  const one = flow.steps[step]!;
  const title = textOf(one.title, step, format.lang);
  const to = (next: (own: FlowStep) => FlowStep) => put(changeStep(flow, step, next));
  const branches = one.branches ?? [];
  const isBranched = branches.length > 0;
  const use = (what: string | undefined) => { const said = sayUse(what, format.lang, catalogue); return said ? say('uses', { what: said }) : say('nothing'); };
  const said = isBranched
    ? [...branches.map((branch) => say('if', { when: sayCondition(branch.when, format.lang, catalogue), what: use(branch.use) })), say('otherwise', { what: use(one.else) })]
    : [use(one.use)];
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    onMove(place + (event.key === 'ArrowUp' ? -1 : 1));
  };
  const taken = (event: DragEvent) => event.dataTransfer.types.includes('text/gradus-step');
  return (
    <li
      className={`flow-step ${fires ? 'fires' : ''} ${over ? 'over' : ''}`} data-step={step}
      onDragOver={(event) => { if (!taken(event) || componentDisabled) return; event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => { setOver(false); const moved = event.dataTransfer.getData('text/gradus-step'); if (moved && moved !== step) { event.preventDefault(); onDrop(moved); } }}
    >
      <div className="flow-head">
        <span className="flow-handle" role="button" tabIndex={componentDisabled ? undefined : 0} draggable={!componentDisabled} aria-disabled={componentDisabled || undefined} aria-label={say('handle', { name: title })} title={say('handle', { name: title })} onKeyDown={componentDisabled ? undefined : keys} onDragStart={(event) => { event.dataTransfer.setData('text/gradus-step', step); event.dataTransfer.effectAllowed = 'move'; }}><HolderOutlined /></span>
        <span className="tag">{say('step', { n: place + 1 })}</span>
        <b>{title}</b>
        {isResult && <span className="tag good">{say('isResult')}</span>}
        {people !== undefined && <span className="faint small">{say('people', { n: format.count(people) })}</span>}
        <span className="flow-tools"><Button size="small" disabled={false} aria-expanded={isOpen} onClick={() => onOpen(!isOpen)}>{isOpen ? say('close') : say(componentDisabled ? 'show' : 'edit')}</Button></span>
      </div>
      {one.when !== undefined && <p className="faint">{say('onlyIf', { when: sayCondition(one.when, format.lang, catalogue) })}</p>}
      {isBranched ? <ul className="flow-branches">{said.map((line, at) => <li key={at}>{line}</li>)}</ul> : <p>{said[0]}</p>}
      <p className="faint small">{say('result')} <code>{name}_{step}</code></p>
      {note}
      {isOpen && (
        <Form layout="vertical" className="flow-form">
          <Form.Item label={say('kinds')}><Choose aria-label={`${title} ${say('kinds')}`} value={isBranched ? 'branches' : 'use'} onChange={(form) => to((own) => branched(own, form === 'branches'))} options={[{ value: 'use', label: say('plain') }, { value: 'branches', label: say('byBranch') }]} /></Form.Item>
          {!isBranched && <Form.Item label={say('use')}><UseRule label={`${title} ${say('chooseRule')}`} name={name} flow={flow} step={step} value={one.use ?? ''} onChange={(next) => to((own) => ({ ...own, use: next }))} /></Form.Item>}
          {isBranched && (
            <div className="stack">
              {branches.map((branch, at) => {
                const n = at + 1;
                const put1 = (next: Partial<typeof branch>) => to((own) => ({ ...own, branches: own.branches!.map((old, index) => (index === at ? { ...old, ...next } : old)) }));
                return (
                  <div key={at} className="stack step" role="group" aria-label={say('branch', { n })}>
                    <Space><b>{say('branch', { n })}</b>
                      <Button size="small" type="text" aria-label={say('branchUp', { n })} icon={<ArrowUpOutlined />} disabled={at === 0 || undefined} onClick={() => to((own) => ({ ...own, branches: moveBranch(own.branches!, at, -1) }))} />
                      <Button size="small" type="text" aria-label={say('branchDown', { n })} icon={<ArrowDownOutlined />} disabled={n === branches.length || undefined} onClick={() => to((own) => ({ ...own, branches: moveBranch(own.branches!, at, 1) }))} />
                      <Button size="small" type="text" aria-label={say('removeBranch', { n })} icon={<DeleteOutlined />} disabled={branches.length === 1 || undefined} onClick={() => to((own) => ({ ...own, branches: own.branches!.filter((_, index) => index !== at) }))} />
                    </Space>
                    <ConditionBuilder needed label={say('branch', { n })} value={branch.when} onChange={(when) => put1({ when: when ?? { all: [] } })} />
                    <UseRule label={`${say('branch', { n })} ${say('chooseRule')}`} name={name} flow={flow} step={step} value={branch.use} onChange={(next) => put1({ use: next })} />
                  </div>
                );
              })}
              <div><Button size="small" icon={<PlusOutlined />} onClick={() => to((own) => ({ ...own, branches: [...own.branches!, { when: { all: [] }, use: own.else ?? '0' }] }))}>{say('addBranch')}</Button></div>
              <Form.Item label={say('else')}><UseRule label={`${title} ${say('else')}`} name={name} flow={flow} step={step} value={one.else ?? ''} onChange={(next) => to((own) => ({ ...own, else: next || undefined }))} /></Form.Item>
            </div>
          )}
          <Form.Item><Checkbox checked={one.when !== undefined} onChange={(event) => to((own) => ({ ...own, when: event.target.checked ? { all: [] } : undefined }))}>{say('only')}</Checkbox></Form.Item>
          {one.when !== undefined && <ConditionBuilder needed label={`${title} ${say('only')}`} value={one.when} onChange={(when) => to((own) => ({ ...own, when: when ?? { all: [] } }))} />}
          <TextFields value={one.title} onChange={(next) => to((own) => ({ ...own, title: next }))} />
          <Space wrap>
            <Button size="small" icon={<ArrowUpOutlined />} disabled={place === 0 || undefined} onClick={() => onMove(place - 1)}>{say('up')}</Button>
            <Button size="small" icon={<ArrowDownOutlined />} disabled={place === Object.keys(flow.steps).length - 1 || undefined} onClick={() => onMove(place + 1)}>{say('down')}</Button>
            <Button size="small" danger icon={<DeleteOutlined />} disabled={Object.keys(flow.steps).length === 1 || undefined} onClick={onRemove}>{say('removeStep')}</Button>
          </Space>
        </Form>
      )}
    </li>
  );
}
