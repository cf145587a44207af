import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, InputNumber, Select, Slider, Space } from 'antd';
import type { Finding } from '../../shared/api/contract';
import type { ModelPreview } from '../../shared/api/later';
import type { Attribute, Unknown } from '../../shared/api/document';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { useLang } from '../../shared/session';
import { Findings, TextFields } from '../../shared/ui/parts';
import { BinsEditor } from './BinsEditor';
import { CasesEditor } from './CasesEditor';
import { useScorecardWords } from './words';
import { useCatalogue } from '../../shared/catalogue';

interface Props {
  name: string;
  card: string;
  one: Attribute;
  groups: string[];
  weighted: boolean;
  put: (key: keyof Attribute, value: unknown) => void;
  replace: (next: Attribute) => void;
  onRemove: () => void;
  onMove: (by: number) => void;
  preview?: ModelPreview['attributes'][number];
  findings: Finding[];
}

/** One line of a scorecard: what it reads, how it gives points, how much it weighs. */
export function AttributeEditor({ name, card, one, groups, weighted, put, replace, onRemove, onMove, preview, findings }: Props) {
  const say = useScorecardWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  const title = textOf(one.title, name, lang);
  const form = one.cases ? 'cases' : one.quantiles ? 'quantiles' : one.slope ? 'slope' : 'bins';
  const change = (next: string) => {
    const { bins: _b, quantiles: _q, slope: _s, cases: _c, ...rest } = one;
    // Cases look at several values at once, so they have no single one; back from them the first that is known takes its place.
    const { value: _v, ...without } = rest;
    const looked = { ...rest, value: rest.value ?? catalogue?.indicators[0]?.name ?? '' };
    if (next === 'cases') replace({ ...without, cases: [{ when: one.value ? { value: one.value, at_least: 1 } : { all: [] }, points: 100 }, { else: true, points: 0 }] });
    else replace(next === 'quantiles' ? { ...looked, quantiles: { points: [0, 25, 50, 75, 100] } } : next === 'slope' ? { ...looked, slope: { points_each: 1 } } : { ...looked, bins: [{ below: 1, points: 0 }, { from: 1, points: 100 }] });
  };
  const unknown = one.unknown === undefined ? 'interval' : typeof one.unknown === 'object' ? 'points' : one.unknown;
  const weight = Number(one.weight ?? 1);
  return (
    <div className="stack">
      <Findings findings={findings.filter((finding) => isOf(finding.path, `scorecards.${card}.attributes.${name}`) && !/\.cases\[\d+\]/.test(finding.path!))} />
      <Form layout="vertical">
        {form !== 'cases' && <Form.Item label={say('value')}><FormulaBox label={`${title} ${say('value')}`} value={one.value ?? ''} onChange={(value) => put('value', value)} scope="customer" catalogue={catalogue} /></Form.Item>}
        {weighted && <Form.Item label={say('weight')}>
          <div className="row"><Slider className="grow" ariaLabelForHandle={`${title} ${say('weight')}`} min={0} max={1} step={0.01} value={weight} onChange={(value) => put('weight', value)} /><InputNumber aria-label={`${title} ${say('weight')}`} min={0} max={1000} step={0.05} value={weight} onChange={(value) => put('weight', value ?? undefined)} /></div>
        </Form.Item>}
        <Form.Item label={say('how')}><Select aria-label={`${title} ${say('how')}`} value={form} onChange={change} options={(['bins', 'quantiles', 'slope', 'cases'] as const).map((value) => ({ value, label: say(value) }))} style={{ width: 240 }} /></Form.Item>
        {form === 'bins' && <BinsEditor label={title} bins={one.bins ?? []} onChange={(bins) => put('bins', bins)} indicator={one.value ?? ''} preview={preview} findings={findings} path={`scorecards.${card}.attributes.${name}`} />}
        {form === 'cases' && <CasesEditor label={title} path={`scorecards.${card}.attributes.${name}`} cases={one.cases!} onChange={(cases) => put('cases', cases)} findings={findings} preview={preview} />}
        {form === 'quantiles' && <QuantileBins title={title} points={one.quantiles!.points.map(Number)} onChange={(points) => put('quantiles', { points })} />}
        {form === 'slope' && <Space wrap><span>{say('pointsEach')}</span><InputNumber aria-label={`${title} ${say('pointsEach')}`} value={Number(one.slope!.per ?? 1)} onChange={(per) => put('slope', { ...one.slope, per: per ?? 1 })} /><span>{say('pointsGive')}</span><InputNumber aria-label={`${title} ${say('pointsGive')}`} value={Number(one.slope!.points_each)} onChange={(points) => put('slope', { ...one.slope, points_each: points ?? 0 })} /></Space>}
        <div className="two">
          <Form.Item label={say('unknown')}>
            <Space.Compact block>
              <Select aria-label={`${title} ${say('unknown')}`} value={unknown} onChange={(next) => put('unknown', next === 'interval' ? undefined : next === 'points' ? { points: 0 } : (next as Unknown))} options={[{ value: 'interval', label: say('uInterval') }, { value: 'reweight', label: say('uReweight') }, { value: 'points', label: say('uPoints') }]} />
              {typeof one.unknown === 'object' && <InputNumber aria-label={`${title} ${say('uPoints')}`} value={Number(one.unknown.points)} onChange={(points) => put('unknown', { points: points ?? 0 })} />}
            </Space.Compact>
          </Form.Item>
          <Form.Item label={say('notApplicable')}><InputNumber aria-label={`${title} ${say('notApplicable')}`} style={{ width: '100%' }} value={one.not_applicable as number} onChange={(value) => put('not_applicable', value ?? undefined)} /></Form.Item>
          <Form.Item label={say('group')}><Select aria-label={`${title} ${say('group')}`} value={one.group ?? ''} onChange={(group) => put('group', group || undefined)} options={[{ value: '', label: say('noGroup') }, ...groups.map((value) => ({ value, label: value }))]} /></Form.Item>
          <Form.Item label={say('cap')}><Space.Compact block><InputNumber aria-label={`${title} ${say('min')}`} placeholder={say('min')} value={one.cap?.min as number} onChange={(min) => put('cap', caps({ ...one.cap, min: min ?? undefined }))} /><InputNumber aria-label={`${title} ${say('max')}`} placeholder={say('max')} value={one.cap?.max as number} onChange={(max) => put('cap', caps({ ...one.cap, max: max ?? undefined }))} /></Space.Compact></Form.Item>
        </div>
        <TextFields value={one.title} onChange={(text) => put('title', text)} />
      </Form>
      <Space>
        <Button size="small" icon={<ArrowUpOutlined />} onClick={() => onMove(-1)}>{say('moveUp')}</Button>
        <Button size="small" icon={<ArrowDownOutlined />} onClick={() => onMove(1)}>{say('moveDown')}</Button>
        <Button size="small" danger icon={<DeleteOutlined />} onClick={onRemove}>{say('removeAttribute')}</Button>
      </Space>
    </div>
  );
}

/** Of this attribute, not of another whose name begins alike. */
const isOf = (path: string | null | undefined, own: string) => path === own || !!path?.startsWith(`${own}.`);

export function caps(value: { min?: unknown; max?: unknown }) {
  const clean = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
  return Object.keys(clean).length > 0 ? clean : undefined;
}

function QuantileBins({ title, points, onChange }: { title: string; points: number[]; onChange: (points: number[]) => void }) {
  const say = useScorecardWords();
  return (
    <div className="stack">
      <p className="faint small">{say('quantileHint')}</p>
      <Space wrap>
        {points.map((value, index) => <InputNumber key={index} style={{ width: 76 }} aria-label={`${title} ${say('points')} ${index + 1}`} value={value} onChange={(next) => onChange(points.map((old, at) => (at === index ? (next ?? 0) : old)))} />)}
        <Button size="small" icon={<PlusOutlined />} aria-label={`${title} ${say('addBin')}`} onClick={() => onChange([...points, points.at(-1) ?? 0])} />
        <Button size="small" icon={<DeleteOutlined />} aria-label={`${title} ${say('removeBin')}`} disabled={points.length <= 2 || undefined} onClick={() => onChange(points.slice(0, -1))} />
      </Space>
    </div>
  );
}
