import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Drawer, Form, InputNumber, Select } from 'antd';
import type { Finding } from '../../shared/api/contract';
import type { Grouping } from '../../shared/api/document';
import { useRead } from '../../shared/api/hooks';
import { useCatalogue } from '../../shared/catalogue';
import { CutsDistribution } from '../../shared/chart/CutsDistribution';
import { CutsHelper } from '../../shared/cuts/CutsHelper';
import { Editable } from '../../shared/draft/Editable';
import { listed } from '../../shared/format/list';
import { FormulaBox } from '../../shared/formula/FormulaBox';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useFormat, useMay } from '../../shared/session';
import { Findings, TextFields } from '../../shared/ui/parts';

const useWords = words('bands', {
  title: ['按区间分组：{{name}}', 'Bands: {{name}}'],
  value: ['按哪个数值', 'By which number'],
  base: ['基础人群', 'Base'], everyone: ['所有客户', 'Everybody'],
  cuts: ['分界', 'Cuts'], cut: ['分界 {{n}}', 'Cut {{n}}'], addCut: ['添加分界', 'Add a cut'], removeCut: ['删除分界 {{n}}', 'Remove cut {{n}}'],
  hint: ['n 个分界得到 n + 1 组；正好等于分界的客户属于上面一组。', 'n cuts make n + 1 groups; whoever is exactly at a cut is in the upper one.'],
  remove: ['删除这组', 'Remove the grouping'], used: ['仍被引用，不能删除：{{what}}', 'Still used, so it cannot be removed: {{what}}'],
});

/** Bands of one number, cut by hand or where the numbers themselves break. */
export function BandsEditor({ name, one, put, findings, onClose, bases, onRemove, uses }: { uses: string[]; name: string; one: Grouping; put: (next: Grouping) => void; findings: Finding[]; onClose: () => void; bases: { value: string; label: string }[]; onRemove: () => void }) {
  const say = useWords();
  const { lang } = useFormat();
  const may = useMay();
  const catalogue = useCatalogue();
  const cuts = (one.cuts ?? []).map(Number);
  const known = catalogue?.indicators.some((own) => own.name === one.value);
  const distribution = useRead('/indicators/{name}', { path: { name: one.value ?? '' } }, { enabled: !!known, staleTime: 300_000 }).data?.distribution;
  const set = (next: number[]) => put({ ...one, cuts: next });
  const title = textOf(one.title, name, lang);
  return (
    <Drawer open size={560} title={say('title', { name: title })} onClose={onClose}>
      <Editable><Form layout="vertical">
        <Findings findings={findings} path={`groupings.${name}`} />
        <Form.Item label={say('value')}><FormulaBox label={say('value')} value={one.value ?? ''} onChange={(value) => put({ ...one, value })} scope="customer" catalogue={catalogue} /></Form.Item>
        <Form.Item label={say('base')}><Select aria-label={say('base')} value={one.base} onChange={(base) => put({ ...one, base })} options={[{ value: 'everyone', label: say('everyone') }, ...bases]} /></Form.Item>
        {distribution && !distribution.bins.some((bin) => bin.label) && <CutsDistribution label={title} bins={distribution.bins} cuts={cuts} onCuts={set} height={120} inputs={false} />}
        <Form.Item label={say('cuts')} help={say('hint')}>
          <div className="stack">
            {cuts.map((cut, at) => (
              <div className="row" key={at}><InputNumber aria-label={say('cut', { n: at + 1 })} style={{ width: 160 }} value={cut} onChange={(next) => next !== null && set(cuts.map((old, index) => (index === at ? next : old)))} /><Button type="text" size="small" icon={<DeleteOutlined />} aria-label={say('removeCut', { n: at + 1 })} disabled={cuts.length <= 1} onClick={() => set(cuts.filter((_, index) => index !== at))} /></div>
            ))}
            <div className="row"><Button size="small" icon={<PlusOutlined />} onClick={() => set([...cuts, (cuts.at(-1) ?? 0) + Math.max(1, Math.abs(cuts.at(-1) ?? 0) * 0.5)])}>{say('addCut')}</Button><CutsHelper value={one.value ?? ''} title={title} parts={cuts.length + 1} base={one.base} onTake={set} /></div>
          </div>
        </Form.Item>
        <TextFields value={one.title} onChange={(text) => { const next = { ...one, title: text }; if (!text) delete next.title; put(next); }} />
        {uses.length > 0 ? <p className="faint small">{say('used', { what: listed(uses, lang) })}</p> : may('edit_models') && <Button danger size="small" onClick={onRemove}>{say('remove')}</Button>}
      </Form></Editable>
    </Drawer>
  );
}
