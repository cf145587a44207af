import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Collapse, Form, Input, InputNumber, Select, Space } from 'antd';
import type { Finding } from '../../shared/api/contract';
import type { ScoreCase } from '../../shared/api/document';
import type { ModelPreview } from '../../shared/api/later';
import { useCatalogue } from '../../shared/catalogue';
import { ConditionBuilder } from '../../shared/condition/ConditionBuilder';
import { sayCondition } from '../../shared/condition/say';
import { textOf } from '../../shared/i18n/language';
import { useFormat } from '../../shared/session';
import { Findings, TextFields } from '../../shared/ui/parts';
import { useScorecardWords } from './words';

interface Props { label: string; path: string; cases: ScoreCase[]; onChange: (cases: ScoreCase[]) => void; findings: Finding[]; preview?: ModelPreview['attributes'][number] }

/** Rows of a complex scorecard: conditions over several values, the first that holds gives its points. */
export function CasesEditor({ label, path, cases, onChange, findings, preview }: Props) {
  const say = useScorecardWords();
  const format = useFormat();
  const catalogue = useCatalogue();
  const change = (at: number, next: Partial<ScoreCase>) => onChange(cases.map((one, place) => (place === at ? clean({ ...one, ...next }) : one)));
  const move = (at: number, by: -1 | 1) => {
    const next = [...cases];
    next.splice(at + by, 0, ...next.splice(at, 1));
    onChange(next);
  };
  const hasElse = cases.some((one) => one.else);
  // The rest stands last: what came below it would never be asked.
  const add = () => onChange(hasElse ? [...cases.slice(0, -1), { when: { all: [] }, points: 0 }, cases.at(-1)!] : [...cases, { when: { all: [] }, points: 0 }]);
  return (
    <div className="stack">
      <p className="faint small">{say('casesHint')}</p>
      <Collapse size="small" items={cases.map((one, at) => {
        const n = at + 1;
        const said = one.else ? say('elseBin') : sayCondition(one.when, format.lang, catalogue);
        const own = findings.filter((finding) => finding.path === `${path}.cases[${at}]` || finding.path?.startsWith(`${path}.cases[${at}].`));
        const people = preview?.bins[at]?.count;
        return {
          key: at,
          label: <span>{one.title && <b>{textOf(one.title, '', format.lang)} </b>}{said}{own.length > 0 && <span className={own.some((finding) => finding.severity === 'error') ? 'tag bad' : 'tag warn'}>{own.length}</span>}</span>,
          extra: <span className="row small">{people !== undefined && <span className="faint">{say('casePeople', { n: format.count(people) })}</span>}<b className={Number(one.points) < 0 ? 'bad' : ''}>{one.points_of === undefined ? format.decimal(one.points) : `=${one.points_of}`}</b></span>,
          children: (
            <div className="stack" role="group" aria-label={`${label} ${say('case', { n })}`}>
              <Findings findings={own} path="" />
              {!one.else && <ConditionBuilder needed label={`${label} ${say('case', { n })}`} value={one.when} onChange={(when) => change(at, { when: when ?? { all: [] } })} />}
              <Space wrap>
                <Select aria-label={`${label} ${say('case', { n })} ${say('points')}`} style={{ width: 280 }} value={one.points_of === undefined ? 'fixed' : 'computed'} onChange={(form) => change(at, form === 'fixed' ? { points_of: undefined, points: 0 } : { points: undefined, points_of: catalogue?.indicators[0]?.name ?? '0' })} options={[{ value: 'fixed', label: say('fixed') }, { value: 'computed', label: say('computed') }]} />
                {one.points_of === undefined
                  ? <InputNumber aria-label={`${say('case', { n })} ${say('points')}`} value={Number(one.points ?? 0)} onChange={(points) => change(at, { points: points ?? 0 })} />
                  : <Input aria-label={`${say('case', { n })} ${say('formula')}`} style={{ width: 260 }} value={one.points_of} onChange={(event) => change(at, { points_of: event.target.value })} />}
              </Space>
              <Form layout="vertical"><TextFields value={one.title} onChange={(title) => change(at, { title })} /></Form>
              <Space>
                <Button size="small" aria-label={say('caseUp', { n })} icon={<ArrowUpOutlined />} disabled={at === 0 || !!one.else || undefined} onClick={() => move(at, -1)} />
                <Button size="small" aria-label={say('caseDown', { n })} icon={<ArrowDownOutlined />} disabled={at >= cases.length - 1 || !!cases[at + 1]?.else || undefined} onClick={() => move(at, 1)} />
                <Button size="small" danger icon={<DeleteOutlined />} disabled={cases.length === 1 || undefined} onClick={() => onChange(cases.filter((_, place) => place !== at))}>{say('removeCase', { n })}</Button>
              </Space>
            </div>
          ),
        };
      })} />
      <Space><Button size="small" icon={<PlusOutlined />} onClick={add}>{say('addCase')}</Button>{!hasElse && <Button size="small" onClick={() => onChange([...cases, { else: true, points: 0 }])}>{say('addElse')}</Button>}</Space>
    </div>
  );
}

const clean = (one: ScoreCase): ScoreCase => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined));
