import { ScissorOutlined } from '@ant-design/icons';
import { Button, InputNumber, Modal, Segmented, Spin } from 'antd';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { ApiError } from '../api/error';
import { isThere, sendTo } from '../api/hooks';
import type { CutMethod, Cuts } from '../api/learning';
import { words } from '../i18n/words';
import { useFormat } from '../session';
import { useDebounced } from '../ui/debounce';
import { Trouble } from '../ui/states';
import { useUi } from '../ui/words';
import { rounded } from './cuts';

const useWords = words('cuts-helper', {
  open: ['帮我找分界', 'Find cuts for me'],
  title: ['为“{{what}}”找分界', 'Cuts for “{{what}}”'],
  method: ['方法', 'Method'],
  jenks: ['自然断点', 'natural breaks'], k_means: ['K 均值', 'k-means'], quantiles: ['分位数', 'quantiles'],
  jenksHint: ['断在客户之间差距最大的地方：每一段内部尽量相近（Jenks）。', 'Cuts where customers differ most, so that each part is as much alike as can be (Jenks).'],
  k_meansHint: ['同样让每一段内部相近，分界放在相邻两段的正中间。', 'Parts that are alike, too; a cut lies halfway between its neighbours.'],
  quantilesHint: ['每一段的客户数大致相同，不管数值相差多少。', 'About equally many customers in each part, however far apart their numbers are.'],
  parts: ['分几段', 'How many parts'],
  part: ['区间', 'Part'], people: ['客户', 'Customers'], mean: ['平均', 'Mean'],
  goodness: ['解释了 {{n}} 的差异', '{{n}} of the differences are explained'], unknown: ['{{n}} 位没有这个数值', '{{n}} have no value'],
  round: ['取整', 'Round'], exact: ['原值', 'Exact'],
  take: ['采用这些分界', 'Take these cuts'],
  computing: ['正在计算…', 'Computing …'],
  and: [' 且 ', ' and '],
  none: ['这个数值分不出 {{n}} 段：不同的取值太少。', 'This number does not make {{n}} parts: it has too few different values.'],
});

/** Finds cuts of one number and shows what they would part, before they are taken. `fixed`: as many parts as there are, such as levels. */
export function CutsHelper({ value, title, parts, onTake, base, fixed }: { value: string; title: string; parts: number; onTake: (cuts: number[]) => void; base?: string; fixed?: boolean }) {
  const say = useWords();
  const [open, setOpen] = useState(false);
  if (!isThere('post', '/learn/cuts') || !value.trim()) return null;
  return (
    <>
      <Button size="small" icon={<ScissorOutlined />} onClick={() => setOpen(true)}>{say('open')}</Button>
      {open && <Helper value={value} title={title} parts={parts} base={base} fixed={fixed} onClose={() => setOpen(false)} onTake={(cuts) => { setOpen(false); onTake(cuts); }} />}
    </>
  );
}

function Helper({ value, title, parts, base, fixed, onTake, onClose }: { value: string; title: string; parts: number; base?: string; fixed?: boolean; onTake: (cuts: number[]) => void; onClose: () => void }) {
  const say = useWords();
  const ui = useUi();
  const format = useFormat();
  const [method, setMethod] = useState<CutMethod>('jenks');
  const [n, setN] = useState(Math.min(12, Math.max(2, parts)));
  const [round, setRound] = useState(true);
  const wanted = useMemo(() => ({ value, parts: n, method, ...(base && base !== 'everyone' ? { base } : {}), model: 'draft' }), [value, n, method, base]);
  const asked = useDebounced(wanted, 250);
  const query = useQuery<Cuts, ApiError>({ queryKey: ['learn/cuts', asked], placeholderData: keepPreviousData, staleTime: 60_000, retry: false, queryFn: ({ signal }) => sendTo('post', '/learn/cuts', { body: asked as never }, signal) as Promise<unknown> as Promise<Cuts> });
  const found = query.data;
  const cuts = found ? (round ? rounded(found.cuts) : found.cuts) : [];
  const most = Math.max(1, ...(found?.counts ?? []));
  const range = (at: number) => [at > 0 ? `≥ ${format.decimal(cuts[at - 1], 4)}` : '', at < cuts.length ? `< ${format.decimal(cuts[at], 4)}` : ''].filter(Boolean).join(say('and'));
  return (
    <Modal open title={say('title', { what: title })} width={560} okText={say('take')} cancelText={ui('cancel')} okButtonProps={{ disabled: cuts.length === 0 || query.isFetching || (fixed && cuts.length + 1 !== n) }} onOk={() => onTake(cuts)} onCancel={onClose}>
      <div className="stack">
        <div className="row">
          <Segmented aria-label={say('method')} value={method} onChange={(next) => setMethod(next as CutMethod)} options={(['jenks', 'k_means', 'quantiles'] as const).map((one) => ({ value: one, label: say(one) }))} />
          {!fixed && <label className="row">{say('parts')} <InputNumber aria-label={say('parts')} min={2} max={12} precision={0} value={n} onChange={(next) => next && setN(next)} style={{ width: 70 }} /></label>}
          <Segmented size="small" aria-label={say('round')} value={round ? 'round' : 'exact'} onChange={(next) => setRound(next === 'round')} options={[{ value: 'round', label: say('round') }, { value: 'exact', label: say('exact') }]} />
          {query.isFetching && <span className="small faint" role="status"><Spin size="small" /> {say('computing')}</span>}
        </div>
        <p className="faint small">{say(`${method}Hint`)}</p>
        {query.error && <Trouble error={query.error} />}
        {found && found.cuts.length + 1 < n && !query.isFetching && <p className="warn small">{say('none', { n })}</p>}
        {found && found.counts.length > 0 && (
          <table className="table small" aria-label={say('title', { what: title })}>
            <thead><tr><th scope="col">{say('part')}</th><th scope="col" className="right">{say('people')}</th><th scope="col" className="right">{say('mean')}</th></tr></thead>
            <tbody>{found.counts.map((count, at) => <tr key={at}><th scope="row">{range(at)}</th><td className="right"><i className="bar-cell" style={{ width: (count / most) * 120 }} />{format.count(count)}</td><td className="right">{found.means?.[at] == null ? '' : format.decimal(found.means[at], 2)}</td></tr>)}</tbody>
          </table>
        )}
        {found && <p className="faint small">{[found.goodness == null ? '' : say('goodness', { n: format.percent(found.goodness) }), found.n_unknown > 0 ? say('unknown', { n: format.count(found.n_unknown) }) : '', found.words?.[format.lang] ?? ''].filter(Boolean).join(' · ')}</p>}
      </div>
    </Modal>
  );
}
